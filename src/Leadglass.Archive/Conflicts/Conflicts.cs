using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// What waits for whoever keeps the records: content that contradicts what is known, and decisions about it. A decision is
/// a record in the packs, so that a rebuild decides the same.
/// </summary>
public sealed partial class Conflicts
{
    private readonly IngestContext _context;
    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly ContentOpener _opener;
    private readonly DecisionWriter _decisions;

    internal Conflicts(IngestContext context, ContentOpener opener, DecisionWriter decisions)
    {
        (_context, _index, _keys) = (context, context.Index, context.Keys);
        (_opener, _decisions) = (opener, decisions);
    }

    /// <summary>How many instances are quarantined, and their bytes; it reveals nothing of them.</summary>
    public async ValueTask<QuarantineUse> CountAsync(CancellationToken cancellationToken)
    {
        var use = new QuarantineUse();
        await foreach (var row in _index.QuarantinedAsync(cancellationToken))
        {
            use = new QuarantineUse(use.Instances + 1, use.Bytes + row.Location.Length);
        }

        return use;
    }

    /// <summary>What is quarantined, as far as the grant covers it.</summary>
    /// <param name="grant">Leave to query, or to resolve conflicts.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold.</exception>
    public async IAsyncEnumerable<QuarantinedInstance> ListAsync(
        AccessGrant grant,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (grant.Operation is not (Operation.Query or Operation.ResolveConflict))
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        await grant.AuthorizeQueryAsync("quarantine", cancellationToken);
        await foreach (var row in _index.QuarantinedAsync(cancellationToken))
        {
            if (_keys.Ring.StateOf(row.Key) != KeyState.Held)
            {
                continue;
            }

            var descriptor = QuarantineRows.Open(row, _keys);
            var uids = InstanceUids.Of(descriptor);
            var facts = ContentOpener.FactsOf(descriptor);
            if (grant.Covers(facts))
            {
                yield return new QuarantinedInstance(
                    row.Content,
                    row.Reason,
                    facts,
                    uids.Series,
                    uids.Instance,
                    descriptor.Source,
                    descriptor.At,
                    row.Location.Length
                );
            }
        }
    }

    /// <summary>The studies and series in which later instances differ from the first, and in which attributes.</summary>
    /// <param name="grant">Leave for upkeep: tags and tokens come out, values do not.</param>
    public async IAsyncEnumerable<AttributeDifference> DifferencesAsync(
        MaintenanceGrant grant,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        await foreach (var study in _index.StudiesAsync(cancellationToken))
        {
            if (_keys.Ring.StateOf(study.Key) != KeyState.Held)
            {
                continue;
            }

            var rows = _keys.RowsOf(study.Key);
            var ofStudy = RowDifferences.Of(RowContent.Open(rows, study.Token, study.Sealed));
            if (ofStudy.Count > 0)
            {
                yield return new AttributeDifference(study.Token, null, ofStudy);
            }

            await foreach (var series in _index.SeriesOfAsync(study.Token, cancellationToken))
            {
                var ofSeries = RowDifferences.Of(RowContent.Open(rows, series.Token, series.Sealed));
                if (ofSeries.Count > 0)
                {
                    yield return new AttributeDifference(study.Token, series.Token, ofSeries);
                }
            }
        }
    }

    /// <summary>Discards quarantined content: what is stored stays as it is. Returns when that is durable.</summary>
    /// <param name="grant">Leave to resolve conflicts; what it does not cover is refused.</param>
    /// <param name="reason">Why; sealed with the decision.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else, does not hold or cover it.</exception>
    /// <exception cref="CommitFailedException">It could not be written.</exception>
    public async Task DiscardAsync(
        AccessGrant grant,
        IReadOnlyList<QuarantinedInstance> discarded,
        string reason,
        CancellationToken cancellationToken
    )
    {
        RequireResolve(grant);
        foreach (var ofStudy in discarded.GroupBy(one => one.Study.Study))
        {
            await grant.AuthorizeAsync(ofStudy.First().Study, cancellationToken);
            await _decisions.DecideAsync(
                new Decision
                {
                    DiscardedContents = [.. ofStudy.Select(one => $"{one.Content.Value:x32}")],
                    Reason = reason,
                },
                grant.Identity.Key,
                cancellationToken
            );
            await grant.RecordOutcomeAsync(ofStudy.First().Study, ofStudy.Count(), 0, cancellationToken);
        }
    }

    /// <summary>
    /// Deletes instances of a study, or the study: they are no longer found, and no rebuild brings them back. Sent again,
    /// they are new.
    /// </summary>
    /// <param name="grant">Leave to resolve conflicts.</param>
    /// <param name="instances">Null: the study whole; else which, as far as it has them.</param>
    /// <returns>False: there is no such study that the grant covers.</returns>
    /// <inheritdoc cref="DiscardAsync" />
    public async Task<bool> DeleteAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        IReadOnlyCollection<SopInstanceUid>? instances,
        string reason,
        CancellationToken cancellationToken
    )
    {
        RequireResolve(grant);
        if (await OpenAsync(grant, study, cancellationToken) is not { } opened)
        {
            return false;
        }

        if (instances is { Count: 0 })
        {
            return true;
        }

        await grant.AuthorizeAsync(opened.Facts, cancellationToken);
        await _decisions.DecideAsync(
            study,
            new Decision
            {
                Deletes = [.. (instances ?? []).Select(one => new DecidedInstance("", one.Value))],
                Reason = reason,
            },
            grant.Identity.Key,
            cancellationToken
        );
        await grant.RecordOutcomeAsync(
            opened.Facts,
            instances?.Count ?? opened.Row.InstanceCount,
            0,
            cancellationToken
        );
        return true;
    }

    private static void RequireResolve(AccessGrant grant)
    {
        if (grant.Operation is not Operation.ResolveConflict)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
    }

    private async ValueTask<OpenedStudy?> OpenAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        CancellationToken cancellationToken
    ) =>
        await _index.FindStudyAsync(_keys.Of(study), cancellationToken) is { } row
            ? _opener.OpenStudyForRecords(grant, row)
            : null;
}

/// <summary>Quarantined content, as a list shows it.</summary>
public sealed record QuarantinedInstance(
    Token Content,
    ConflictReason Reason,
    StudyFacts Study,
    SeriesInstanceUid Series,
    SopInstanceUid SopInstance,
    string Source,
    DateTimeOffset ReceivedAt,
    long SealedBytes
)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"quarantined: {Reason}";
}

/// <summary>Attributes in which instances of a study or series differ; the first one's are what a query finds.</summary>
/// <param name="Study">The study's token: whoever may see the study finds it by that.</param>
/// <param name="Series">The series' token; null for attributes of patient and study.</param>
/// <param name="Tags">In which attributes, without their values.</param>
public sealed record AttributeDifference(Token Study, Token? Series, IReadOnlyList<DicomTag> Tags);
