using System.Buffers;
using System.Collections.Concurrent;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Server.Associations;

/// <summary>An instance on its way from an association into the archive.</summary>
internal sealed class ArrivingInstance(IncomingInstance instance, AccessGrant grant, StoreTally tally)
    : IIncomingInstance
{
    public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken) =>
        instance.WriteAsync(fragment, cancellationToken);

    public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
    {
        await using (instance)
        {
            var outcome = await instance.CompleteAsync(cancellationToken);
            tally.Count(grant, outcome);
            return new DimseStatus(outcome.Status, outcome.Comment);
        }
    }

    public ValueTask AbandonAsync() => instance.DisposeAsync();
}

/// <summary>Counts per device and study what an association stored, for the trail: an edge brings what several stored.</summary>
internal sealed class StoreTally
{
    // An association that stores more studies than this has the rest told by the record that precedes each study.
    private const int StudiesMax = 1_000;

    private static readonly TimeSpan Due = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Who, StudyInstanceUid Study), Entry> _studies = new();
    private DateTimeOffset? _since;

    public void Count(AccessGrant grant, IngestOutcome outcome)
    {
        if (outcome.Study is not { } study)
        {
            return;
        }

        var key = (grant.Identity.Key, study.Study);
        if (_studies.Count >= StudiesMax && !_studies.ContainsKey(key))
        {
            return;
        }

        var isKept = outcome.Result is not IngestResult.Refused;
        _studies.AddOrUpdate(
            key,
            _ => new Entry(grant, study, isKept ? 1 : 0, isKept ? 0 : 1),
            (_, entry) =>
                entry with
                {
                    Stored = entry.Stored + (isKept ? 1 : 0),
                    Failed = entry.Failed + (isKept ? 0 : 1),
                }
        );
    }

    /// <summary>Writes down what became of each study.</summary>
    public async Task RecordAsync(CancellationToken cancel)
    {
        foreach (var key in _studies.Keys)
        {
            if (_studies.TryRemove(key, out var entry))
            {
                await entry.Grant.RecordOutcomeAsync(entry.Study, entry.Stored, entry.Failed, cancel);
            }
        }
    }

    /// <summary>The same, once in ten minutes: for an association that stays up for days.</summary>
    public async Task RecordWhenDueAsync(TimeProvider clock, CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        _since ??= now;
        if (now - _since >= Due)
        {
            _since = now;
            await RecordAsync(cancel);
        }
    }

    private sealed record Entry(AccessGrant Grant, StudyFacts Study, int Stored, int Failed);
}
