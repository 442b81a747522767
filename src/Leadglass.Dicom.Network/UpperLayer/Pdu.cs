namespace Leadglass.Dicom.Network;

/// <summary>A protocol data unit of the upper layer (PS3.8 9.3). P-DATA-TF is read in place and has no object of its own.</summary>
public abstract record Pdu
{
    private protected Pdu() { }

    /// <summary>The first byte of the unit.</summary>
    public abstract PduType Type { get; }
}

/// <summary>A-ASSOCIATE-RQ (PS3.8 9.3.2): a peer asks for an association.</summary>
public sealed record AAssociateRequest : Pdu
{
    /// <inheritdoc/>
    public override PduType Type => PduType.AAssociateRequest;

    /// <summary>Bit 0 stands for version 1, the only one there is.</summary>
    public ushort ProtocolVersion { get; init; } = 1;

    /// <summary>Up to 16 characters without leading and trailing spaces; not checked for what PS3.5 6.2 allows.</summary>
    public required string CalledAeTitle { get; init; }

    /// <summary>Up to 16 characters without leading and trailing spaces; not checked for what PS3.5 6.2 allows.</summary>
    public required string CallingAeTitle { get; init; }

    /// <summary>The application context name; PS3.7 A.2.1 knows one.</summary>
    public string ApplicationContextName { get; init; } = PduConstants.DicomApplicationContextName;

    /// <summary>What the requestor proposes, in its order.</summary>
    public IReadOnlyList<ProposedPresentationContext> PresentationContexts { get; init; } = [];

    /// <summary>The user information items of PS3.8 annex D and PS3.7 annex D.</summary>
    public UserInformation UserInformation { get; init; } = new();
}

/// <summary>One proposed presentation context (PS3.8 9.3.2.2).</summary>
/// <param name="Id">An odd number from 1 to 255, unique within the association.</param>
/// <param name="AbstractSyntaxUid">The SOP class.</param>
/// <param name="TransferSyntaxUids">The encodings offered, at least one.</param>
public sealed record ProposedPresentationContext(
    byte Id,
    string AbstractSyntaxUid,
    IReadOnlyList<string> TransferSyntaxUids
);

/// <summary>A-ASSOCIATE-AC (PS3.8 9.3.3): the association is there.</summary>
public sealed record AAssociateAccept : Pdu
{
    /// <inheritdoc/>
    public override PduType Type => PduType.AAssociateAccept;

    /// <summary>Bit 0 stands for version 1, the only one there is.</summary>
    public ushort ProtocolVersion { get; init; } = 1;

    /// <summary>The field that repeats the called AE title of the request; not tested on receipt.</summary>
    public required string CalledAeTitle { get; init; }

    /// <summary>The field that repeats the calling AE title of the request; not tested on receipt.</summary>
    public required string CallingAeTitle { get; init; }

    /// <summary>The application context name; PS3.7 A.2.1 knows one.</summary>
    public string ApplicationContextName { get; init; } = PduConstants.DicomApplicationContextName;

    /// <summary>The answer to each proposed context.</summary>
    public IReadOnlyList<AnsweredPresentationContext> PresentationContexts { get; init; } = [];

    /// <summary>The user information items of PS3.8 annex D and PS3.7 annex D.</summary>
    public UserInformation UserInformation { get; init; } = new();
}

/// <summary>The answer to one proposed presentation context (PS3.8 9.3.3.2).</summary>
/// <param name="Id">The number in the request.</param>
/// <param name="Result">Accepted, or why not.</param>
/// <param name="TransferSyntaxUid">The chosen encoding; not significant unless accepted.</param>
public sealed record AnsweredPresentationContext(byte Id, PresentationContextResult Result, string TransferSyntaxUid);

/// <summary>A-ASSOCIATE-RJ (PS3.8 9.3.4).</summary>
/// <param name="Result">Permanent or transient.</param>
/// <param name="Source">Who rejects.</param>
/// <param name="Reason">The reason, whose meaning depends on the source (PS3.8 Table 9-21).</param>
public sealed record AAssociateReject(RejectResult Result, RejectSource Source, byte Reason) : Pdu
{
    /// <inheritdoc/>
    public override PduType Type => PduType.AAssociateReject;

    /// <summary>The user gives no reason.</summary>
    public static AAssociateReject NoReason { get; } = new(RejectResult.Permanent, RejectSource.ServiceUser, 1);

    /// <summary>Another application context than that of DICOM was asked for.</summary>
    public static AAssociateReject ApplicationContextNameNotSupported { get; } =
        new(RejectResult.Permanent, RejectSource.ServiceUser, 2);

    /// <summary>The caller is not known, or not the one its certificate names.</summary>
    public static AAssociateReject CallingAeTitleNotRecognized { get; } =
        new(RejectResult.Permanent, RejectSource.ServiceUser, 3);

    /// <summary>Nobody of the called name is here.</summary>
    public static AAssociateReject CalledAeTitleNotRecognized { get; } =
        new(RejectResult.Permanent, RejectSource.ServiceUser, 7);

    /// <summary>The provider (ACSE) gives no reason.</summary>
    public static AAssociateReject NoReasonOfProvider { get; } =
        new(RejectResult.Permanent, RejectSource.ServiceProviderAcse, 1);

    /// <summary>Bit 0 of the protocol version is not set.</summary>
    public static AAssociateReject ProtocolVersionNotSupported { get; } =
        new(RejectResult.Permanent, RejectSource.ServiceProviderAcse, 2);

    /// <summary>Too busy just now.</summary>
    public static AAssociateReject TemporaryCongestion { get; } =
        new(RejectResult.Transient, RejectSource.ServiceProviderPresentation, 1);

    /// <summary>As many associations as are allowed.</summary>
    public static AAssociateReject LocalLimitExceeded { get; } =
        new(RejectResult.Transient, RejectSource.ServiceProviderPresentation, 2);
}

/// <summary>A-RELEASE-RQ (PS3.8 9.3.6).</summary>
public sealed record AReleaseRequest : Pdu
{
    /// <inheritdoc/>
    public override PduType Type => PduType.AReleaseRequest;
}

/// <summary>A-RELEASE-RP (PS3.8 9.3.7).</summary>
public sealed record AReleaseResponse : Pdu
{
    /// <inheritdoc/>
    public override PduType Type => PduType.AReleaseResponse;
}

/// <summary>A-ABORT (PS3.8 9.3.8).</summary>
/// <param name="Source">Who aborts.</param>
/// <param name="Reason">Why; 0 unless the service provider aborts.</param>
public sealed record AAbort(AbortSource Source, AbortReason Reason) : Pdu
{
    /// <inheritdoc/>
    public override PduType Type => PduType.AAbort;
}
