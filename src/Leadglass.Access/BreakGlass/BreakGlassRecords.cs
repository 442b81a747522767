using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>
/// Patients opened in an emergency: sealed in <c>state/breakglass/</c>. One patient, one hour, a reason, an alarm, and a
/// review by who reads the trail. Safe for concurrent use.
/// </summary>
public sealed class BreakGlassRecords : IDisposable
{
    /// <summary>The most records that are kept; reviewed ones make room first. The trail keeps all.</summary>
    public const int RecordsMax = 20_000;

    /// <summary>The most patients that one person opens within a day.</summary>
    public const int PerDayMax = 20;

    /// <summary>The fewest and the most characters of a reason.</summary>
    public const int ReasonLengthMin = 10;

    /// <inheritdoc cref="ReasonLengthMin"/>
    public const int ReasonLengthMax = 500;

    private static readonly ShardPlan<BreakGlassRecord> Plan = new(
        "breakglass",
        Shards: 64,
        RecordsMax,
        record => record.Id,
        record => record.AccountId,
        BreakGlassJson.Default.ShardDocumentBreakGlassRecord
    );

    private readonly RecordStore<BreakGlassRecord> _store;
    private readonly TimeProvider _clock;

    // What is asked at each use of a grant: records that are not over yet.
    private ImmutableList<BreakGlassRecord> _live;

    private BreakGlassRecords(RecordStore<BreakGlassRecord> store, TimeProvider clock)
    {
        _store = store;
        _clock = clock;
        _live = LiveOf(store.Current.Values);
    }

    /// <summary>How long a patient stays open: an hour.</summary>
    public static TimeSpan Duration { get; } = TimeSpan.FromHours(1);

    /// <summary>Raised after a patient was opened.</summary>
    public event EventHandler<BreakGlassEventArgs>? Opened;

    /// <summary>How many nobody reviewed.</summary>
    public int Unreviewed => _store.Current.Values.Count(record => record.ReviewedAt is null);

    /// <summary>Opens the records of an archive; where there are none yet, it is empty.</summary>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">Its content is of another version or breaks a rule.</exception>
    public static async ValueTask<BreakGlassRecords> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    ) =>
        new(
            await RecordStore<BreakGlassRecord>.OpenAsync(state, master, Plan, forgiving: false, cancellationToken),
            clock
        );

    /// <summary>Opens a patient for an hour, once the trail has it; durable when it returns.</summary>
    /// <param name="breaking">Leave to break the glass.</param>
    /// <param name="reason">Why, 10 to 500 characters.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">The patient or the reason is not as it has to be, or it was too often today.</exception>
    public async ValueTask<BreakGlassRecord> OpenPatientAsync(
        AccessGrant breaking,
        PatientKey patient,
        string reason,
        CancellationToken cancellationToken
    )
    {
        breaking.Demand(Operation.BreakGlass);
        if (breaking.Identity is not PersonIdentity person)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
        var given = reason.Trim();
        if (given.Length is < ReasonLengthMin or > ReasonLengthMax)
        {
            throw new StateException($"give a reason of {ReasonLengthMin} to {ReasonLengthMax} characters");
        }
        if (patient is not { PatientId: { Length: > 0 and <= 256 }, Issuer.Length: <= 256 })
        {
            throw new StateException("a Patient ID has 1 to 256 characters");
        }
        var now = _clock.GetUtcNow();
        ThrowIfTooOften(_store.Current.Values, person.AccountId, now);
        var record = new BreakGlassRecord
        {
            Id = AccessSecret.NewId(),
            AccountId = person.AccountId,
            Who = person.Name,
            Patient = patient,
            Reason = given,
            OpenedAt = now,
            Until = now + Duration,
        };
        await breaking.RecordActAsync(Operation.BreakGlass, AccessActs.GlassBroken(record), cancellationToken);
        // Counted again where changes are one after the other: many at the same time are no more than the limit.
        await ChangeAsync(
            record,
            records => ThrowIfTooOften(records, person.AccountId, record.OpenedAt),
            cancellationToken
        );
        Opened?.Invoke(this, new BreakGlassEventArgs(record));
        return record;
    }

    /// <summary>All records, those that nobody reviewed first, then the newest.</summary>
    /// <param name="reading">Leave to read the trail.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    public async ValueTask<IReadOnlyList<BreakGlassRecord>> ListAsync(
        AccessGrant reading,
        CancellationToken cancellationToken
    )
    {
        await reading.RecordActAsync(Operation.ReadTrail, AccessActs.TrailRead("break-glass"), cancellationToken);
        return
        [
            .. _store
                .Current.Values.OrderBy(record => record.ReviewedAt is not null)
                .ThenByDescending(record => record.OpenedAt),
        ];
    }

    /// <summary>What a person has open now, for the person's own pages.</summary>
    public IReadOnlyList<BreakGlassRecord> OpenOf(PersonIdentity person)
    {
        var now = _clock.GetUtcNow();
        return
        [
            .. Volatile.Read(ref _live).Where(record => record.AccountId == person.AccountId && now < record.Until),
        ];
    }

    /// <summary>Notes a review. Nobody reviews what they opened themselves.</summary>
    /// <param name="reading">Leave to read the trail.</param>
    /// <param name="finding">What the review found, at most 500 characters.</param>
    /// <exception cref="AccessRefusedException">The grant is of who opened, or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such record, or it is reviewed.</exception>
    public async ValueTask<BreakGlassRecord> ReviewAsync(
        AccessGrant reading,
        string id,
        string? finding,
        CancellationToken cancellationToken
    )
    {
        var record = _store.Current.GetValueOrDefault(id) ?? throw new StateException("there is no such record");
        reading.DemandAnother(Operation.ReadTrail, PersonIdentity.LastingKeyOf(record.AccountId));
        if (record.ReviewedAt is not null)
        {
            throw new StateException("it was reviewed");
        }
        if (finding is { Length: > ReasonLengthMax })
        {
            throw new StateException($"a finding has at most {ReasonLengthMax} characters");
        }
        await reading.RecordActAsync(Operation.ReadTrail, AccessActs.GlassReviewed(record, finding), cancellationToken);
        var reviewed = record with
        {
            ReviewedBy = reading.Identity.Key,
            ReviewedAt = _clock.GetUtcNow(),
            Finding = finding,
        };
        await ChangeAsync(reviewed, static _ => { }, cancellationToken);
        return reviewed;
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    internal bool Covers(string accountId, StudyFacts study)
    {
        if (study.Patient is null)
        {
            return false;
        }
        var now = _clock.GetUtcNow();
        return Volatile
            .Read(ref _live)
            .Exists(record => record.AccountId == accountId && record.Patient == study.Patient && now < record.Until);
    }

    private static void ThrowIfTooOften(IEnumerable<BreakGlassRecord> records, string accountId, DateTimeOffset now)
    {
        var today = records.Count(record =>
            record.AccountId == accountId && record.OpenedAt > now - TimeSpan.FromDays(1)
        );
        if (today >= PerDayMax)
        {
            throw new StateException(
                $"{PerDayMax} patients were opened within a day: ask the data-protection officer to review them"
            );
        }
    }

    private ImmutableList<BreakGlassRecord> LiveOf(IEnumerable<BreakGlassRecord> records)
    {
        var now = _clock.GetUtcNow();
        return [.. records.Where(record => now < record.Until)];
    }

    private async ValueTask ChangeAsync(
        BreakGlassRecord record,
        Action<IEnumerable<BreakGlassRecord>> check,
        CancellationToken cancellationToken
    )
    {
        await _store.ChangeAsync(
            records =>
            {
                check(records.Values);
                var room =
                    records.Count < RecordsMax
                        ? []
                        : records
                            .Values.Where(known => known.Until < record.OpenedAt)
                            .OrderBy(known => known.ReviewedAt is null)
                            .ThenBy(known => known.OpenedAt)
                            .Take(1)
                            .ToList();
                return new RecordChange<BreakGlassRecord, BreakGlassRecord>([record], room, record);
            },
            cancellationToken
        );
        Volatile.Write(ref _live, LiveOf(_store.Current.Values));
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8)]
[JsonSerializable(typeof(ShardDocument<BreakGlassRecord>))]
internal sealed partial class BreakGlassJson : JsonSerializerContext;
