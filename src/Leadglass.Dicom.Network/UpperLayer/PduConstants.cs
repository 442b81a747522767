namespace Leadglass.Dicom.Network;

/// <summary>Numbers and names of PS3.8 that both directions share.</summary>
internal static class PduConstants
{
    /// <summary>PS3.7 A.2.1: the DICOM Application Context Name.</summary>
    public const string DicomApplicationContextName = "1.2.840.10008.3.1.1.1";

    /// <summary>Type, a reserved byte, and a length of 4 bytes.</summary>
    public const int HeaderLength = 6;

    /// <summary>Length of 4 bytes, presentation context id and message control header (PS3.8 9.3.5.1, E.2).</summary>
    public const int PdvHeaderLength = 6;

    /// <summary>What an A-ASSOCIATE-RQ or -AC has before its items (PS3.8 9.3.2).</summary>
    public const int AssociateFixedLength = 68;

    /// <summary>The body of RJ, release and abort PDUs.</summary>
    public const int ShortBodyLength = 4;

    public const byte ApplicationContextItem = 0x10;
    public const byte ProposedPresentationContextItem = 0x20;
    public const byte AnsweredPresentationContextItem = 0x21;
    public const byte AbstractSyntaxItem = 0x30;
    public const byte TransferSyntaxItem = 0x40;
    public const byte UserInformationItem = 0x50;
    public const byte MaximumLengthItem = 0x51;
    public const byte ImplementationClassUidItem = 0x52;
    public const byte AsynchronousOperationsWindowItem = 0x53;
    public const byte RoleSelectionItem = 0x54;
    public const byte ImplementationVersionNameItem = 0x55;
    public const byte ExtendedNegotiationItem = 0x56;
    public const byte CommonExtendedNegotiationItem = 0x57;
    public const byte UserIdentityRequestItem = 0x58;
    public const byte UserIdentityAcceptItem = 0x59;

    public const int AeTitleLength = 16;
    public const int UidLengthMax = 64;
    public const int PresentationContextsMax = 128;
}
