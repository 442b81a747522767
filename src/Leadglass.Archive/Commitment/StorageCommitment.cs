using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Storage Commitment Push Model (PS3.4 J): what is confirmed is on stable storage, findable, neither quarantined nor
/// rejected. It opens nothing.
/// </summary>
public sealed class StorageCommitment
{
    /// <summary>Instances that one request may name.</summary>
    public const int InstancesMax = 100_000;

    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;

    internal StorageCommitment(IStudyIndex index, ArchiveKeys keys) => (_index, _keys) = (index, keys);

    /// <summary>Looks each instance up.</summary>
    /// <param name="grant">Leave to store, which includes asking for commitment.</param>
    /// <param name="instances">Referenced SOP Sequence (0008,1199) of the N-ACTION request.</param>
    /// <exception cref="AccessRefusedException">The grant does not hold.</exception>
    public async ValueTask<IReadOnlyList<CommitmentAnswer>> CheckAsync(
        AccessGrant grant,
        IReadOnlyList<ReferencedInstance> instances,
        CancellationToken cancellationToken
    )
    {
        if (grant.Operation is not Operation.Store)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        if (grant.Voided is { } reason)
        {
            throw new AccessRefusedException(reason);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(instances.Count, InstancesMax);
        var contradicted = await ContradictedAsync(_keys.OfDevice(grant.Identity.Key), cancellationToken);
        var answers = new List<CommitmentAnswer>(instances.Count);
        HashSet<ReferencedInstance> named = [];
        foreach (var instance in instances)
        {
            answers.Add(
                new CommitmentAnswer(
                    instance,
                    named.Add(instance)
                        ? await CheckAsync(instance, contradicted, cancellationToken)
                        : CommitmentFailure.DuplicateTransaction
                )
            );
        }

        return answers;
    }

    /// <summary>
    /// UIDs under which this device sent content that waits in quarantine. It may be that content that the device is about
    /// to delete, so none of these is confirmed to it, whatever else is stored under the UID.
    /// </summary>
    private async Task<HashSet<Token>> ContradictedAsync(Token device, CancellationToken cancellationToken)
    {
        HashSet<Token> instances = [];
        await foreach (var row in _index.QuarantinedAsync(cancellationToken))
        {
            if (row.Device == device)
            {
                instances.Add(row.Instance);
            }
        }

        return instances;
    }

    private async ValueTask<CommitmentFailure?> CheckAsync(
        ReferencedInstance instance,
        HashSet<Token> contradicted,
        CancellationToken cancellationToken
    )
    {
        var token = _keys.Of(instance.SopInstance);
        var row = contradicted.Contains(token) ? null : await _index.FindInstanceAsync(token, cancellationToken);
        return row is not { Rejected: null } ? CommitmentFailure.NoSuchObjectInstance
            : row.SopClass != _keys.Of(instance.SopInstance, instance.SopClass)
                ? CommitmentFailure.ClassInstanceConflict
            : null;
    }
}

/// <summary>An instance as a commitment request names it.</summary>
public sealed record ReferencedInstance(SopClassUid SopClass, SopInstanceUid SopInstance)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";
}

/// <summary>What is said of one instance.</summary>
/// <param name="Instance">Which one.</param>
/// <param name="Failure">Null: committed.</param>
public sealed record CommitmentAnswer(ReferencedInstance Instance, CommitmentFailure? Failure);

/// <summary>Failure Reason (0008,1197), PS3.3 C.14.1.1.</summary>
public enum CommitmentFailure : ushort
{
    /// <summary>Processing failure.</summary>
    ProcessingFailure = 0x0110,

    /// <summary>It is not here, or not confirmed since it is quarantined or rejected.</summary>
    NoSuchObjectInstance = 0x0112,

    /// <summary>Resource limitation.</summary>
    ResourceLimitation = 0x0213,

    /// <summary>Its SOP class is not stored here.</summary>
    SopClassNotSupported = 0x0122,

    /// <summary>It is here with another SOP class.</summary>
    ClassInstanceConflict = 0x0119,

    /// <summary>The Transaction UID is in use.</summary>
    DuplicateTransaction = 0x0131,
}
