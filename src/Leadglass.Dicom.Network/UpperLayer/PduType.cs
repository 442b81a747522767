namespace Leadglass.Dicom.Network;

/// <summary>The type of a protocol data unit, its first byte (PS3.8 9.3).</summary>
public enum PduType : byte
{
    AAssociateRequest = 0x01,
    AAssociateAccept = 0x02,
    AAssociateReject = 0x03,
    PDataTf = 0x04,
    AReleaseRequest = 0x05,
    AReleaseResponse = 0x06,
    AAbort = 0x07,
}

/// <summary>Whether a rejection may be tried again (PS3.8 Table 9-21).</summary>
public enum RejectResult : byte
{
    Permanent = 1,
    Transient = 2,
}

/// <summary>Who rejected an association (PS3.8 Table 9-21).</summary>
public enum RejectSource : byte
{
    ServiceUser = 1,
    ServiceProviderAcse = 2,
    ServiceProviderPresentation = 3,
}

/// <summary>Who aborted an association (PS3.8 Table 9-26).</summary>
public enum AbortSource : byte
{
    ServiceUser = 0,
    ServiceProvider = 2,
}

/// <summary>Why the upper layer aborted an association; not significant when its user did (PS3.8 Table 9-26).</summary>
public enum AbortReason : byte
{
    NotSpecified = 0,
    UnrecognizedPdu = 1,
    UnexpectedPdu = 2,
    UnrecognizedPduParameter = 4,
    UnexpectedPduParameter = 5,
    InvalidPduParameterValue = 6,
}

/// <summary>The answer to one proposed presentation context (PS3.8 Table 9-18).</summary>
public enum PresentationContextResult : byte
{
    Acceptance = 0,
    UserRejection = 1,
    NoReason = 2,
    AbstractSyntaxNotSupported = 3,
    TransferSyntaxesNotSupported = 4,
}

/// <summary>How a requestor says who its user is (PS3.8 D.3.3.7.1, PS3.7 D.3.3.7).</summary>
public enum UserIdentityType : byte
{
    Username = 1,
    UsernameAndPasscode = 2,
    Kerberos = 3,
    Saml = 4,
    JsonWebToken = 5,
}
