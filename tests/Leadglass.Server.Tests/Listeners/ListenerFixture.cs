using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Server.Configuration;
using Leadglass.Server.Listeners;
using Leadglass.Server.Web;
using Microsoft.Extensions.Logging.Abstractions;

namespace Leadglass.Server.Tests.Listeners;

/// <summary>The two doors with one enrolled device, and an echo in place of DICOM.</summary>
internal sealed class ListenerFixture : IAsyncDisposable
{
    private readonly CertificateAuthority _authority = CertificateAuthority.Create("test", TimeProvider.System);
    private readonly X509Certificate2 _serverCertificate;

    private readonly string _folder;
    private readonly AccessRegistries _registries;

    private ListenerFixture(string folder, AccessRegistries registries)
    {
        _folder = folder;
        _registries = registries;
        _serverCertificate = _authority.IssueServer([]);
        Policy = new AccessPolicy(_registries, _authority.Certificate, Trail, TimeProvider.System);
    }

    public DeviceRegistry Devices => _registries.Devices;

    public RefusalList Trail { get; } = new();

    public AccessPolicy Policy { get; }

    public TlsListeners Listeners { get; private set; } = null!;

    public X509Certificate2 DeviceCertificate { get; private set; } = null!;

    public ConcurrentQueue<string> Admitted { get; } = new();

    public static async Task<ListenerFixture> StartAsync(Func<ServeOptions, ServeOptions>? change = null)
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-test-").FullName;
        var registries = await AccessRegistries.OpenAsync(
            DurableFolder.Open(folder),
            MasterKey.Create(),
            TimeProvider.System,
            CancellationToken.None
        );
        var fixture = new ListenerFixture(folder, registries);
        fixture.DeviceCertificate = await fixture.EnrolAsync("ct1");
        var options = new ServeOptions { DicomPort = 0, HttpPort = 0 };
        var log = new ServerLog(NullLogger.Instance, TimeProvider.System);
        try
        {
            SslStreamCertificateContext Certificate() =>
                SslStreamCertificateContext.Create(fixture._serverCertificate, null, offline: true);
            fixture.Listeners = await TlsListeners.StartAsync(
                new ListenerParts
                {
                    Options = change?.Invoke(options) ?? options,
                    Certificate = Certificate,
                    HttpsCertificate = Certificate,
                    Policy = fixture.Policy,
                    OnDicom = fixture.EchoAsync,
                    Web = WebHost.Bare(fixture.Policy, log, TimeProvider.System),
                    Logs = NullLoggerFactory.Instance,
                    Log = log,
                },
                CancellationToken.None
            );
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }

        return fixture;
    }

    public async Task<X509Certificate2> EnrolAsync(string name)
    {
        var issued = _authority.IssueDevice(name, host: null);
        Assert.True(AeTitle.TryParse(name.ToUpperInvariant(), out var title));
        await Devices.AddAsync(
            new Device
            {
                Name = name,
                AeTitles = [title],
                Rights = DeviceRights.Store,
                Certificates = [issued.Certificate],
            },
            CancellationToken.None
        );
        return Load(issued);
    }

    public static X509Certificate2 Load(IssuedCertificate issued)
    {
        using var pem = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
    }

    public static async Task<Socket> ConnectAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint);
        return socket;
    }

    /// <summary>Does the handshake, sends one byte and answers what comes back; null when the door stays shut.</summary>
    public static async Task<byte[]?> KnockAsync(
        IPEndPoint endPoint,
        X509Certificate2? certificate,
        SslProtocols protocols = SslProtocols.None
    )
    {
        using var socket = await ConnectAsync(endPoint);
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    EnabledSslProtocols = protocols,
                    ClientCertificateContext = certificate is null
                        ? null
                        : SslStreamCertificateContext.Create(certificate, null, offline: true),
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                }
            );
            await stream.WriteAsync(new byte[] { 42 });
            var answer = new byte[16];
            var read = await stream.ReadAsync(answer);
            return read == 0 ? null : answer[..read];
        }
        catch (Exception failure) when (failure is IOException or AuthenticationException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Listeners.DisposeAsync();
        _serverCertificate.Dispose();
        _authority.Dispose();
        await _registries.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task EchoAsync(DicomConnection connection)
    {
        Admitted.Enqueue(connection.Identity.Name);
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            foreach (var segment in read.Buffer)
            {
                await connection.Transport.Output.WriteAsync(segment);
            }

            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>A trail that remembers refusals and tells when one came.</summary>
    internal sealed class RefusalList : ITrail
    {
        private readonly SemaphoreSlim _came = new(0);

        public ConcurrentQueue<TrailEvent> Refusals { get; } = new();

        public ValueTask RecordAsync(TrailEvent trailEvent, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;

        public void NoteRefusal(TrailEvent refusal)
        {
            Refusals.Enqueue(refusal);
            _came.Release();
        }

        public async Task<RefusalReason?> NextAsync()
        {
            Assert.True(await _came.WaitAsync(TimeSpan.FromSeconds(20)), "no refusal was recorded");
            Assert.True(Refusals.TryDequeue(out var refusal));
            return refusal.Refusal;
        }
    }
}
