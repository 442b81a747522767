using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Access.Tests;

/// <summary>An archive's access with a few devices, in a folder of its own: the real registry, authority and policy.</summary>
internal sealed class Enrolled : IAsyncDisposable
{
    public static readonly IPAddress Ward = IPAddress.Parse("192.0.2.7");

    private Enrolled(string folder, AccessRegistries registries, MasterKey master, ManualClock clock)
    {
        Folder = folder;
        Registries = registries;
        Master = master;
        Clock = clock;
        Authority = CertificateAuthority.Create("test", Clock);
        Policy = new AccessPolicy(registries, Authority.Certificate, Trail, Clock);
    }

    public string Folder { get; }

    public ManualClock Clock { get; }

    public TrailStub Trail { get; } = new();

    public MasterKey Master { get; }

    public AccessRegistries Registries { get; }

    public DeviceRegistry Devices => Registries.Devices;

    public CertificateAuthority Authority { get; }

    public AccessPolicy Policy { get; }

    public static async Task<Enrolled> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-access-").FullName;
        var master = MasterKey.Create();
        var clock = new ManualClock();
        return new Enrolled(
            folder,
            await AccessRegistries.OpenAsync(DurableFolder.Open(folder), master, clock, CancellationToken.None),
            master,
            clock
        );
    }

    /// <summary>What another start of the program finds on the disk.</summary>
    public ValueTask<AccessRegistries> ReopenAsync() =>
        AccessRegistries.OpenAsync(DurableFolder.Open(Folder), Master, Clock, CancellationToken.None);

    /// <summary>Enrols a device and gives its certificate, without key.</summary>
    public async Task<X509Certificate2> AddAsync(string name, DeviceRights rights, Func<Device, Device>? change = null)
    {
        var issued = Authority.IssueDevice(name, host: null);
        var device = new Device
        {
            Name = name,
            AeTitles = [AeTitle.Parse(name.ToUpperInvariant())],
            Rights = rights,
            Certificates = [issued.Certificate],
        };
        await Devices.AddAsync(change?.Invoke(device) ?? device, CancellationToken.None);
        return X509Certificate2.CreateFromPem(issued.CertificatePem);
    }

    public async Task<DeviceIdentity> IdentityAsync(
        string name,
        DeviceRights rights,
        Func<Device, Device>? change = null
    )
    {
        using var certificate = await AddAsync(name, rights, change);
        return Identify(certificate);
    }

    public DeviceIdentity Identify(X509Certificate2 certificate) =>
        Assert.IsType<Identification.Known>(Policy.Identify(certificate, Ward)).Identity;

    public AccessGrant Grant(DeviceIdentity identity, Operation operation) =>
        Assert.IsType<AccessDecision.Granted>(Policy.Decide(identity, operation)).Grant;

    public Task ChangeAsync(string name, Func<Device, Device> change) =>
        Devices.ChangeAsync(name, change, CancellationToken.None).AsTask();

    public static StudyFacts Study(string uid = "1.2.3", string patient = "TEST-1", params string[] modalities) =>
        new()
        {
            Study = StudyInstanceUid.Parse(uid),
            Patient = new PatientKey(patient, "WARD"),
            Modalities = modalities.Length == 0 ? ["CT"] : [.. modalities],
        };

    public async ValueTask DisposeAsync()
    {
        await Registries.DisposeAsync();
        Authority.Dispose();
        Master.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
