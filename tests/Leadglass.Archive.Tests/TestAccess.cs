using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Tests;

/// <summary>Grants through the real registry, authority and policy, as everybody gets them.</summary>
internal sealed class TestAccess : IAsyncDisposable
{
    private readonly Dictionary<string, DeviceIdentity> _identities = [];
    private readonly Dictionary<ProgramRights, Identity> _programs = [];
    private PersonIdentity? _records;

    private TestAccess(AccessRegistries registries, CertificateAuthority authority)
    {
        Registries = registries;
        Authority = authority;
        Policy = new AccessPolicy(registries, authority.Certificate, Trail, TimeProvider.System);
    }

    public AccessRegistries Registries { get; }

    public DeviceRegistry Devices => Registries.Devices;

    public CertificateAuthority Authority { get; }

    public AccessPolicy Policy { get; }

    public TrailInMemory Trail { get; } = new();

    public static async Task<TestAccess> StartAsync(MasterKey master) =>
        new(
            await AccessRegistries.OpenAsync(
                new FaultyDisk(1).Root,
                master,
                TimeProvider.System,
                CancellationToken.None
            ),
            CertificateAuthority.Create("test", TimeProvider.System)
        );

    /// <summary>A grant for a device of this name, which is enrolled with all rights the first time.</summary>
    public async Task<AccessGrant> GrantAsync(
        Operation operation,
        string name = "device",
        Func<Device, Device>? change = null
    )
    {
        if (!_identities.TryGetValue(name, out var identity))
        {
            var issued = Authority.IssueDevice(name, host: null);
            var device = new Device
            {
                Name = name,
                AeTitles = [AeTitle.Parse(name.ToUpperInvariant())],
                Rights = DeviceRights.Store | DeviceRights.Query | DeviceRights.Retrieve,
                Certificates = [issued.Certificate],
            };
            await Devices.AddAsync(change?.Invoke(device) ?? device, CancellationToken.None);
            using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem);
            identity = Assert
                .IsType<Identification.Known>(Policy.Identify(certificate, IPAddress.Parse("192.0.2.7")))
                .Identity;
            _identities.Add(name, identity);
        }

        return Assert.IsType<AccessDecision.Granted>(Policy.Decide(identity, operation)).Grant;
    }

    /// <summary>A grant for a person who keeps the records: asked for, confirmed on the machine, signed in.</summary>
    public async Task<AccessGrant> RecordsAsync(Operation operation)
    {
        _records ??= await PersonAsync("records", Role.Records);
        return Grant(_records, operation);
    }

    /// <summary>A grant for a program with these rights, registered on the machine.</summary>
    public async Task<AccessGrant> ProgramAsync(Operation operation, ProgramRights rights)
    {
        if (!_programs.TryGetValue(rights, out var program))
        {
            var clientId = $"program{_programs.Count}";
            var registered = await Registries.Programs.RegisterAsync(
                Grant(AccessPolicy.Operator("root", isRoot: true), Operation.Administer),
                new RegisteredProgram { ClientId = clientId, Rights = rights },
                withSecret: true,
                CancellationToken.None
            );
            var known = Policy.RecogniseProgram(clientId, registered.Secret, IPAddress.Parse("192.0.2.21"));
            _programs[rights] = program = Assert.IsType<Recognition.Known>(known).Identity;
        }

        return Grant(program, operation);
    }

    /// <summary>Somebody with a role, signed in.</summary>
    public async Task<PersonIdentity> PersonAsync(string name, Role role, params ReferringIdentity[] referring)
    {
        var root = AccessPolicy.Operator("root", isRoot: true);
        var account = await Registries.Appointments.AddAsync(
            Grant(root, Operation.Administer),
            new Account
            {
                Id = Account.NewId(),
                Name = name,
                SecurityStamp = "1",
            },
            [role],
            referring,
            CancellationToken.None
        );
        foreach (var right in account.Pending)
        {
            account = await Registries.Appointments.ConfirmAsync(
                Grant(root, Operation.Confirm),
                account.Id,
                right.Id,
                CancellationToken.None
            );
        }

        var session = await Registries.Sessions.OpenAsync(
            account,
            new SessionOpening(SignInMethod.PasswordAndCode),
            CancellationToken.None
        );
        var known = Policy.Recognise(session.Secret, SessionKind.Pages, IPAddress.Parse("192.0.2.20"));
        return (PersonIdentity)Assert.IsType<Recognition.Known>(known).Identity;
    }

    /// <summary>A grant that must be given.</summary>
    public AccessGrant Grant(Identity identity, Operation operation) =>
        Assert.IsType<AccessDecision.Granted>(Policy.Decide(identity, operation)).Grant;

    public async ValueTask DisposeAsync()
    {
        await Registries.DisposeAsync();
        Authority.Dispose();
    }
}

/// <summary>A trail that a test can read, or let fail.</summary>
internal sealed class TrailInMemory : ITrail
{
    public ConcurrentQueue<TrailEvent> Recorded { get; } = new();

    public bool Fails { get; set; }

    public ValueTask RecordAsync(TrailEvent trailEvent, CancellationToken cancellationToken)
    {
        if (Fails)
        {
            throw new TrailUnavailableException("the trail cannot be written");
        }

        Recorded.Enqueue(trailEvent);
        return ValueTask.CompletedTask;
    }

    public void NoteRefusal(TrailEvent refusal) { }
}
