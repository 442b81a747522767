using System.Collections.Concurrent;
using System.Collections.Immutable;
using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>
/// Questions to the trail of a running archive. Files are read from the newest to the oldest, until the answer is full, the
/// time asked for is reached, or <see cref="EntriesMax"/> entries were looked at; of a file that is no longer written to,
/// it is remembered by 32-bit hashes of whom and what it is about, so that it is read again only when it may bear on a
/// question. One question at a time reads. Each is itself recorded first.
/// </summary>
public sealed class TrailQueries : IDisposable
{
    /// <summary>The most entries that are looked at for one question.</summary>
    public const int EntriesMax = 1_000_000;

    private const int LimitMax = 10_000;
    private const int SightingsMax = 1_000;
    private const int RememberedMax = 512;

    private static readonly TimeSpan OneLook = TimeSpan.FromHours(1);

    private static readonly AuditEvent[] Looks =
    [
        AuditEvent.BeginTransferringInstances,
        AuditEvent.InstancesAccessed,
        AuditEvent.Export,
    ];

    private readonly TrailReader _reader;
    private readonly Trail _trail;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly ConcurrentDictionary<uint, FileDigest> _remembered = new();

    /// <param name="folder">The folder <c>trail/</c>.</param>
    /// <param name="master">The archive's master key; it stays its owner's to dispose of.</param>
    /// <param name="trail">The trail that is written there.</param>
    public TrailQueries(IDurableFolder folder, MasterKey master, Trail trail)
    {
        _reader = new TrailReader(folder, master);
        _trail = trail;
    }

    /// <summary>Reads entries, patients and studies included.</summary>
    /// <param name="reading">Leave to read the trail.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    public async ValueTask<TrailAnswer> ReadAsync(
        AccessGrant reading,
        TrailQuestion question,
        CancellationToken cancellationToken
    )
    {
        _trail.WriteSums();
        await reading.RecordActAsync(
            Operation.ReadTrail,
            AccessActs.TrailRead("trail") with
            {
                Patient = question.Patient,
                Study = question.Study,
            },
            cancellationToken
        );
        return await FindAsync(question with { Limit = Math.Clamp(question.Limit, 1, LimitMax) }, cancellationToken);
    }

    /// <summary>
    /// Who saw a study. Whoever reads the trail learns all; a radiologist, or who keeps the records, learns names and
    /// times for a study that their grant covers.
    /// </summary>
    /// <param name="grant">Leave to read the trail, or to query.</param>
    /// <param name="study">The study.</param>
    /// <exception cref="AccessRefusedException">The grant is not one of these or does not hold, or the trail fails.</exception>
    public async ValueTask<SeenBy> SeenByAsync(AccessGrant grant, StudyFacts study, CancellationToken cancellationToken)
    {
        var readsTrail = grant.Operation is Operation.ReadTrail;
        if (!readsTrail && !(MaySeeNames(grant.Identity) && grant.Covers(study)))
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
        await grant.RecordActAsync(
            readsTrail ? Operation.ReadTrail : Operation.Query,
            AccessActs.TrailRead("who saw the study") with
            {
                Patient = study.Patient,
                Study = study.Study,
            },
            cancellationToken
        );
        var answer = await FindAsync(
            new TrailQuestion
            {
                Study = study.Study,
                Events = [.. Looks],
                Limit = LimitMax,
            },
            cancellationToken
        );
        return new SeenBy([.. Sum(answer.Entries, readsTrail).Take(SightingsMax)], answer.IsCut);
    }

    /// <summary>Whether <see cref="SeenByAsync"/> answers this identity at all; for showing a link.</summary>
    public static bool MaySeeNames(Identity identity) =>
        identity is PersonIdentity { SessionKind: SessionKind.Pages } person
        && (person.Roles.Contains(Role.Radiologist) || person.Roles.Contains(Role.Records));

    /// <inheritdoc/>
    public void Dispose() => _reading.Dispose();

    private static IEnumerable<Sighting> Sum(ImmutableArray<TrailEntry> newestFirst, bool withAddress)
    {
        var sums = new List<Sighting>();
        var open = new Dictionary<(string, Operation?, AccessBasis?, string?), int>();
        foreach (var entry in newestFirst.Where(entry => entry.Event.Refusal is null))
        {
            var address = withAddress ? entry.Event.Address : null;
            var key = (entry.Event.Who, entry.Event.Operation, entry.Event.Basis, address);
            if (open.TryGetValue(key, out var at) && sums[at].Last - entry.At < OneLook)
            {
                sums[at] = sums[at] with { First = entry.At, Count = sums[at].Count + 1 };
                continue;
            }
            open[key] = sums.Count;
            sums.Add(
                new Sighting(
                    entry.Event.Who,
                    entry.At,
                    entry.At,
                    entry.Event.Operation,
                    entry.Event.Basis,
                    address,
                    Count: 1
                )
            );
        }
        return sums;
    }

    private async ValueTask<TrailAnswer> FindAsync(TrailQuestion question, CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Find(question, cancellationToken), cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or SealingException)
        {
            throw new AccessRefusedException(RefusalReason.TrailUnavailable, failure);
        }
        finally
        {
            _reading.Release();
        }
    }

    private TrailAnswer Find(TrailQuestion question, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<TrailEntry>();
        var (looked, abandonedFrom, isNewest) = (0, long.MaxValue, true);
        foreach (var number in _reader.NewestFirst())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isNewest && _remembered.TryGetValue(number, out var known) && !known.MayBear(question))
            {
                abandonedFrom = known.FirstSequence;
                continue;
            }
            var entries = _reader.ReadFile(number, ref abandonedFrom);
            if (!isNewest)
            {
                Remember(number, entries, abandonedFrom);
            }
            isNewest = false;
            looked += entries.Count;
            for (var i = entries.Count - 1; i >= 0; i--)
            {
                if (!question.Asks(entries[i]))
                {
                    continue;
                }
                if (found.Count == question.Limit)
                {
                    return new TrailAnswer(found.ToImmutable(), IsCut: true);
                }
                found.Add(entries[i]);
            }
            if (entries is [{ At: var first }, ..] && first < question.Since)
            {
                break;
            }
            if (looked >= EntriesMax)
            {
                return new TrailAnswer(found.ToImmutable(), IsCut: true);
            }
        }
        return new TrailAnswer(found.ToImmutable(), IsCut: false);
    }

    private void Remember(uint number, List<TrailEntry> entries, long firstSequence)
    {
        // A file whose end another took over may still be found damaged and be read otherwise: only a whole one is kept.
        if (firstSequence == long.MaxValue || entries.Count == 0)
        {
            return;
        }
        if (_remembered.Count >= RememberedMax && !_remembered.ContainsKey(number))
        {
            _remembered.TryRemove(_remembered.Keys.Min(), out _);
        }
        _remembered[number] = FileDigest.Of(entries, firstSequence);
    }

    /// <summary>Whom and what a file is about, by hashes that differ with each start of the program.</summary>
    private sealed record FileDigest(long FirstSequence, DateTimeOffset From, DateTimeOffset To, HashSet<int> About)
    {
        public static FileDigest Of(List<TrailEntry> entries, long firstSequence)
        {
            var about = new HashSet<int>();
            foreach (var entry in entries)
            {
                about.Add(HashCode.Combine(entry.Event.Who));
                if (entry.Event.Study is { } study)
                {
                    about.Add(HashCode.Combine(study));
                }
                if (entry.Event.Patient is { } patient)
                {
                    about.Add(HashCode.Combine(patient));
                }
            }
            about.TrimExcess();
            return new FileDigest(firstSequence, entries.Min(entry => entry.At), entries.Max(entry => entry.At), about);
        }

        public bool MayBear(TrailQuestion question) =>
            (question.Since is null || To >= question.Since)
            && (question.Until is null || From < question.Until)
            && (question.Who is not { } who || About.Contains(HashCode.Combine(who)))
            && (question.Study is not { } study || About.Contains(HashCode.Combine(study)))
            && (question.Patient is not { } patient || About.Contains(HashCode.Combine(patient)));
    }
}
