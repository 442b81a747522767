using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Leadglass.Cli.Demo;

/// <summary>One attempt of a stranger, and what came back.</summary>
/// <param name="Attempt">What was tried.</param>
/// <param name="Answer">What came back.</param>
/// <param name="IsRefused">Whether it came to nothing.</param>
internal sealed record StrangersAttempt(string Attempt, string Answer, bool IsRefused);

/// <summary>Tries what a stranger on the network would try. Nothing here knows anything about the archive but its ports.</summary>
internal static class Strangers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // A-ASSOCIATE-RQ of 68 bytes and no items (PS3.8 9.3.2): enough for an open archive to answer.
    private static readonly byte[] PlainAssociate =
    [
        .. new byte[] { 1, 0, 0, 0, 0, 68, 0, 1, 0, 0 },
        .. "ANY-SCP         "u8,
        .. "STRANGER        "u8,
        .. new byte[32],
    ];

    private static readonly byte[] PlainRequest = Encoding.ASCII.GetBytes(
        "GET /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n\r\n"
    );

    public static async IAsyncEnumerable<StrangersAttempt> TryAllAsync(IPEndPoint dicom, IPEndPoint https)
    {
        yield return Judge("plain DICOM to the DICOM port", await SendPlainAsync(dicom, PlainAssociate));
        yield return Judge("HTTP to the DICOM port", await SendPlainAsync(dicom, PlainRequest));
        yield return Judge("TLS without a certificate", await SendTlsAsync(dicom, certificate: null));
        using var forged = MakeCertificate();
        yield return Judge("TLS with a certificate of one's own", await SendTlsAsync(dicom, forged));
        yield return await AskWebAsync(https, "/dicom-web/studies");
        yield return await AskWebAsync(https, "/");
    }

    private static StrangersAttempt Judge(string attempt, string? answer) =>
        answer is null
            ? new StrangersAttempt(attempt, "no byte of an answer, connection closed", IsRefused: true)
            : new StrangersAttempt(attempt, answer, IsRefused: false);

    private static async Task<string?> SendPlainAsync(IPEndPoint endPoint, byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token);
            await socket.SendAsync(bytes, limit.Token);
            var read = await socket.ReceiveAsync(new byte[64], limit.Token);
            return read == 0 ? null : $"{read} bytes";
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return "the connection stayed open";
        }
    }

    private static async Task<string?> SendTlsAsync(IPEndPoint endPoint, X509Certificate2? certificate)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint, limit.Token);
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsClientAsync(AnyServer(certificate), limit.Token);
            await stream.WriteAsync(PlainAssociate, limit.Token);
            var read = await stream.ReadAsync(new byte[64], limit.Token);
            return read == 0 ? null : $"{read} bytes";
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return "the connection stayed open";
        }
    }

    private static async Task<StrangersAttempt> AskWebAsync(IPEndPoint https, string path)
    {
        var attempt = $"GET {path} over HTTPS";
        using var handler = new SocketsHttpHandler();
        handler.SslOptions = AnyServer(certificate: null);
        using var client = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri($"https://{https}{path}"));
            return new StrangersAttempt(
                attempt,
                $"{(int)answer.StatusCode} {answer.ReasonPhrase}",
                answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound
            );
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return new StrangersAttempt(attempt, failure.GetType().Name, IsRefused: false);
        }
    }

    /// <summary>A stranger trusts anybody.</summary>
    private static SslClientAuthenticationOptions AnyServer(X509Certificate2? certificate) =>
        new()
        {
            TargetHost = "localhost",
            ClientCertificateContext = certificate is null
                ? null
                : SslStreamCertificateContext.Create(certificate, null, offline: true),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                VerificationFlags = X509VerificationFlags.AllFlags,
                DisableCertificateDownloads = true,
            },
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null,
        };

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=scanner", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2049, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }
}
