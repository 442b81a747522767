using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Exposure.Tests.Dimse;

namespace Leadglass.Exposure.Tests.Audits;

/// <summary>A visit with the probes of a real audit, at ports that DICOM is known by.</summary>
public sealed class HostVisitTests : IDisposable
{
    private static readonly IPAddress Host = IPAddress.Parse("127.9.88.1");
    private static readonly int[] DicomPorts = [2762, .. Enumerable.Range(11_112, 8)];

    private readonly X509Certificate2 _certificate = Certificate();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task AnArchiveThatAsksForCertificatesIsAClosedSystem(SslProtocols protocol)
    {
        await using var server = ServerAt(DicomPorts, connection => HandshakeAsync(connection, protocol));
        var finding = await FindingAsync(server.Target);
        Assert.NotNull(finding);
        Assert.Equal((server.Target.Port, "dicom-tls"), (finding.Port, finding.Protocol));
        Assert.Equal((false, false), (finding.QueryOpen, finding.RetrieveOpen));
        Assert.Equal("none", finding.Severity.Rating);
        Assert.Single(finding.Endpoints);

        // In clear, then inside TLS; nobody who refuses strangers there is asked for web pages.
        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AWebServerThatAsksForCertificatesIsNotCalledDicom(bool isAtAWebPort)
    {
        int[] ports = isAtAWebPort ? [8443, 9443, 8043, 8888] : [0];
        await using var server = ServerAt(ports, connection => HandshakeAsync(connection, SslProtocols.Tls12));
        Assert.Null(await FindingAsync(server.Target));
    }

    /// <summary>Of a device the scope allows identification alone: whatever it does, one request for an association is all it gets.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ADeviceGetsARequestForAnAssociationAndNothingElse(bool accepts)
    {
        var received = new List<byte>();
        await using var server = ServerAt(
            DicomPorts,
            async connection =>
            {
                if (!accepts)
                {
                    received.Add((await connection.ReceiveAsync()).Type);
                    return;
                }

                received.Add(1);
                await connection.AcceptAsync();
                received.Add((await connection.ReceiveAsync()).Type);
                await connection.SendAsync(new byte[] { 6, 0, 0, 0, 0, 4, 0, 0, 0, 0 });
                var more = new byte[1];
                while (await connection.Stream.ReadAsync(more, connection.Stop) > 0)
                {
                    received.Add(more[0]);
                }
            }
        );
        var finding = await FindingAsync(server.Target, more: $"devices: [{Host}]");
        Assert.Equal(accepts, finding is { IsDevice: true });

        // A-ASSOCIATE-RQ, and A-RELEASE-RQ where it accepted.
        Assert.Equal(accepts ? [1, 5] : [1], received);
        Assert.Equal(1, server.Connections);
    }

    public void Dispose() => _certificate.Dispose();

    private static async Task<Finding?> FindingAsync(ProbeTarget target, string more = "")
    {
        var scope = TestScopes.Of($"{target.Address}/32", $"{target.Port}", more: more);
        using var log = DecisionLog.WithoutFile(TimeProvider.System);
        await using var gate = new ScopeGate(scope, log, TimeProvider.System);
        var probes = new AuditProbes(Probing.Dialer(), gate, FingerprintFile.BuiltIn, TimeProvider.System);
        var visit = new HostVisit(target.Address, gate, log, probes, isThorough: false);
        Assert.True(await visit.ProbeAsync(target.Port, null, CancellationToken.None, Cancel));
        var system = visit.System;
        return system.ToFinding(probes.Identify(system), scope);
    }

    private static RawServer ServerAt(int[] ports, Func<RawServerConnection, Task> serve)
    {
        foreach (var port in ports)
        {
            try
            {
                return new RawServer(serve, new IPEndPoint(Host, port));
            }
            catch (SocketException inUse) when (inUse.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody listens at that port on all addresses.
            }
        }

        throw new InvalidOperationException("no port is free");
    }

    private async Task HandshakeAsync(RawServerConnection connection, SslProtocols protocol)
    {
        await using var tls = new SslStream(connection.Stream);
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _certificate,
                    EnabledSslProtocols = protocol,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                },
                connection.Stop
            );
        }
        catch (AuthenticationException)
        {
            // No TLS, or no certificate: that ends it.
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=archive.invalid", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
