using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// What waits for whoever keeps the records: content that contradicts what is known, and decisions about it. A decision is
/// a record in the packs, so that a rebuild decides the same.
/// </summary>
public sealed class Conflicts
{
    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly GroupCommitter _committer;
    private readonly IndexUpkeep _upkeep;
    private readonly TimeProvider _clock;

    internal Conflicts(IngestContext context) =>
        (_index, _keys, _committer, _upkeep, _clock) = (
            context.Index,
            context.Keys,
            context.Committer,
            context.Upkeep,
            context.Clock
        );

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
    /// <param name="grant">Leave to query.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold.</exception>
    public async IAsyncEnumerable<QuarantinedInstance> ListAsync(
        AccessGrant grant,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (grant.Operation is not Operation.Query)
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
            var facts = new StudyFacts
            {
                Study = uids.Study,
                Patient = descriptor.PatientId is { Length: > 0 } id
                    ? new PatientKey(id, descriptor.Issuer ?? "")
                    : null,
            };
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
    /// <param name="decidedBy">Who decides: the identity's key.</param>
    /// <param name="reason">Why; sealed with the decision.</param>
    /// <exception cref="CommitFailedException">It could not be written.</exception>
    public Task DiscardAsync(
        IReadOnlyList<QuarantinedInstance> discarded,
        string decidedBy,
        string reason,
        CancellationToken cancellationToken
    ) =>
        DecideAsync(
            new Decision
            {
                DiscardedContents = [.. discarded.Select(one => $"{one.Content.Value:x32}")],
                Reason = reason,
            },
            decidedBy,
            cancellationToken
        );

    /// <summary>Deletes instances: they are no longer found, and no rebuild brings them back. Sent again, they are new.</summary>
    /// <inheritdoc cref="DiscardAsync" />
    public Task DeleteAsync(
        IReadOnlyList<SopInstanceUid> instances,
        string decidedBy,
        string reason,
        CancellationToken cancellationToken
    ) =>
        DecideAsync(
            new Decision
            {
                DeletedInstances = [.. instances.Select(one => $"{_keys.Of(one).Value:x32}")],
                Reason = reason,
            },
            decidedBy,
            cancellationToken
        );

    /// <summary>Deletes a study whole.</summary>
    /// <inheritdoc cref="DiscardAsync" />
    public Task DeleteAsync(
        StudyInstanceUid study,
        string decidedBy,
        string reason,
        CancellationToken cancellationToken
    ) =>
        DecideAsync(
            new Decision { DeletedStudy = $"{_keys.Of(study).Value:x32}", Reason = reason },
            decidedBy,
            cancellationToken
        );

    private async Task DecideAsync(Decision decision, string decidedBy, CancellationToken cancellationToken)
    {
        var descriptor = new RecordDescriptor
        {
            Kind = RecordKind.Decision,
            At = _clock.GetUtcNow(),
            Source = decidedBy,
            Decision = decision,
        };
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        using (var sealer = new RecordSealer(_keys.Archive, default, output))
        {
            sealer.Write(RecordRun.Descriptor, descriptor.ToBytes());
            sealer.Complete();
        }

        await _committer.CommitAsync(
            new CommitItem
            {
                Record = new System.Buffers.ReadOnlySequence<byte>(output.WrittenMemory),
                Epoch = await _committer.CurrentEpochAsync(cancellationToken),
                Decide = () => _upkeep.DecideAsync(decision, CancellationToken.None),
            },
            cancellationToken
        );
    }
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
