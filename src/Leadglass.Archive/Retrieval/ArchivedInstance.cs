using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>An instance that the archive holds and a grant covers.</summary>
public sealed class ArchivedInstance
{
    private ArchivedInstance(
        StudyFacts facts,
        SopInstanceUid sopInstance,
        SopClassUid sopClass,
        TransferSyntax syntax,
        Token token,
        BlobLocation location
    )
    {
        (Facts, SopInstance, SopClass, TransferSyntax) = (facts, sopInstance, sopClass, syntax);
        (Token, Location) = (token, location);
    }

    /// <summary>The study and the part of it that this belongs to.</summary>
    public StudyFacts Facts { get; }

    /// <summary>Its SOP Instance UID.</summary>
    public SopInstanceUid SopInstance { get; }

    /// <summary>Its SOP Class UID.</summary>
    public SopClassUid SopClass { get; }

    /// <summary>As it is stored.</summary>
    public TransferSyntax TransferSyntax { get; }

    internal Token Token { get; }

    internal BlobLocation Location { get; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";

    internal static ArchivedInstance Of(InstanceRow row, DataSet content, StudyFacts facts) =>
        SopInstanceUid.TryParse(content.GetString(DicomTag.SOPInstanceUID), out var instance)
        && SopClassUid.TryParse(content.GetString(DicomTag.SOPClassUID), out var sopClass)
        && TransferSyntax.Find(content.GetString(DicomTag.AvailableTransferSyntaxUID) ?? "") is { } syntax
            ? new ArchivedInstance(facts, instance, sopClass, syntax, row.Token, row.Location)
            : throw new IndexDamagedException("an instance's row lacks its UIDs: rebuild the index");
}
