using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Testing.Processes;

/// <summary>Mutual TLS with the files of an enrolled device, both sides, trusting the archive's own CA and nobody else.</summary>
public static class DeviceTls
{
    /// <summary>Connects as the device.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">either side refused the other's certificate</exception>
    public static async Task<SslStream> ConnectAsync(
        string host,
        int port,
        EnrolledDevice device,
        CancellationToken cancellationToken = default
    )
    {
        var certificate = X509Certificate2.CreateFromPemFile(device.CertificatePath, device.KeyPath);
        var authority = X509CertificateLoader.LoadCertificateFromFile(device.AuthorityPath);
        return await ConnectAsync(host, port, certificate, authority, cancellationToken);
    }

    /// <summary>Connects with any certificate, or with none.</summary>
    /// <param name="authority">the one CA to trust; null trusts whoever answers</param>
    public static async Task<SslStream> ConnectAsync(
        string host,
        int port,
        X509Certificate2? certificate,
        X509Certificate2? authority,
        CancellationToken cancellationToken = default
    )
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    ClientCertificateContext = certificate is null
                        ? null
                        : SslStreamCertificateContext.Create(certificate, null, offline: true),
                    RemoteCertificateValidationCallback = (_, presented, _, _) =>
                        authority is null || IsIssuedBy(presented, authority),
                },
                cancellationToken
            );
            return stream;
        }
        catch
        {
            stream?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Answers as the device, and asks for a certificate of the archive's CA.</summary>
    public static async Task<SslStream> AcceptAsync(
        Socket socket,
        EnrolledDevice device,
        CancellationToken cancellationToken = default
    )
    {
        var authority = X509CertificateLoader.LoadCertificateFromFile(device.AuthorityPath);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(
                    X509Certificate2.CreateFromPemFile(device.CertificatePath, device.KeyPath),
                    null,
                    offline: true
                ),
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, presented, _, _) => IsIssuedBy(presented, authority),
            },
            cancellationToken
        );
        return stream;
    }

    private static bool IsIssuedBy(X509Certificate? presented, X509Certificate2 authority)
    {
        if (presented is null)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var certificate = X509CertificateLoader.LoadCertificate(presented.GetRawCertData());
        return chain.Build(certificate);
    }
}
