using Leadglass.Access;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>What an archive is made of. Whoever opened these closes them, after the archive.</summary>
public sealed record ImageArchiveParts
{
    /// <summary>The master key.</summary>
    public required MasterKey Master { get; init; }

    /// <summary>The study keys.</summary>
    public required KeyRing Ring { get; init; }

    /// <summary>The sealed records.</summary>
    public required IBlobStore Blobs { get; init; }

    /// <summary>The index of them.</summary>
    public required IStudyIndex Index { get; init; }

    /// <summary>The folder <c>state/</c>.</summary>
    public required IDurableFolder State { get; init; }

    /// <summary>Leave to recover: to bring index and search directory up to date.</summary>
    public required MaintenanceGrant Grant { get; init; }

    /// <summary>The time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>What may be chosen.</summary>
    public ArchiveOptions Options { get; init; } = new();
}

/// <summary>One archive, open for work: the use cases over one blob store and one index.</summary>
public sealed class ImageArchive : IAsyncDisposable
{
    private readonly ArchiveKeys _keys;
    private readonly GroupCommitter _committer;
    private readonly IdentityLedger _ledger;

    private ImageArchive(ImageArchiveParts parts, ArchiveKeys keys, IndexUpkeep upkeep, StudyDirectory directory)
    {
        _keys = keys;
        _ledger = new IdentityLedger(keys, parts.Index, upkeep);
        _committer = new GroupCommitter(parts.Blobs, parts.Index, upkeep);
        Metadata = new MetadataKeeper(parts.Blobs, parts.Index, keys, _committer, parts.Grant, parts.Clock);
        _committer.Applied = Metadata.Touch;
        var opener = new ContentOpener(parts.Blobs, keys);
        var decisions = new DecisionWriter(parts.Index, keys, _committer, upkeep, parts.Clock);
        var context = new IngestContext(
            parts.Blobs,
            parts.Index,
            keys,
            _ledger,
            _committer,
            upkeep,
            new Rejections(parts.Index, keys, opener, decisions),
            new BlockPool(parts.Options.IngestBudgetBytes),
            new BlockPool(parts.Options.StagingBytes),
            parts.Options,
            parts.Clock
        );
        Ingest = new InstanceIngest(context);
        Search = new StudySearch(parts.Index, keys, directory, opener, parts.Options);
        Retrieval = new InstanceRetrieval(
            parts.Index,
            keys,
            directory,
            opener,
            Metadata,
            upkeep.Decisions,
            parts.Options
        );
        Commitment = new StorageCommitment(parts.Index, keys);
        Conflicts = new Conflicts(context, opener, decisions);
        Rejections = context.Rejections;
        Corrections = new Corrections(parts.Index, keys, opener, decisions);
        Changes = new ChangeFeed(parts.Blobs, parts.Index, keys, opener);
    }

    /// <summary>Takes instances in.</summary>
    public InstanceIngest Ingest { get; }

    /// <summary>Finds them.</summary>
    public StudySearch Search { get; }

    /// <summary>Gives them out.</summary>
    public InstanceRetrieval Retrieval { get; }

    /// <summary>Confirms that they are kept.</summary>
    public StorageCommitment Commitment { get; }

    /// <summary>What waits for a decision.</summary>
    public Conflicts Conflicts { get; }

    /// <summary>Hides instances with a reason, and shows them again.</summary>
    public Rejections Rejections { get; }

    /// <summary>Assigns studies to other patients.</summary>
    public Corrections Corrections { get; }

    /// <summary>What changed, for whoever follows.</summary>
    public ChangeFeed Changes { get; }

    /// <summary>Commitment requests whose result is owed.</summary>
    public required CommitmentQueue CommitmentResults { get; init; }

    /// <summary>What recovery met when the archive was opened.</summary>
    public required CatchUpReport Recovery { get; init; }

    /// <summary>
    /// Opens an archive: what the packs have and the index lacks is indexed first, so that nothing acknowledged is
    /// missing.
    /// </summary>
    /// <exception cref="ArgumentException">Options are wrong; every mistake is named.</exception>
    /// <exception cref="IndexDamagedException">The index is ahead of the packs.</exception>
    public static async Task<ImageArchive> OpenAsync(ImageArchiveParts parts, CancellationToken cancellationToken)
    {
        if (parts.Options.Mistakes() is { Count: > 0 } mistakes)
        {
            throw new ArgumentException(string.Join("; ", mistakes), nameof(parts));
        }

        var keys = new ArchiveKeys(parts.Master, parts.Ring);
        try
        {
            var directory = new StudyDirectory();
            var upkeep = new IndexUpkeep(parts.Blobs, parts.Index, keys, directory, parts.Grant);
            var report = await upkeep.CatchUpAsync(cancellationToken);
            await upkeep.FillDirectoryAsync(cancellationToken);
            var commitments = await CommitmentQueue.OpenAsync(parts.State, parts.Master, cancellationToken);
            return new ImageArchive(parts, keys, upkeep, directory)
            {
                CommitmentResults = commitments,
                Recovery = report,
            };
        }
        catch
        {
            keys.Dispose();
            throw;
        }
    }

    internal MetadataKeeper Metadata { get; }

    /// <summary>Waits for what is being committed, then wipes derived keys.</summary>
    public async ValueTask DisposeAsync()
    {
        await Metadata.DisposeAsync();
        await _committer.DisposeAsync();
        _ledger.Dispose();
        _keys.Dispose();
    }
}
