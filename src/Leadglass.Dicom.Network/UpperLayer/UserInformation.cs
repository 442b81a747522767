namespace Leadglass.Dicom.Network;

/// <summary>The user information item of an association request or accept (PS3.8 9.3.2.3, annex D; PS3.7 annex D.3.3).</summary>
public sealed record UserInformation
{
    /// <summary>
    /// The longest P-DATA-TF PDU that the sender of this item takes, in bytes without the header of 6; 0 for any length;
    /// null when the item is absent (PS3.8 D.1).
    /// </summary>
    public uint? PduLengthBytesMax { get; init; }

    /// <summary>Implementation Class UID (PS3.7 D.3.3.2); empty when absent.</summary>
    public string ImplementationClassUid { get; init; } = "";

    /// <summary>Implementation Version Name, up to 16 characters (PS3.7 D.3.3.2); null when absent.</summary>
    public string? ImplementationVersionName { get; init; }

    /// <summary>How many operations may be outstanding; null means one each way (PS3.7 D.3.3.3).</summary>
    public AsynchronousOperationsWindow? AsynchronousOperationsWindow { get; init; }

    /// <summary>Who may be SCU and SCP of a SOP class (PS3.7 D.3.3.4).</summary>
    public IReadOnlyList<RoleSelection> RoleSelections { get; init; } = [];

    /// <summary>SOP Class Extended Negotiation (PS3.7 D.3.3.5).</summary>
    public IReadOnlyList<ExtendedNegotiation> ExtendedNegotiations { get; init; } = [];

    /// <summary>SOP Class Common Extended Negotiation; requests only (PS3.7 D.3.3.6).</summary>
    public IReadOnlyList<CommonExtendedNegotiation> CommonExtendedNegotiations { get; init; } = [];

    /// <summary>Who the user is; requests only (PS3.7 D.3.3.7).</summary>
    public UserIdentity? UserIdentity { get; init; }

    /// <summary>The server's response to the user identity; accepts only; null when absent (PS3.7 D.3.3.7.2).</summary>
    public ReadOnlyMemory<byte>? UserIdentityResponse { get; init; }
}

/// <summary>Outstanding operations (PS3.7 D.3.3.3); 0 stands for any number.</summary>
/// <param name="OperationsInvokedMax">How many the sender of the item may invoke.</param>
/// <param name="OperationsPerformedMax">How many it performs at a time.</param>
public readonly record struct AsynchronousOperationsWindow(ushort OperationsInvokedMax, ushort OperationsPerformedMax);

/// <summary>The roles of the association's requestor for one SOP class (PS3.7 D.3.3.4).</summary>
/// <param name="SopClassUid">The SOP class.</param>
/// <param name="RequestorIsScu">The requestor is an SCU.</param>
/// <param name="RequestorIsScp">The requestor is an SCP.</param>
public sealed record RoleSelection(string SopClassUid, bool RequestorIsScu, bool RequestorIsScp);

/// <summary>What a service class negotiates for one SOP class (PS3.7 D.3.3.5).</summary>
/// <param name="SopClassUid">The SOP class.</param>
/// <param name="ServiceClassApplicationInformation">Bytes whose meaning the service class defines.</param>
public sealed record ExtendedNegotiation(string SopClassUid, ReadOnlyMemory<byte> ServiceClassApplicationInformation);

/// <summary>To which service class a SOP class belongs and which general ones it is related to (PS3.7 D.3.3.6).</summary>
/// <param name="SopClassUid">The SOP class, a private one perhaps.</param>
/// <param name="ServiceClassUid">Its service class.</param>
/// <param name="RelatedGeneralSopClassUids">SOP classes as which it may be treated.</param>
public sealed record CommonExtendedNegotiation(
    string SopClassUid,
    string ServiceClassUid,
    IReadOnlyList<string> RelatedGeneralSopClassUids
);

/// <summary>Who the user of the requestor is (PS3.7 D.3.3.7.1). Reveals nothing when printed.</summary>
public sealed class UserIdentity
{
    /// <summary>The kind of identity.</summary>
    public required UserIdentityType Type { get; init; }

    /// <summary>The requestor wants an answer in the accept.</summary>
    public bool PositiveResponseRequested { get; init; }

    /// <summary>The user name, ticket, assertion or token.</summary>
    public required ReadOnlyMemory<byte> PrimaryField { get; init; }

    /// <summary>The passcode; empty for all other types.</summary>
    public ReadOnlyMemory<byte> SecondaryField { get; init; }

    /// <summary>The type only.</summary>
    public override string ToString() => $"{Type}";
}
