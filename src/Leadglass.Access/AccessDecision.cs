namespace Leadglass.Access;

/// <summary>What the policy answers to a request: a closed union.</summary>
public abstract record AccessDecision
{
    private AccessDecision() { }

    /// <summary>Yes, within the grant.</summary>
    public sealed record Granted(AccessGrant Grant) : AccessDecision;

    /// <summary>No.</summary>
    public sealed record Refused(RefusalReason Reason) : AccessDecision;
}

/// <summary>Whether the peer of a connection is known: a closed union.</summary>
public abstract record Identification
{
    private Identification() { }

    /// <summary>A device whose certificate holds.</summary>
    public sealed record Known(DeviceIdentity Identity) : Identification;

    /// <summary>A stranger, or a device whose certificate does not hold.</summary>
    public sealed record Refused(RefusalReason Reason) : Identification;
}

/// <summary>
/// A grant was used beyond what it grants, after access was withdrawn, or while the trail cannot be written. Nothing was
/// released.
/// </summary>
public sealed class AccessRefusedException(RefusalReason reason, Exception? cause = null)
    : Exception($"Access refused: {reason}.", cause)
{
    /// <summary>Why.</summary>
    public RefusalReason Reason { get; } = reason;
}
