using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Sealing;
using Leadglass.Server.Data;

namespace Leadglass.Server;

/// <summary>
/// An open archive: everything that lives over one data folder, composed. Whoever opens it holds the folder's lock.
/// </summary>
public sealed class ArchiveHost : IAsyncDisposable
{
    // In the order in which it was opened; closed the other way round.
    private readonly Stack<object> _opened = new();

    private ArchiveHost(DataFolder folder, ArchiveIdentity identity, TimeProvider clock)
    {
        Folder = folder;
        Identity = identity;
        Clock = clock;
    }

    public DataFolder Folder { get; }

    public ArchiveIdentity Identity { get; }

    public TimeProvider Clock { get; }

    /// <summary>Who issues certificates.</summary>
    public CertificateAuthority Authority { get; private set; } = null!;

    /// <summary>Who is enrolled.</summary>
    public DeviceRegistry Devices { get; private set; } = null!;

    /// <summary>Where everything is recorded.</summary>
    public Trail Trail { get; private set; } = null!;

    /// <summary>Who may do what.</summary>
    public AccessPolicy Policy { get; private set; } = null!;

    internal MasterKey Master { get; private set; } = null!;

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
        var host = new ArchiveHost(folder, identity, clock);
        try
        {
            host.Master = host.Own(ArchiveKeys.Open(KeysFolder.Resolve(identity, keys, environment)));
            await host.OpenPartsAsync(cancel);
            return host;
        }
        catch (Exception failure)
        {
            await host.DisposeAsync();
            if (failure is SealingException or TrailUnavailableException or EnrolmentException or IOException)
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
        Devices = Own(await DeviceRegistry.OpenAsync(state, Master, cancel));
        Trail = Own(await Trail.OpenAsync(DurableFolder.Open(Folder.Trail), Master, Clock, cancel));
        Policy = new AccessPolicy(Devices, Authority.Certificate, Trail, Clock);
    }

    private T Own<T>(T part)
        where T : class
    {
        _opened.Push(part);
        return part;
    }
}
