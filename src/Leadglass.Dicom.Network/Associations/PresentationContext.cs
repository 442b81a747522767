namespace Leadglass.Dicom.Network;

/// <summary>An accepted presentation context: a SOP class, its encoding, and who may be what.</summary>
/// <param name="Id">An odd number from 1 to 255.</param>
/// <param name="AbstractSyntaxUid">The SOP class.</param>
/// <param name="TransferSyntax">The encoding of its data sets.</param>
/// <param name="RequestorIsScu">The association's requestor may be the SCU; so it is by default.</param>
/// <param name="RequestorIsScp">The association's requestor may be the SCP, as C-GET and reversed reports need it.</param>
public sealed record PresentationContext(
    byte Id,
    string AbstractSyntaxUid,
    TransferSyntax TransferSyntax,
    bool RequestorIsScu = true,
    bool RequestorIsScp = false
);
