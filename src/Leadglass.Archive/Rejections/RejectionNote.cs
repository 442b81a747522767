using System.Collections.Immutable;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// A Key Object Selection Document whose title says that it rejects what it names (IHE RAD TF-3 4.66, PS3.3 A.35.4).
/// </summary>
/// <param name="Reason">Its title.</param>
/// <param name="Description">Key Object Description, the text of its content; may be empty.</param>
/// <param name="Instances">What the Current Requested Procedure Evidence Sequence (0040,A375) names.</param>
internal sealed record RejectionNote(
    RejectionReason Reason,
    string Description,
    ImmutableArray<(StudyInstanceUid Study, SopInstanceUid Instance)> Instances
)
{
    private const string CodingScheme = "DCM";

    /// <summary>What a data set rejects; null for any that is no rejection note.</summary>
    public static RejectionNote? Of(DataSet header)
    {
        if (
            header.GetString(DicomTag.SOPClassUID) != SopClasses.KeyObjectSelectionDocumentStorage
            || header.GetItems(DicomTag.ConceptNameCodeSequence) is not [var title, ..]
            || title.GetString(DicomTag.CodingSchemeDesignator) != CodingScheme
            || RejectionReasons.Find(title.GetString(DicomTag.CodeValue)) is not { } reason
        )
        {
            return null;
        }

        var instances = ImmutableArray.CreateBuilder<(StudyInstanceUid, SopInstanceUid)>();
        foreach (var study in header.GetItems(DicomTag.CurrentRequestedProcedureEvidenceSequence))
        {
            if (!StudyInstanceUid.TryParse(study.GetString(DicomTag.StudyInstanceUID), out var uid))
            {
                continue;
            }

            foreach (var item in study.GetItems(DicomTag.ReferencedSeriesSequence).SelectMany(InstancesOf))
            {
                if (SopInstanceUid.TryParse(item.GetString(DicomTag.ReferencedSOPInstanceUID), out var instance))
                {
                    instances.Add((uid, instance));
                }
            }
        }

        return new RejectionNote(reason, DescriptionOf(header), instances.ToImmutable());
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"rejection note {Reason}";

    private static IEnumerable<DataSet> InstancesOf(DataSet series) => series.GetItems(DicomTag.ReferencedSOPSequence);

    private static string DescriptionOf(DataSet header)
    {
        var text =
            header
                .GetItems(DicomTag.ContentSequence)
                .FirstOrDefault(item => item.GetString(DicomTag.ValueType) == "TEXT")
                ?.GetString(DicomTag.TextValue)
            ?? "";
        return text.Length <= Rejections.TextLengthMax ? text : text[..Rejections.TextLengthMax];
    }
}
