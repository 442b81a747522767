using Leadglass.Access.Trails;

namespace Leadglass.Access;

/// <summary>
/// Leave for one identity to do one operation, for minutes. <see cref="AccessPolicy"/> alone makes it. It is no record and
/// no struct and is never serialised, so that it can be neither copied with changes nor made out of bytes. Each use asks
/// the policy again whether what it rests on still holds. Safe for concurrent use.
/// </summary>
public sealed class AccessGrant
{
    private readonly AccessPolicy _policy;

    private AccessGrant(AccessPolicy policy, Identity identity, Operation operation, Device? destination)
    {
        _policy = policy;
        Identity = identity;
        Operation = operation;
        Destination = destination;
        IssuedAt = policy.Clock.GetUtcNow();
        ValidUntil = IssuedAt + AccessPolicy.GrantValidity;
    }

    /// <summary>Who may.</summary>
    public Identity Identity { get; }

    /// <summary>What they may.</summary>
    public Operation Operation { get; }

    /// <summary>To where, for <see cref="Operation.Move"/>; else null.</summary>
    public Device? Destination { get; }

    /// <summary>When the policy gave it.</summary>
    public DateTimeOffset IssuedAt { get; }

    /// <summary>From then on it is refused; <see cref="AccessPolicy.Renew"/> gives a fresh one.</summary>
    public DateTimeOffset ValidUntil { get; }

    /// <summary>Null while it is valid; otherwise why it is not.</summary>
    public RefusalReason? Voided => _policy.WhyVoid(this);

    /// <summary>Whether it is valid now and the study, or the part of it, lies in its scope.</summary>
    public bool Covers(StudyFacts study) => Voided is null && InScope(study);

    /// <summary>
    /// To be awaited before the first byte of a study is released, or the first instance of it is acknowledged. Returns
    /// when the grant is valid, covers the study, and a record of it is durable in the trail; within minutes of that
    /// record it returns at once, so it may be called for every instance.
    /// </summary>
    /// <exception cref="AccessRefusedException">One of these does not hold, or the trail fails.</exception>
    public ValueTask AuthorizeAsync(StudyFacts study, CancellationToken cancellationToken)
    {
        ThrowIfVoid();
        if (!InScope(study))
        {
            _policy.NoteRefusal(this, RefusalReason.OutOfScope);
            throw new AccessRefusedException(RefusalReason.OutOfScope);
        }
        return _policy.RecordStudyAsync(this, study, cancellationToken);
    }

    /// <summary>
    /// To be awaited before the first answer to a query. Returns when the grant is valid and a record of the query is
    /// durable in the trail; the same query of the same identity within minutes returns at once.
    /// </summary>
    /// <param name="query">The keys and values asked for, as the trail shall show them; sealed there.</param>
    /// <exception cref="AccessRefusedException">The grant does not hold, or the trail fails.</exception>
    public ValueTask AuthorizeQueryAsync(string query, CancellationToken cancellationToken)
    {
        ThrowIfVoid();
        return _policy.RecordQueryAsync(this, query, cancellationToken);
    }

    /// <summary>Records what became of the operation, once per study and operation at its end.</summary>
    /// <param name="study">The study.</param>
    /// <param name="instances">Instances that went through.</param>
    /// <param name="failures">Instances that did not.</param>
    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    public ValueTask RecordOutcomeAsync(
        StudyFacts study,
        int instances,
        int failures,
        CancellationToken cancellationToken
    ) => _policy.RecordOutcomeAsync(this, study, instances, failures, cancellationToken);

    /// <summary>Whether whoever has this grant may do another thing too: the policy is asked, and records a refusal.</summary>
    public AccessDecision Ask(Operation operation) => _policy.Decide(Identity, operation);

    /// <summary>Whether it reaches every study there is, so that counts over all tell of nothing unseen.</summary>
    public bool ReachesEverything => _policy.ReachesEverything(this);

    /// <summary>For what tells of the archive as a whole; a refusal is recorded.</summary>
    /// <exception cref="AccessRefusedException">There are studies that it does not reach.</exception>
    public void DemandEverything()
    {
        ThrowIfVoid();
        if (!ReachesEverything)
        {
            _policy.NoteRefusal(this, RefusalReason.RightMissing);
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
    }

    /// <summary>
    /// The studies that it may reach at most, for a search that would otherwise look at all of them; null: all.
    /// <see cref="Covers"/> decides all the same.
    /// </summary>
    public StudyReach? Reach => _policy.ReachOf(this);

    /// <inheritdoc/>
    public override string ToString() => $"{Operation} for {Identity}";

    /// <summary>Whether it reaches all studies of a patient, those to come as well.</summary>
    internal bool ReachesPatient(PatientKey patient) => Voided is null && _policy.ReachesPatient(this, patient);

    /// <exception cref="AccessRefusedException">It is for another operation, or does not hold.</exception>
    internal void Demand(Operation operation)
    {
        if (Operation != operation)
        {
            _policy.NoteRefusal(this, RefusalReason.RightMissing);
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
        ThrowIfVoid();
    }

    /// <param name="operation">What it has to be for.</param>
    /// <param name="notOf">Whose it must not be: <see cref="Identity.LastingKey"/>.</param>
    /// <exception cref="AccessRefusedException">It is for another operation, of this very identity, or does not hold.</exception>
    internal void DemandAnother(Operation operation, params ReadOnlySpan<string> notOf)
    {
        Demand(operation);
        if (notOf.Contains(Identity.LastingKey) && Identity is not OperatorIdentity { MayConfirm: true })
        {
            _policy.NoteRefusal(this, RefusalReason.SamePerson);
            throw new AccessRefusedException(RefusalReason.SamePerson);
        }
    }

    /// <summary>Records an act that is no transfer, as who does it; returns when it is durable.</summary>
    /// <exception cref="AccessRefusedException">It is for another operation, or does not hold, or the trail fails.</exception>
    internal ValueTask RecordActAsync(Operation operation, TrailEvent act, CancellationToken cancellationToken)
    {
        Demand(operation);
        return _policy.RecordActAsync(
            act with
            {
                Who = Identity.Key,
                Address = Identity.Address?.ToString(),
                Through = (Identity as DeviceIdentity)?.Through?.Name,
                Operation = operation,
            },
            cancellationToken
        );
    }

    /// <summary>For <see cref="AccessPolicy"/> alone; an architecture test holds that.</summary>
    internal static AccessGrant Issue(
        AccessPolicy policy,
        Identity identity,
        Operation operation,
        Device? destination
    ) => new(policy, identity, operation, destination);

    private bool InScope(StudyFacts study) =>
        _policy.BasisOf(this, study, out _) && (Destination is null || Destination.Scope.Covers(study));

    private void ThrowIfVoid()
    {
        if (Voided is { } reason)
        {
            _policy.NoteRefusal(this, reason);
            throw new AccessRefusedException(reason);
        }
    }
}

/// <summary>Upkeep that reads ciphertext and structure but releases nothing.</summary>
public enum MaintenanceTask
{
    /// <summary>Comparing what comes in with what is there.</summary>
    Ingest,

    /// <summary>Recovery at start.</summary>
    Recover,

    /// <summary>Checking every record against its seals.</summary>
    Verify,

    /// <summary>Making the index from packs, keyring and state.</summary>
    RebuildIndex,

    /// <summary>Copying the archive elsewhere, as it is.</summary>
    Backup,
}

/// <summary>
/// Leave for upkeep. It is no <see cref="AccessGrant"/> and converts to none, so nothing that releases data takes it.
/// </summary>
public sealed class MaintenanceGrant
{
    private MaintenanceGrant(MaintenanceTask task) => Task = task;

    /// <summary>For what.</summary>
    public MaintenanceTask Task { get; }

    /// <inheritdoc/>
    public override string ToString() => $"maintenance: {Task}";

    /// <summary>For <see cref="AccessPolicy"/> alone; an architecture test holds that.</summary>
    internal static MaintenanceGrant Issue(MaintenanceTask task) => new(task);
}
