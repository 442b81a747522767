namespace Leadglass.Dicom;

/// <summary>What stands before the data set of a file: group 0002 (PS3.10 7.1).</summary>
public sealed class FileMetaInformation
{
    /// <summary>Made of a UUID (PS3.5 B.2); names this implementation in files and associations.</summary>
    public const string ImplementationClassUid = "2.25.147697689628975968999221914314979712867";

    /// <summary>Names this implementation's version, 16 characters at most.</summary>
    public const string ImplementationVersionName = "LEADGLASS_0_1";

    internal FileMetaInformation(DataSet attributes) => Attributes = attributes;

    /// <summary>The attributes of group 0002, as read.</summary>
    public DataSet Attributes { get; }

    /// <summary>(0002,0002); null when absent or malformed.</summary>
    public SopClassUid? MediaStorageSopClassUid =>
        SopClassUid.TryParse(Attributes.GetString(DicomTag.MediaStorageSOPClassUID), out var uid) ? uid : null;

    /// <summary>(0002,0003); null when absent or malformed.</summary>
    public SopInstanceUid? MediaStorageSopInstanceUid =>
        SopInstanceUid.TryParse(Attributes.GetString(DicomTag.MediaStorageSOPInstanceUID), out var uid) ? uid : null;

    /// <summary>(0002,0010) as text; null when absent.</summary>
    public string? TransferSyntaxUid => Attributes.GetString(DicomTag.TransferSyntaxUID)?.Trim();

    /// <summary>New meta information of this implementation for an instance.</summary>
    public static FileMetaInformation Create(
        SopClassUid sopClass,
        SopInstanceUid sopInstance,
        TransferSyntax syntax,
        AeTitle? source = null
    )
    {
        var attributes = new DataSet();
        attributes.SetBytes(
            DicomTag.FileMetaInformationVersion,
            ValueRepresentation.OB,
            new ReadOnlyMemory<byte>([0, 1])
        );
        attributes.SetString(DicomTag.MediaStorageSOPClassUID, sopClass.Value);
        attributes.SetString(DicomTag.MediaStorageSOPInstanceUID, sopInstance.Value);
        attributes.SetString(DicomTag.TransferSyntaxUID, syntax.Uid);
        attributes.SetString(DicomTag.ImplementationClassUID, ImplementationClassUid);
        attributes.SetString(DicomTag.ImplementationVersionName, ImplementationVersionName);
        if (source is { } title)
        {
            attributes.SetString(DicomTag.SourceApplicationEntityTitle, title.Value);
        }

        var length = DataSetWriter.Count(attributes, TransferSyntax.ExplicitVrLittleEndian);
        attributes.SetUInt32(DicomTag.FileMetaInformationGroupLength, (uint)length);
        return new FileMetaInformation(attributes);
    }

    /// <summary>How many attributes there are, and nothing of their values.</summary>
    public override string ToString() => $"{nameof(FileMetaInformation)} of {Attributes.Count} attributes";
}
