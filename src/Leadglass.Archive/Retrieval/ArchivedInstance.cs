using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>An instance that the archive holds and a grant covers.</summary>
public sealed class ArchivedInstance
{
    private ArchivedInstance(
        StudyFacts facts,
        SeriesInstanceUid series,
        SopInstanceUid sopInstance,
        SopClassUid sopClass,
        TransferSyntax syntax,
        Token token,
        BlobLocation location
    )
    {
        (Facts, Series, SopInstance, SopClass, TransferSyntax) = (facts, series, sopInstance, sopClass, syntax);
        (Token, Location) = (token, location);
    }

    /// <summary>The study and the part of it that this belongs to.</summary>
    public StudyFacts Facts { get; }

    /// <summary>The series that it belongs to.</summary>
    public SeriesInstanceUid Series { get; }

    /// <summary>Its SOP Instance UID.</summary>
    public SopInstanceUid SopInstance { get; }

    /// <summary>Its SOP Class UID.</summary>
    public SopClassUid SopClass { get; }

    /// <summary>As it is stored.</summary>
    public TransferSyntax TransferSyntax { get; }

    /// <summary>Whose what leaves is; null where it is as it came.</summary>
    internal PatientCorrection? Correction { get; private init; }

    /// <summary>The decisions that this selection knew of.</summary>
    internal long Decisions { get; private init; }

    internal Token Token { get; }

    internal BlobLocation Location { get; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";

    /// <summary>The number of its frames by its row: Number of Frames (0028,0008), 1 without it.</summary>
    public int FrameCount { get; private init; }

    internal static ArchivedInstance Of(InstanceRow row, DataSet content, OpenedSeries series, long decisions) =>
        SopInstanceUid.TryParse(content.GetString(DicomTag.SOPInstanceUID), out var instance)
        && SopClassUid.TryParse(content.GetString(DicomTag.SOPClassUID), out var sopClass)
        && TransferSyntax.Find(content.GetString(DicomTag.AvailableTransferSyntaxUID) ?? "") is { } syntax
        && SeriesInstanceUid.TryParse(series.Content.GetString(DicomTag.SeriesInstanceUID), out var seriesUid)
            ? new ArchivedInstance(series.Facts, seriesUid, instance, sopClass, syntax, row.Token, row.Location)
            {
                Correction = series.Correction,
                Decisions = decisions,
                FrameCount = (int)Math.Clamp(content.GetInt64(DicomTag.NumberOfFrames) ?? 1, 1, int.MaxValue),
            }
            : throw new IndexDamagedException("an instance's row lacks its UIDs: rebuild the index");
}
