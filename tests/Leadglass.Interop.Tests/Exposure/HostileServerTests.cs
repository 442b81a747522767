using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Testing.Lab;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>Runs alone: it measures the memory of the auditing process.</summary>
[CollectionDefinition(nameof(HostileServerTests), DisableParallelization = true)]
public sealed class HostileServerCollection;

/// <summary>
/// A whole audit of servers that mean harm, beside two honest ones: it ends, the honest ones are judged right, and its
/// memory stays bounded.
/// </summary>
[Collection(nameof(HostileServerTests))]
public sealed class HostileServerTests(ITestOutputHelper output)
{
    private const long PeakKibibytesMax = 300 * 1024;

    /// <summary>Far more than five seconds for each host: only an audit that hangs meets it.</summary>
    private static readonly TimeSpan AuditLimit = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    /// <summary>Kinds of harm, and the port of each.</summary>
    private static readonly (string Kind, int Port)[] Kinds =
    [
        ("slow bytes", 104),
        ("length lies", 104),
        ("endless matches", 104),
        ("lying element", 104),
        ("noise", 104),
        ("endless handshake", 2762),
        ("huge certificate", 2762),
        ("endless body in TLS", 8443),
        ("bomb", 8042),
        ("endless headers", 8042),
        ("redirects away", 8042),
        ("silent", 104),
        ("item lies", 104),
        ("endless match", 104),
        ("endless command", 104),
        ("aborts everything", 104),
        ("endless warnings", 2762),
        ("slow handshake", 2762),
        ("deep", 8042),
        ("endless body", 8042),
        ("endless title", 8042),
        ("length lies in HTTP", 8042),
        ("slow HTTP", 8042),
    ];

    /// <summary>These answer a query for nothing with matches, which a stranger would get too.</summary>
    private static readonly string[] Answering =
    [
        "endless matches",
        "endless match",
        "lying element",
        "huge certificate",
    ];

    [Fact]
    public async Task The_audit_ends_and_the_honest_ones_are_judged_right()
    {
        if (await ProductLab.WhyNotAsync() is { } absent)
        {
            Assert.Skip(absent);
        }

        await using var lab = await LabNetwork.CreateAsync();
        var certificate = WriteHugeCertificate(lab.Scratch);
        await using var servers = new Servers();
        await using var closed = await DcmtkProducts.StartReceiverAsync(lab, "honest", isEchoOnly: false);
        Dictionary<string, string> kinds = [];
        foreach (var (kind, port) in Kinds)
        {
            kinds[(await servers.StartAsync(lab, kind, port, certificate)).Address.ToString()] = kind;
        }

        await using var open = await DcmtkProducts.StartArchiveAsync(lab, "honest", "COMMON", isForAnybody: true);
        await using var capture = PacketCapture.IsInstalled ? await PacketCapture.StartAsync(lab, "hostile") : null;
        var scope = new LabScope
        {
            HighestRung = "6",
            CalledAeTitles = ["COMMON"],
            ConnectionSeconds = 2,
            HostSeconds = 5,
        };
        await using var audit = AuditProcess.Start(lab, scope);
        var peak = await audit.PeakKibibytesAsync(AuditLimit);
        var findings = Verdict.Read(await audit.FinishAsync(AuditLimit));
        output.WriteLine($"{kinds.Count} hostile servers, peak {peak / 1024} MiB\n{audit.Output}");

        Assert.True(
            findings[open.Host.Address.ToString()] is { QueryOpen: true, RetrieveOpen: true, RecordsVisible: true }
        );
        Assert.True(findings[closed.Host.Address.ToString()] is { QueryOpen: false, RetrieveOpen: false });
        foreach (var (address, kind) in kinds.Where(k => !Answering.Contains(k.Value)))
        {
            Assert.True(findings.GetValueOrDefault(address)?.QueryOpen is not true, kind);
        }

        Assert.InRange(peak, 1, PeakKibibytesMax);
        await AssertStaysInsideAsync(capture, lab);
    }

    /// <summary>Nothing was sent where nobody is, though a server redirects there.</summary>
    private static async Task AssertStaysInsideAsync(PacketCapture? capture, LabNetwork lab)
    {
        if (capture is not null)
        {
            var traffic = await capture.StopAsync();
            Assert.All(lab.Hosts, host => Assert.InRange(traffic.MostAtOnce(host.Address), 1, 1));
            var hosts = lab.Hosts.Select(h => h.Address).ToHashSet();
            var sentTo = traffic
                .Connections.Where(c => c.FromClient.ToArray().Length > 0)
                .Select(c => c.Server.Address);
            Assert.All(sentTo, address => Assert.Contains(address, hosts));
        }
    }

    /// <summary>A certificate with 3,000 names, about 100 kB.</summary>
    private static (string Certificate, string Key) WriteHugeCertificate(ScratchFolder scratch)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=huge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        for (var i = 0; i < 3000; i++)
        {
            names.AddDnsName(string.Create(CultureInfo.InvariantCulture, $"name-number-{i}.of-a-certificate.example"));
        }

        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(scratch.File("huge.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(scratch.File("huge.key"), key.ExportPkcs8PrivateKeyPem());
        return (scratch.File("huge.pem"), scratch.File("huge.key"));
    }

    private sealed class Servers : IAsyncDisposable
    {
        private readonly List<BackgroundProcess> started = [];

        public async Task<LabHost> StartAsync(
            LabNetwork lab,
            string kind,
            int port,
            (string Certificate, string Key) tls
        )
        {
            var host = await lab.AddHostAsync(kind);
            var server = host.Inside.Start(
                "python3",
                [
                    Path.Combine(AppContext.BaseDirectory, "Exposure", "hostile.py"),
                    kind,
                    $"{port}",
                    tls.Certificate,
                    tls.Key,
                ]
            );
            started.Add(server);
            await host.Inside.WaitForListenerAsync(port, server, StartLimit);
            return host;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in started)
            {
                await server.DisposeAsync();
            }
        }
    }
}
