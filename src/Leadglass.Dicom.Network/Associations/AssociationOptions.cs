namespace Leadglass.Dicom.Network;

/// <summary>What both sides of an association have in common.</summary>
public record AssociationOptions
{
    /// <summary>Limits of the upper layer.</summary>
    public PduLimits PduLimits { get; init; } = PduLimits.Default;

    /// <summary>Limits of DIMSE messages.</summary>
    public DimseLimits DimseLimits { get; init; } = DimseLimits.Default;

    /// <summary>How long a peer may keep us waiting.</summary>
    public AssociationTimers Timers { get; init; } = AssociationTimers.Default;

    /// <summary>Limits for identifiers, action and event information.</summary>
    public ReadLimits ReadLimits { get; init; } = ReadLimits.Default;

    /// <summary>Operations performed at a time when the peer asks for an asynchronous operations window; 1 to 32.</summary>
    public ushort OperationsPerformedMax
    {
        get;
        init =>
            field = value is >= 1 and <= 32
                ? value
                : throw new ArgumentOutOfRangeException(nameof(OperationsPerformedMax), value, "1 to 32 at a time");
    } = 8;

    /// <summary>Implementation Class UID (PS3.7 D.3.3.2).</summary>
    public string ImplementationClassUid { get; init; } = FileMetaInformation.ImplementationClassUid;

    /// <summary>Implementation Version Name, up to 16 characters (PS3.7 D.3.3.2).</summary>
    public string ImplementationVersionName { get; init; } = FileMetaInformation.ImplementationVersionName;
}

/// <summary>How associations are accepted.</summary>
public sealed record AcceptorOptions : AssociationOptions
{
    /// <summary>When set, requests that call anybody else are rejected.</summary>
    public AeTitle? RequiredCalledAeTitle { get; init; }
}

/// <summary>How an association is asked for.</summary>
public sealed record RequestorOptions : AssociationOptions
{
    /// <summary>Who we say we are.</summary>
    public required AeTitle CallingAeTitle { get; init; }

    /// <summary>Whom we call.</summary>
    public required AeTitle CalledAeTitle { get; init; }

    /// <summary>What we propose; at most 128. <see cref="PresentationContextPlan"/> makes groups of them.</summary>
    public required IReadOnlyList<ProposedPresentationContext> PresentationContexts { get; init; }

    /// <summary>Roles other than SCU that we propose, as C-GET needs them for storage classes.</summary>
    public IReadOnlyList<RoleSelection> RoleSelections { get; init; } = [];

    /// <summary>SOP Class Extended Negotiation.</summary>
    public IReadOnlyList<ExtendedNegotiation> ExtendedNegotiations { get; init; } = [];

    /// <summary>SOP Class Common Extended Negotiation.</summary>
    public IReadOnlyList<CommonExtendedNegotiation> CommonExtendedNegotiations { get; init; } = [];

    /// <summary>Who our user is.</summary>
    public UserIdentity? UserIdentity { get; init; }

    /// <summary>Operations that we would like to have outstanding; 1 asks for no window.</summary>
    public ushort OperationsInvokedMax { get; init; } = 1;
}
