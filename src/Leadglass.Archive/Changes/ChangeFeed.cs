using System.Collections.Immutable;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// What changed, in the order of the commits, for whoever follows from a position. It is the log of the packs itself, so a
/// position holds whatever becomes of the index, and nothing is missing that was acknowledged.
/// </summary>
public sealed class ChangeFeed
{
    /// <summary>Changes that one page may have.</summary>
    public const int LimitMax = 1000;

    /// <summary>Records looked at for one page: what is erased or not covered takes none of its room.</summary>
    private const int RecordsMax = 10_000;

    private readonly IBlobStore _blobs;
    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly ContentOpener _opener;

    internal ChangeFeed(IBlobStore blobs, IStudyIndex index, ArchiveKeys keys, ContentOpener opener) =>
        (_blobs, _index, _keys, _opener) = (blobs, index, keys, opener);

    /// <summary>The changes after a position, as far as the grant covers their studies.</summary>
    /// <param name="grant">Leave to query.</param>
    /// <param name="after">Where the last page ended; <see cref="ChangePosition.Beginning"/> at first.</param>
    /// <param name="limit">1 to <see cref="LimitMax"/>.</param>
    /// <exception cref="FormatException">It is no position that this archive gave out.</exception>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    public async ValueTask<ChangePage> ReadAsync(
        AccessGrant grant,
        ChangePosition after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LimitMax);
        if (grant.Operation is not Operation.Query)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        var mark = after.ToMark(_keys) ?? throw new FormatException("no position of this archive's changes");
        await grant.AuthorizeQueryAsync("changes", cancellationToken);
        // What the index does not have yet was not acknowledged.
        var end = _index.Mark;
        List<Change> changes = [];
        var looked = 0;
        if (mark.CompareTo(end) < 0)
        {
            await foreach (var entry in _blobs.ListAsync(mark, cancellationToken))
            {
                if (entry.Next.CompareTo(end) > 0 || changes.Count == limit || looked++ == RecordsMax)
                {
                    break;
                }

                mark = entry.Next;
                if (entry.Damage is null && await ReadAsync(grant, entry, cancellationToken) is { } change)
                {
                    changes.Add(change);
                }
            }
        }

        return new ChangePage(changes, ChangePosition.Of(mark, _keys), mark.CompareTo(end) < 0);
    }

    private async ValueTask<Change?> ReadAsync(AccessGrant grant, BlobEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            return
                await _opener.OpenDescriptorAsync(entry.Location, cancellationToken) is { } descriptor
                && KindOf(descriptor) is { } kind
                && await CoversAsync(grant, descriptor, cancellationToken)
                && StudyInstanceUid.TryParse(descriptor.Study, out var study)
                ? new Change(ChangePosition.Of(entry.Next, _keys), kind, study, descriptor.At, InstancesOf(descriptor))
                : null;
        }
        catch (Exception damage) when (damage is SealingException or BlobDamagedException)
        {
            // Verification reports it; a consumer has nothing to do for what cannot be read.
            return null;
        }
    }

    /// <summary>By what is known of the study now: a correction may have changed whose it is.</summary>
    private async ValueTask<bool> CoversAsync(
        AccessGrant grant,
        RecordDescriptor descriptor,
        CancellationToken cancellationToken
    ) =>
        StudyInstanceUid.TryParse(descriptor.Study, out var study)
        && await _index.FindStudyAsync(_keys.Of(study), cancellationToken) is { } row
            ? _opener.OpenStudyForRecords(grant, row) is not null
            : _opener.CoversFormer(grant, descriptor);

    private static ChangeKind? KindOf(RecordDescriptor descriptor) =>
        descriptor switch
        {
            { Kind: RecordKind.Instance } => ChangeKind.Added,
            { Decision.Rejects: not null } => ChangeKind.Rejected,
            { Decision.Restores: not null } => ChangeKind.Restored,
            { Decision.Corrects: not null } => ChangeKind.Corrected,
            { Decision.Deletes: not null } => ChangeKind.Deleted,
            _ => null,
        };

    private static ImmutableArray<ChangedInstance> InstancesOf(RecordDescriptor descriptor) =>
        descriptor.Kind is RecordKind.Instance
            ? Parsed([new DecidedInstance(descriptor.Series ?? "", descriptor.SopInstance ?? "")])
            : Parsed(
                descriptor.Decision?.Rejects?.Instances
                    ?? descriptor.Decision?.Restores
                    ?? descriptor.Decision?.Deletes
                    ?? []
            );

    private static ImmutableArray<ChangedInstance> Parsed(IEnumerable<DecidedInstance> named) =>
        [
            .. named
                .Select(one =>
                    SopInstanceUid.TryParse(one.Instance, out var instance)
                        ? new ChangedInstance(
                            SeriesInstanceUid.TryParse(one.Series, out var series) ? series : null,
                            instance
                        )
                        : null
                )
                .OfType<ChangedInstance>(),
        ];
}

/// <summary>What became of instances or a study.</summary>
public enum ChangeKind
{
    /// <summary>An instance was stored.</summary>
    Added,

    /// <summary>Instances were rejected.</summary>
    Rejected,

    /// <summary>Rejected instances are shown again.</summary>
    Restored,

    /// <summary>The study was assigned to another patient.</summary>
    Corrected,

    /// <summary>Instances, or the study whole where none are named, were deleted.</summary>
    Deleted,
}

/// <summary>A part of the changes.</summary>
/// <param name="Changes">In the order of the commits.</param>
/// <param name="Position">Where the next page begins, also when nothing changed.</param>
/// <param name="HasMore">More followed at the time of the call.</param>
public sealed record ChangePage(IReadOnlyList<Change> Changes, ChangePosition Position, bool HasMore)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Changes.Count} changes";
}

/// <summary>One change.</summary>
/// <param name="Position">The place after it.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Study">To which study.</param>
/// <param name="At">When.</param>
/// <param name="Instances">To which instances; empty: to the study as a whole.</param>
public sealed record Change(
    ChangePosition Position,
    ChangeKind Kind,
    StudyInstanceUid Study,
    DateTimeOffset At,
    ImmutableArray<ChangedInstance> Instances
)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => Kind.ToString();
}

/// <summary>An instance that changed.</summary>
/// <param name="Series">Its series, where the change names it.</param>
/// <param name="SopInstance">The instance.</param>
public sealed record ChangedInstance(SeriesInstanceUid? Series, SopInstanceUid SopInstance)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";
}
