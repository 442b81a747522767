namespace Leadglass.Dicom;

/// <summary>One entry of a DICOMDIR (PS3.3 F.3.2.2): a patient, a study, a series, an image or another object.</summary>
public sealed class DirectoryRecord
{
    private readonly List<DirectoryRecord> _children = [];

    internal DirectoryRecord(DataSet attributes)
    {
        Attributes = attributes;
        Type = attributes.GetString(DicomTag.DirectoryRecordType) ?? "";
        ReferencedFile = FileId.TryParse(attributes.GetStrings(DicomTag.ReferencedFileID), out var file) ? file : null;
        HasUnusableFileId = ReferencedFile is null && attributes.GetString(DicomTag.ReferencedFileID) is not null;
    }

    /// <summary>The record's keys, and its links.</summary>
    public DataSet Attributes { get; }

    /// <summary>PATIENT, STUDY, SERIES, IMAGE... (PS3.3 F.5); empty where the record does not say.</summary>
    public string Type { get; }

    /// <summary>The file that it stands for; null for those that stand for none.</summary>
    public FileId? ReferencedFile { get; }

    /// <summary>It names a file, in a way that cannot be followed without leaving the folder or that is none.</summary>
    public bool HasUnusableFileId { get; }

    public string? ReferencedSopClassUid => Attributes.GetString(DicomTag.ReferencedSOPClassUIDInFile);

    public string? ReferencedSopInstanceUid => Attributes.GetString(DicomTag.ReferencedSOPInstanceUIDInFile);

    public string? ReferencedTransferSyntaxUid => Attributes.GetString(DicomTag.ReferencedTransferSyntaxUIDInFile);

    /// <summary>The records of its lower-level directory entity, in order.</summary>
    public IReadOnlyList<DirectoryRecord> Children => _children;

    /// <summary>Its kind, and nothing of its keys.</summary>
    public override string ToString() => $"{nameof(DirectoryRecord)} with {_children.Count} below it";

    internal void Add(DirectoryRecord child) => _children.Add(child);
}
