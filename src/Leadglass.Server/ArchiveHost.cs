using System.Net;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Archive;
using Leadglass.Archive.Packs;
using Leadglass.Archive.Sqlite;
using Leadglass.Sealing;
using Leadglass.Server.Configuration;
using Leadglass.Server.Data;
using Leadglass.Server.Edges;
using Leadglass.Server.SelfExamination;
using Leadglass.Server.SignIn.People;

namespace Leadglass.Server;

/// <summary>
/// An open archive: everything that lives over one data folder, composed. Whoever opens it holds the folder's lock.
/// </summary>
public sealed class ArchiveHost : IAsyncDisposable
{
    internal const string KeyRingFolder = "keyring";

    // In the order in which it was opened; closed the other way round.
    private readonly Stack<object> _opened = new();

    private ArchiveHost(DataFolder folder, ArchiveIdentity identity, ServeOptions configuration, TimeProvider clock)
    {
        Folder = folder;
        Identity = identity;
        Configuration = configuration;
        Clock = clock;
    }

    public DataFolder Folder { get; }

    public ArchiveIdentity Identity { get; }

    public TimeProvider Clock { get; }

    /// <summary>Who issues certificates.</summary>
    public CertificateAuthority Authority { get; private set; } = null!;

    /// <summary>Who is known: devices, people, programs, shares, and who is signed in.</summary>
    public AccessRegistries Registries { get; private set; } = null!;

    /// <summary>Which devices are enrolled.</summary>
    public DeviceRegistry Devices => Registries.Devices;

    /// <summary>Where everything is recorded.</summary>
    public Trail Trail { get; private set; } = null!;

    /// <summary>Questions to the trail.</summary>
    public TrailQueries TrailQueries { get; private set; } = null!;

    /// <summary>Who may do what.</summary>
    public AccessPolicy Policy { get; private set; } = null!;

    /// <summary>The use cases: taking in, finding, giving out.</summary>
    public ImageArchive Archive { get; private set; } = null!;

    /// <summary>What <c>leadglass.json</c> and the environment say.</summary>
    public ServeOptions Configuration { get; }

    /// <summary>Where a server listens over this archive; null while none does.</summary>
    public ListenerEndpoints? Listening { get; internal set; }

    /// <summary>The origin at which browsers reach the archive, as far as it knows: for links that it makes.</summary>
    public string Origin
    {
        get
        {
            var address = Listening?.Https.Address ?? Configuration.Bind;
            var name =
                Configuration.Names.Count > 0 ? Configuration.Names[0]
                : IPAddress.IsLoopback(address) ? "localhost"
                : address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? Dns.GetHostName()
                : new IPEndPoint(address, 0).ToString()[..^2];
            return $"https://{name}:{Listening?.Https.Port ?? Configuration.HttpPort}";
        }
    }

    internal MasterKey Master { get; private set; } = null!;

    /// <summary>The key pair to which edges seal.</summary>
    internal RecipientKeyPair EdgeKey { get; private set; } = null!;

    /// <summary>What edges reported of themselves.</summary>
    internal EdgeStates EdgeStates { get; private set; } = null!;

    /// <summary>The connections by which the archive looks at itself.</summary>
    internal OwnLooks Looks { get; } = new();

    /// <summary>What was closed because it answered a stranger.</summary>
    internal ServiceClosures Closures { get; } = new();

    /// <summary>What the archive saw when it last looked at itself; null before that.</summary>
    internal SelfExaminationReport? LastLook { get; set; }

    /// <summary>One-time links by which people sign in for the first time.</summary>
    internal SignInLinks Links { get; private set; } = null!;

    /// <summary>Opens the archive in a folder.</summary>
    /// <param name="keys">The folder of keys when the user names one.</param>
    /// <param name="held">The folder's lock, which stays the caller's.</param>
    /// <exception cref="ArchiveUnavailableException">It cannot be opened; the message says why and what to do.</exception>
    public static async Task<ArchiveHost> OpenAsync(
        DataFolder folder,
        string? keys,
        DataFolderLock held,
        HostEnvironment environment,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        ArgumentNullException.ThrowIfNull(held);
        var identity = ArchiveIdentity.Read(folder);
        var configuration = ConfigurationReader.Read(
            folder.ConfigurationFile,
            environment,
            new Dictionary<string, string>(StringComparer.Ordinal)
        );
        var host = new ArchiveHost(folder, identity, configuration, clock);
        try
        {
            host.Master = host.Own(ArchiveKeys.Open(KeysFolder.Resolve(identity, keys, environment)));
            await host.OpenPartsAsync(cancel);
            return host;
        }
        catch (Exception failure)
        {
            await host.DisposeAsync();
            if (
                failure
                is SealingException
                    or TrailUnavailableException
                    or EnrolmentException
                    or StateException
                    or IndexDamagedException
                    or IOException
            )
            {
                throw new ArchiveUnavailableException(
                    $"cannot open the archive in {folder.Path}: {failure.Message.TrimEnd('.')}",
                    failure
                );
            }

            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_opened.TryPop(out var part))
        {
            if (part is IAsyncDisposable closing)
            {
                await closing.DisposeAsync();
            }
            else
            {
                ((IDisposable)part).Dispose();
            }
        }
    }

    private async Task OpenPartsAsync(CancellationToken cancel)
    {
        var state = DurableFolder.Open(Folder.State);
        Authority = Own(await CertificateAuthority.OpenAsync(state, Master, Identity.Id, Clock, cancel));
        Registries = Own(await AccessRegistries.OpenAsync(state, Master, Clock, cancel));
        var trail = DurableFolder.Open(Folder.Trail);
        Trail = Own(await Trail.OpenAsync(trail, Master, Clock, cancel));
        TrailQueries = Own(new TrailQueries(trail, Master, Trail));
        EdgeKey = Own(await EdgeKeys.OpenAsync(state, Master, cancel));
        EdgeStates = await EdgeStates.OpenAsync(state, Master, Clock, cancel);
        Links = new SignInLinks(Registries.People, Clock);
        Policy = new AccessPolicy(Registries, Authority.Certificate, Trail, Clock);
        var ring = Own(KeyRing.Open(state.Folder(KeyRingFolder), Master));
        _opened.Push(new Closing(ring.Close));
        var index = Own(await SqliteStudyIndex.OpenAsync(Folder.IndexFile, cancel));
        var blobs = Own(PackStore.Open(DurableFolder.Open(Folder.Packs), new PackStoreOptions(), Clock, index.Mark));
        Archive = Own(
            await ImageArchive.OpenAsync(
                new ImageArchiveParts
                {
                    Master = Master,
                    Ring = ring,
                    Blobs = blobs,
                    Index = index,
                    State = state,
                    Grant = AccessPolicy.Maintain(MaintenanceTask.Recover),
                    Clock = Clock,
                    Options = new ArchiveOptions
                    {
                        PrivateSopClasses = [.. Configuration.PrivateStorageClasses],
                        RetrieveAeTitle = Configuration.AeTitle,
                    },
                },
                cancel
            )
        );
    }

    /// <summary>The last step of an orderly end of a part.</summary>
    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }

    private T Own<T>(T part)
        where T : class
    {
        _opened.Push(part);
        return part;
    }
}

/// <summary>Where the doors are bound.</summary>
/// <param name="Dicom">DICOM over TLS.</param>
/// <param name="Https">HTTPS.</param>
public sealed record ListenerEndpoints(IPEndPoint Dicom, IPEndPoint Https);
