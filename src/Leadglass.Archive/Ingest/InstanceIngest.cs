using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Takes instances in: digest, seal, append, index, and only then an answer of success (PS3.4 B). Instances that wait at
/// the same moment share one write and one flush.
/// </summary>
public sealed class InstanceIngest
{
    private readonly IngestContext _context;

    internal InstanceIngest(IngestContext context) => _context = context;

    /// <summary>Why nothing is taken at all until the archive is opened again; null while all is well.</summary>
    public string? Failure => _context.Committer.Poison;

    /// <summary>True while the last attempt found no room on the volume; it recovers by itself.</summary>
    public bool IsFull => _context.Committer.IsFull;

    /// <summary>Bytes of the ingest budget that are not taken.</summary>
    public long BudgetLeftBytes => _context.Budget.LeftBytes;

    /// <summary>Instances that wait for the next group commit.</summary>
    public int WaitingForCommit => _context.Committer.Waiting;

    /// <summary>
    /// Whether instances of a SOP class may be stored: those of the standard that belong to a patient and a study, and
    /// private ones that the configuration or the peer names.
    /// </summary>
    /// <param name="sopClass">The class.</param>
    /// <param name="negotiated">What the peer named as storage by common extended negotiation.</param>
    public bool CanStore(SopClassUid sopClass, IReadOnlyCollection<string>? negotiated = null) =>
        HeaderCheck.CanStore(sopClass, _context.Options, negotiated);

    /// <summary>Begins an instance. Never throws for what the peer sent: a refusal comes with the outcome.</summary>
    /// <param name="grant">Leave to store; of another operation it is refused.</param>
    /// <param name="request">What the C-STORE request says, or whoever brings a file.</param>
    public IncomingInstance Begin(AccessGrant grant, IngestRequest request)
    {
        var refusal =
            grant.Operation is not Operation.Store
                ? new IngestOutcome(IngestResult.Refused, StorageStatus.NotAuthorized, "no leave to store")
            : request.SopClass is { } sopClass && !CanStore(sopClass, request.NegotiatedStorageSopClasses)
                ? new IngestOutcome(
                    IngestResult.Refused,
                    StorageStatus.SopClassNotSupported,
                    "SOP class is not stored here"
                )
            : !request.TransferSyntax.IsStorable
                ? new IngestOutcome(
                    IngestResult.Refused,
                    StorageStatus.CannotUnderstand,
                    "transfer syntax is not stored here"
                )
            : null;
        return new IncomingInstance(_context, grant, request, refusal);
    }
}

/// <summary>What all instances on their way in share.</summary>
internal sealed record IngestContext(
    IBlobStore Blobs,
    IStudyIndex Index,
    ArchiveKeys Keys,
    IdentityLedger Ledger,
    GroupCommitter Committer,
    IndexUpkeep Upkeep,
    Rejections Rejections,
    BlockPool Budget,
    BlockPool Staging,
    ArchiveOptions Options,
    TimeProvider Clock
);
