using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Dicom;
using Leadglass.Server.Configuration;
using Leadglass.Server.Control;
using Leadglass.Server.Data;
using Leadglass.Server.Exchange;
using Leadglass.Server.SelfExamination;
using Leadglass.Server.Tests.Listeners;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Leadglass.Server.Tests;

/// <summary>One archive, served.</summary>
internal sealed class ServedArchive : IAsyncDisposable
{
    private readonly string _root;
    private readonly DataFolderLock _held;

    private ServedArchive(string root, DataFolderLock held, ArchiveHost host, LeadglassServer server)
    {
        _root = root;
        _held = held;
        Host = host;
        Server = server;
    }

    public static HostEnvironment NoEnvironment { get; } =
        new(new Dictionary<string, string>(StringComparer.Ordinal), IsRoot: false);

    public ArchiveHost Host { get; }

    public LeadglassServer Server { get; }

    public DataFolder Folder => Host.Folder;

    /// <summary>Serves an archive of its own. It does not look at itself unless a variation says so.</summary>
    public static async Task<ServedArchive> StartAsync(
        Func<ServeOptions, ServeOptions>? change = null,
        ServerVariation? variation = null,
        ILoggerFactory? logs = null
    )
    {
        var root = Directory.CreateTempSubdirectory("leadglass-served-").FullName;
        var folder = new DataFolder(Path.Combine(root, "data"));
        await ArchiveCreation.CreateAsync(
            folder,
            Path.Combine(root, "keys"),
            isDemo: false,
            NoEnvironment,
            TimeProvider.System,
            CancellationToken.None
        );
        var held = DataFolderLock.Take(folder);
        var host = await ArchiveHost.OpenAsync(
            folder,
            null,
            held,
            NoEnvironment,
            TimeProvider.System,
            CancellationToken.None
        );
        var options = new ServeOptions
        {
            DicomPort = 0,
            HttpPort = 0,
            DrainTimeout = TimeSpan.FromSeconds(1),
        };
        var server = await LeadglassServer.StartAsync(
            host,
            change?.Invoke(options) ?? options,
            logs ?? NullLoggerFactory.Instance,
            variation ?? new ServerVariation { LooksAtItself = false },
            CancellationToken.None
        );
        return new ServedArchive(root, held, host, server);
    }

    /// <summary>Enrols a device and answers what it was issued.</summary>
    public async Task<IssuedCertificate> EnrolAsync(string name, DeviceRights rights)
    {
        var issued = Host.Authority.IssueDevice(name, host: null);
        Assert.True(AeTitle.TryParse(name.ToUpperInvariant(), out var title));
        await Host.Devices.AddAsync(
            new Device
            {
                Name = name,
                AeTitles = [title],
                Rights = rights,
                Certificates = [issued.Certificate],
            },
            CancellationToken.None
        );
        return issued;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Host.DisposeAsync();
        _held.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}

public sealed class LeadglassServerTests
{
    [Fact]
    public async Task OneFolderHasOneWriter()
    {
        await using var archive = await ServedArchive.StartAsync();
        var refused = Assert.Throws<ArchiveUnavailableException>(() => DataFolderLock.Take(archive.Folder));
        Assert.Contains("another leadglass process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheControlSocketIsItsOwnersAlone()
    {
        await using var archive = await ServedArchive.StartAsync();
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(archive.Folder.ControlSocket)
        );
    }

    [Theory]
    [InlineData(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 0, 2, (byte)'{', (byte)'[' })]
    [InlineData(new byte[] { 0, 0 })]
    public async Task NonsenseOnTheControlSocketHurtsNobody(byte[] nonsense)
    {
        await using var archive = await ServedArchive.StartAsync();
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(archive.Folder.ControlSocket));
            await socket.SendAsync(nonsense);
            socket.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await socket.ReceiveAsync(new byte[16]));
        }

        using var again = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await again.ConnectAsync(new UnixDomainSocketEndPoint(archive.Folder.ControlSocket));
    }

    [Fact]
    public async Task ACommandRunsInTheServerThatHoldsTheFolder()
    {
        await using var archive = await ServedArchive.StartAsync();
        await archive.EnrolAsync("ct1", DeviceRights.Store);
        var file = Path.Combine(archive.Folder.Path, "..", "nothing.dcm");
        var control = new ArchiveControl(archive.Folder, keys: null, ServedArchive.NoEnvironment, TimeProvider.System);
        var result = await control.RunAsync(
            ImportCommands.Import,
            new ImportArguments("tester", [file], Issuer: null, MapFile: null),
            new Progress<ControlProgress>(),
            CancellationToken.None
        );
        Assert.Equal((0, 1), (result.Stored, result.Failed));
        var refused = await Assert.ThrowsAsync<ArchiveRefusedException>(() =>
            control.RunAsync(
                ExportCommands.Export,
                new ExportArguments("tester", "1.2.3", file, "no key"),
                new Progress<ControlProgress>(),
                CancellationToken.None
            )
        );
        Assert.False(refused.IsUsage);
    }

    [Fact]
    public async Task TheListenersCertificateIsOfTheArchivesAuthority()
    {
        await using var archive = await ServedArchive.StartAsync();
        foreach (var endPoint in new[] { archive.Server.Dicom, archive.Server.Https })
        {
            using var socket = await ListenerFixture.ConnectAsync(endPoint);
            await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "127.0.0.1",
                    CertificateChainPolicy = new()
                    {
                        TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { archive.Host.Authority.Certificate },
                        RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                    },
                }
            );
            Assert.True(stream.IsAuthenticated);
        }
    }

    [Fact]
    public async Task AStoppedServerLetsGoOfEverything()
    {
        var archive = await ServedArchive.StartAsync();
        var (dicom, socket) = (archive.Server.Dicom, archive.Folder.ControlSocket);
        await archive.Server.StopAsync();
        await archive.DisposeAsync();
        Assert.False(File.Exists(socket));
        await Assert.ThrowsAsync<SocketException>(() => ListenerFixture.ConnectAsync(dicom));
    }
}
