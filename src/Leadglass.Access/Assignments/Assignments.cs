using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>
/// Which patients and studies are assigned to which referrer: sealed in <c>state/assignments/</c>. A change is durable
/// when it returns and counts at the next use of a grant. Safe for concurrent use.
/// </summary>
public sealed class Assignments : IDisposable
{
    /// <summary>The most assignments of one archive.</summary>
    public const int AssignmentsMax = 500_000;

    /// <summary>The most assignments of one account.</summary>
    public const int PerAccountMax = 10_000;

    private static readonly ShardPlan<Assignment> Plan = new(
        "assignments",
        Shards: 256,
        AssignmentsMax,
        assignment => assignment.Id,
        assignment => assignment.AccountId,
        AssignmentJson.Default.ShardDocumentAssignment
    );

    private static readonly ImmutableDictionary<Target, Assignment> None = ImmutableDictionary<
        Target,
        Assignment
    >.Empty;

    private readonly SealedShards<Assignment> _shards;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ImmutableDictionary<string, ImmutableDictionary<Target, Assignment>> _byAccount;

    private Assignments(SealedShards<Assignment> shards, TimeProvider clock)
    {
        _shards = shards;
        _clock = clock;
        _byAccount = shards
            .All.GroupBy(assignment => assignment.AccountId)
            .ToImmutableDictionary(
                group => group.Key,
                group => None.SetItems(group.Select(one => KeyValuePair.Create(Target.Of(one), one)))
            );
    }

    /// <summary>Opens the assignments of an archive; where there are none yet, it is empty.</summary>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">Its content is of another version or breaks a rule.</exception>
    public static async ValueTask<Assignments> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    ) => new(await SealedShards<Assignment>.OpenAsync(state, master, Plan, forgiving: false, cancellationToken), clock);

    /// <summary>What is assigned to an account now.</summary>
    /// <param name="accountId">Whose account.</param>
    public IReadOnlyList<Assignment> Of(string accountId)
    {
        var now = _clock.GetUtcNow();
        return [.. OfAccount(accountId).Values.Where(assignment => assignment.Holds(now))];
    }

    /// <summary>What is assigned to an account now, as far as the grant reaches it; recorded before it is told.</summary>
    /// <param name="assigning">Leave to assign.</param>
    /// <param name="accountId">Whose account.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    public async ValueTask<IReadOnlyList<Assignment>> ListAsync(
        AccessGrant assigning,
        string accountId,
        CancellationToken cancellationToken
    )
    {
        await assigning.RecordActAsync(
            Operation.Assign,
            AccessActs.Account($"assignments of account {accountId} listed") with
            {
                Action = Trails.AuditAction.Read,
            },
            cancellationToken
        );
        return [.. Of(accountId).Where(assignment => IsInReach(assigning, assignment))];
    }

    /// <summary>The assignment of this id, as far as the grant reaches it; null: there is none.</summary>
    /// <param name="assigning">Leave to assign.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold.</exception>
    public Assignment? Find(AccessGrant assigning, string id)
    {
        assigning.Demand(Operation.Assign);
        return Volatile
            .Read(ref _byAccount)
            .Values.SelectMany(own => own.Values)
            .FirstOrDefault(assignment => assignment.Id == id && IsInReach(assigning, assignment));
    }

    /// <summary>To whom a study is assigned, by itself or with its patient; for the study's page.</summary>
    /// <param name="assigning">Leave to assign that covers the study.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold.</exception>
    public IReadOnlyList<Assignment> Of(AccessGrant assigning, StudyFacts study)
    {
        assigning.Demand(Operation.Assign);
        if (!assigning.Covers(study))
        {
            return [];
        }
        var now = _clock.GetUtcNow();
        var byStudy = new Target(null, study.Study.Value);
        var byPatient = new Target(study.Patient, null);
        return
        [
            .. Volatile
                .Read(ref _byAccount)
                .Values.SelectMany(own => new[] { own.GetValueOrDefault(byStudy), own.GetValueOrDefault(byPatient) })
                .OfType<Assignment>()
                .Where(assignment => assignment.Holds(now)),
        ];
    }

    /// <summary>Assigns a study, or its patient, to an account, once the trail has it.</summary>
    /// <param name="assigning">Leave to assign.</param>
    /// <param name="study">The study, or one of the patient's.</param>
    /// <param name="accountId">To whom.</param>
    /// <param name="wholePatient">True: the patient with all studies now and later; false: this study only.</param>
    /// <param name="until">From when on it counts no more; null: until it is taken back.</param>
    /// <exception cref="AccessRefusedException">The grant does not hold or cover the study, or the trail fails.</exception>
    /// <exception cref="StateException">The patient has no ID, or there are too many.</exception>
    public async ValueTask<Assignment> AssignAsync(
        AccessGrant assigning,
        StudyFacts study,
        string accountId,
        bool wholePatient,
        DateTimeOffset? until,
        CancellationToken cancellationToken
    )
    {
        assigning.Demand(Operation.Assign);
        if (wholePatient && study.Patient is null)
        {
            throw new StateException("the study names no patient: assign the study itself");
        }
        await assigning.AuthorizeAsync(study, cancellationToken);
        var made = wholePatient ? Assignment.Of(accountId, study.Patient!) : Assignment.Of(accountId, study.Study);
        return await AddAsync(assigning, made with { Until = until }, cancellationToken);
    }

    /// <summary>
    /// Assigns a patient by ID, whether or not there are studies yet: for the hospital's system. Only identities that
    /// reach all patients may.
    /// </summary>
    /// <exception cref="AccessRefusedException">The grant does not hold or reach the patient, or the trail fails.</exception>
    /// <exception cref="StateException">The patient has no ID, or there are too many.</exception>
    public ValueTask<Assignment> AssignAsync(
        AccessGrant assigning,
        PatientKey patient,
        string accountId,
        DateTimeOffset? until,
        CancellationToken cancellationToken
    )
    {
        assigning.Demand(Operation.Assign);
        if (!assigning.ReachesPatient(patient))
        {
            throw new AccessRefusedException(RefusalReason.OutOfScope);
        }
        return patient is { PatientId: { Length: > 0 and <= 256 }, Issuer.Length: <= 256 }
            ? AddAsync(assigning, Assignment.Of(accountId, patient) with { Until = until }, cancellationToken)
            : throw new StateException("a Patient ID has 1 to 256 characters");
    }

    /// <summary>Takes an assignment back; it counts no more when it returns.</summary>
    /// <param name="assigning">Leave to assign.</param>
    /// <exception cref="AccessRefusedException">
    /// The grant is for something else, does not reach it or does not hold, or the trail fails.
    /// </exception>
    public async ValueTask TakeBackAsync(
        AccessGrant assigning,
        Assignment assignment,
        CancellationToken cancellationToken
    )
    {
        assigning.Demand(Operation.Assign);
        if (!IsInReach(assigning, assignment))
        {
            throw new AccessRefusedException(RefusalReason.OutOfScope);
        }
        await assigning.RecordActAsync(
            Operation.Assign,
            AccessActs.Object(assignment, $"taken back from account {assignment.AccountId}"),
            cancellationToken
        );
        await ChangeAsync([], [assignment], cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    /// <summary>Whether the study is assigned to the account, by itself or with its patient.</summary>
    internal bool Covers(string accountId, StudyFacts study)
    {
        var own = OfAccount(accountId);
        if (own.IsEmpty)
        {
            return false;
        }
        var now = _clock.GetUtcNow();
        return (own.TryGetValue(new Target(null, study.Study.Value), out var byStudy) && byStudy.Holds(now))
            || (
                study.Patient is not null
                && own.TryGetValue(new Target(study.Patient, null), out var byPatient)
                && byPatient.Holds(now)
            );
    }

    private static bool IsInReach(AccessGrant assigning, Assignment assignment) =>
        assigning.ReachesEverything || (assignment.Patient is { } patient && assigning.ReachesPatient(patient));

    private ImmutableDictionary<Target, Assignment> OfAccount(string accountId) =>
        Volatile.Read(ref _byAccount).GetValueOrDefault(accountId, None);

    private async ValueTask<Assignment> AddAsync(
        AccessGrant assigning,
        Assignment assignment,
        CancellationToken cancellationToken
    )
    {
        var made = assignment with { By = assigning.Identity.Key, At = _clock.GetUtcNow() };
        await assigning.RecordActAsync(
            Operation.Assign,
            AccessActs.Object(made, $"assigned to account {made.AccountId}"),
            cancellationToken
        );
        await ChangeAsync([made], [], cancellationToken);
        return made;
    }

    private async ValueTask ChangeAsync(
        List<Assignment> put,
        List<Assignment> removed,
        CancellationToken cancellationToken
    )
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var accountId = put.Concat(removed).First().AccountId;
            var before = OfAccount(accountId);
            var now = _clock.GetUtcNow();
            // What is over makes room, and the same target is assigned once.
            removed.AddRange(before.Values.Where(known => !known.Holds(now)));
            removed.AddRange(put.Select(Target.Of).Where(before.ContainsKey).Select(target => before[target]));
            var after = before
                .RemoveRange(removed.Select(Target.Of))
                .SetItems(put.Select(one => KeyValuePair.Create(Target.Of(one), one)));
            if (after.Count > PerAccountMax && put.Count > 0)
            {
                throw new StateException($"an account has at most {PerAccountMax} assignments: give the patient's end");
            }
            _shards.Write(put, removed);
            Volatile.Write(ref _byAccount, _byAccount.SetItem(accountId, after));
        }
        finally
        {
            _gate.Release();
        }
    }

    private sealed record Target(PatientKey? Patient, string? Study)
    {
        public static Target Of(Assignment assignment) => new(assignment.Patient, assignment.Study);

        public override string ToString() => "target";
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8)]
[JsonSerializable(typeof(ShardDocument<Assignment>))]
internal sealed partial class AssignmentJson : JsonSerializerContext;
