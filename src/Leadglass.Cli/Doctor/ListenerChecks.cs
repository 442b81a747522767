using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Cli.Demo;
using Leadglass.Server.Control;

namespace Leadglass.Cli.Doctor;

/// <summary>Everything that a stranger could try on the archive's own listeners, and what came back.</summary>
internal static class ListenerChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async IAsyncEnumerable<Finding> TryAsync(ArchiveState archive)
    {
        if (archive is not { Dicom: { } dicomText, Https: { } httpsText })
        {
            yield return new Finding(
                "listeners",
                Health.Skipped,
                "no server runs over this archive: start leadglass serve and ask again"
            );
            yield break;
        }

        var dicom = Reachable(IPEndPoint.Parse(dicomText));
        var https = Reachable(IPEndPoint.Parse(httpsText));
        using var authority = X509Certificate2.CreateFromPem(archive.AuthorityPem);
        var isAlive = true;
        foreach (var (name, endPoint) in new[] { ("DICOM listener", dicom), ("HTTPS listener", https) })
        {
            // The positive control: without it, a listener that is down would look like one that refuses.
            var finding = await LivesAsync(name, endPoint, authority);
            isAlive &= finding.Health == Health.Ok;
            yield return finding;
        }

        if (!isAlive)
        {
            yield break;
        }

        await foreach (var attempt in Strangers.TryAllAsync(dicom, https))
        {
            yield return new Finding(
                $"stranger: {attempt.Attempt}",
                attempt.IsRefused ? Health.Ok : Health.Red,
                attempt.Answer
            );
        }
    }

    /// <summary>Whether a TLS listener answers with a certificate of this archive's authority.</summary>
    private static async Task<Finding> LivesAsync(string name, IPEndPoint endPoint, X509Certificate2 authority)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        X509Certificate2? shown = null;
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token);
            await using var stream = new SslStream(new NetworkStream(socket));
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = endPoint.Address.ToString(),
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    shown = certificate is null
                        ? null
                        : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                    return shown is not null;
                },
            };
            await stream.AuthenticateAsClientAsync(options, limit.Token);
        }
        catch (Exception failure)
            when (failure is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            if (shown is null)
            {
                return new Finding(name, Health.Red, $"{endPoint} does not answer: {failure.GetType().Name}");
            }
        }

        using (shown)
        {
            return shown is not null && IsIssuedBy(shown, authority)
                ? new Finding(name, Health.Ok, $"{endPoint}, certificate until {shown.NotAfter:yyyy-MM-dd}")
                : new Finding(name, Health.Red, $"{endPoint} shows a certificate that is not this archive's");
        }
    }

    private static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificate);
    }

    private static IPEndPoint Reachable(IPEndPoint bound) =>
        bound.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, bound.Port)
        : bound.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, bound.Port)
        : bound;
}
