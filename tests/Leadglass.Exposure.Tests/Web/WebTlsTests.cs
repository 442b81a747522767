using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Exposure.Tests.Connections;
using static Leadglass.Exposure.Tests.Web.WebDouble;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>What a look inside TLS tells.</summary>
public sealed class WebTlsTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(SslProtocols.Tls12, "TLS 1.2")]
    [InlineData(SslProtocols.Tls13, "TLS 1.3")]
    public async Task FactsOfTlsAreSeenAndTheCertificateIsTrustedByNobody(SslProtocols protocol, string name)
    {
        using var certificate = Certificate();
        await using var server = Of(
            request => request.Path == "/dicom-web/studies" ? Response(200, "application/dicom+json", "[]") : NotFound,
            Tls(certificate, protocol)
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.True(seen.IsTls);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        var tls = seen.Tls!;
        Assert.Equal(name, tls.Protocol);
        Assert.StartsWith("TLS_", tls.CipherSuite, StringComparison.Ordinal);
        Assert.Equal(certificate.GetCertHashString(HashAlgorithmName.SHA256), tls.CertificateSha256, ignoreCase: true);
        Assert.Equal(Begin, tls.NotBefore);
        Assert.True(tls.IsSelfIssued);
        Assert.False(tls.RequiresClientCertificate);
        Assert.Equal(1, server.MostAtOnce);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task ACertificateThatIsRequiredIsToldApartFromAFailure(SslProtocols protocol)
    {
        using var certificate = Certificate();
        await using var server = Of(_ => NotFound, Tls(certificate, protocol, requires: true));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.False(seen.SpeaksHttp);
        Assert.True(seen.Tls?.RequiresClientCertificate);
        Assert.Contains(seen.Rungs, one => one is { Rung: Rung.Identify, Answer: Answer.Closed });
    }

    [Fact]
    public async Task ACertificateThatIsOnlyAskedForIsNotRequired()
    {
        using var certificate = Certificate();
        var options = Tls(certificate, SslProtocols.Tls13, requires: true);
        options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        await using var server = Of(_ => NotFound, options);
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.Echo);
        Assert.True(seen.SpeaksHttp);
        Assert.False(seen.Tls?.RequiresClientCertificate);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:{0}/\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("\u0015\u0003\u0001\u0000\u0002\u0002\u0046")]
    public async Task AnAnswerInClearThatMeansTlsIsFollowedIntoTls(string inClear)
    {
        using var certificate = Certificate();
        var port = 0;
        await using var server = new WebDouble(
            async (request, stream, stop) =>
            {
                var said =
                    !request.IsTls ? inClear.Replace("{0}", $"{port}", StringComparison.Ordinal)
                    : request.Path == "/dicom-web/studies" ? Response(200, "application/dicom+json", "[]")
                    : NotFound;
                await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(said), stop);
                return request.IsTls;
            },
            Tls(certificate, SslProtocols.Tls13)
        )
        {
            ServesClearToo = true,
        };
        port = server.Target.Port;
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullQuery);
        Assert.True(seen.IsTls);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
    }

    [Fact]
    public async Task AServerThatSpeaksNeitherIsUnknown()
    {
        await using var server = Of(_ => "220 mail.example.org ESMTP\r\n");
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.Echo);
        Assert.False(seen.SpeaksHttp);
        Assert.Null(seen.Tls);
        Assert.Contains(seen.Rungs, one => one is { Rung: Rung.Identify, Answer: Answer.Unknown });
    }

    [Fact]
    public async Task AHugeCertificateIsAResult()
    {
        using var certificate = Certificate(paddingBytes: 90_000);
        await using var server = Of(_ => NotFound, Tls(certificate, SslProtocols.Tls13));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.Echo);
        Assert.NotEmpty(seen.Rungs);
        using var tooLarge = Certificate(paddingBytes: 2_000_000);
        await using var larger = Of(_ => NotFound, Tls(tooLarge, SslProtocols.Tls13));
        var refused = await WebTesting.ObserveAsync(larger.Target, Rung.Echo);
        Assert.False(refused.SpeaksHttp);
        Assert.Contains(refused.Rungs, one => one is { Rung: Rung.Identify, Answer: Answer.Unknown });
    }

    [Fact]
    public async Task ACertificateThatPointsElsewhereFetchesNothing()
    {
        await using var elsewhere = Of(_ => NotFound);
        using var certificate = Certificate(issuerAt: $"http://127.0.0.1:{elsewhere.Target.Port}/issuer.crt");
        await using var server = Of(_ => NotFound, Tls(certificate, SslProtocols.Tls13));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.Echo);
        Assert.True(seen.IsTls);
        Assert.Equal(0, elsewhere.Connections);
    }

    [Fact]
    public async Task AServerThatAsksForACertificateAndThenIsSilentHasNotSaidThatItRequiresOne()
    {
        using var certificate = Certificate();
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new CountingServer(
            IPAddress.Loopback,
            async (network, stop) =>
            {
                await using var tls = new SslStream(new SilentAfterHello(network, answered));
                await tls.AuthenticateAsServerAsync(Tls(certificate, SslProtocols.Tls12, requires: true), stop);
            }
        );
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port);
        var clock = new LeapingClock();
        var looking = TlsLook
            .ConnectAsync(client.GetStream(), name: null, TimeSpan.FromSeconds(8), clock, CancellationToken.None)
            .AsTask();
        await Task.WhenAny(answered.Task, looking);
        clock.Leap(TimeSpan.FromSeconds(8));
        var looked = await looking;
        Assert.True(looked.WasAskedForCertificate);
        Assert.Equal("TLS time-out", looked.Failure);
        Assert.Null(looked.Facts!.RequiresClientCertificate);
    }

    private static SslServerAuthenticationOptions Tls(
        X509Certificate2 certificate,
        SslProtocols protocol,
        bool requires = false
    ) =>
        new()
        {
            // Offline, so that it is not the server that looks for issuers.
            ServerCertificateContext = SslStreamCertificateContext.Create(
                certificate,
                additionalCertificates: null,
                offline: true
            ),
            EnabledSslProtocols = protocol,
            ClientCertificateRequired = requires,
            RemoteCertificateValidationCallback = (_, shown, _, _) => !requires || shown is not null,
        };

    private static X509Certificate2 Certificate(int paddingBytes = 0, string? issuerAt = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=archive.example.org", key, HashAlgorithmName.SHA256);
        if (paddingBytes > 0)
        {
            request.CertificateExtensions.Add(new X509Extension("1.2.3.4.5", new byte[paddingBytes], critical: false));
        }

        if (issuerAt is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuerAt]));
            // Issued by somebody else, whom a curious client would look for.
            using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using var issued = request.Create(
                new X500DistinguishedName("CN=elsewhere"),
                X509SignatureGenerator.CreateForECDsa(other),
                Begin,
                Begin.AddYears(5),
                [1, 2, 3]
            );
            using var whole = issued.CopyWithPrivateKey(key);
            return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), password: null);
        }

        using var own = request.CreateSelfSigned(Begin, Begin.AddYears(5));
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), password: null);
    }

    /// <summary>Takes the hello; of what comes after it, that it came is told, and nothing is read.</summary>
    private sealed class SilentAfterHello(NetworkStream network, TaskCompletionSource answered) : Stream
    {
        private bool _hasSpoken;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            if (!_hasSpoken)
            {
                return await network.ReadAsync(buffer, cancellationToken);
            }

            await network.ReadExactlyAsync(new byte[1], cancellationToken);
            answered.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            _hasSpoken = true;
            await network.WriteAsync(buffer, cancellationToken);
        }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
