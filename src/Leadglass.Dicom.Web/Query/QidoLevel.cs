namespace Leadglass.Dicom.Web;

/// <summary>What a search finds (PS3.18 10.6.1).</summary>
public enum QidoLevel
{
    Studies,
    Series,
    Instances,
}

/// <summary>What every answer of a level has, as far as it is known (PS3.18 Tables 10.6.3-3 to 10.6.3-5).</summary>
public static class QidoAttributes
{
    private static readonly DicomTag[] Studies =
    [
        DicomTag.StudyDate,
        DicomTag.StudyTime,
        DicomTag.AccessionNumber,
        DicomTag.InstanceAvailability,
        DicomTag.ModalitiesInStudy,
        DicomTag.ReferringPhysicianName,
        DicomTag.TimezoneOffsetFromUTC,
        DicomTag.PatientName,
        DicomTag.PatientID,
        DicomTag.PatientBirthDate,
        DicomTag.PatientSex,
        DicomTag.StudyInstanceUID,
        DicomTag.StudyID,
        DicomTag.NumberOfStudyRelatedSeries,
        DicomTag.NumberOfStudyRelatedInstances,
    ];

    private static readonly DicomTag[] Series =
    [
        DicomTag.InstanceAvailability,
        DicomTag.Modality,
        DicomTag.TimezoneOffsetFromUTC,
        DicomTag.SeriesDescription,
        DicomTag.SeriesInstanceUID,
        DicomTag.SeriesNumber,
        DicomTag.NumberOfSeriesRelatedInstances,
        DicomTag.PerformedProcedureStepStartDate,
        DicomTag.PerformedProcedureStepStartTime,
        DicomTag.RequestAttributesSequence,
    ];

    private static readonly DicomTag[] Instances =
    [
        DicomTag.SOPClassUID,
        DicomTag.SOPInstanceUID,
        DicomTag.InstanceAvailability,
        DicomTag.TimezoneOffsetFromUTC,
        DicomTag.InstanceNumber,
        DicomTag.Rows,
        DicomTag.Columns,
        DicomTag.BitsAllocated,
        DicomTag.NumberOfFrames,
    ];

    // With an empty value where nothing is known (type 2 of PS3.4 C.2.2.1.3); the others are left out.
    private static readonly HashSet<DicomTag> AlsoEmpty =
    [
        DicomTag.StudyDate,
        DicomTag.StudyTime,
        DicomTag.AccessionNumber,
        DicomTag.ModalitiesInStudy,
        DicomTag.ReferringPhysicianName,
        DicomTag.PatientName,
        DicomTag.PatientID,
        DicomTag.PatientBirthDate,
        DicomTag.PatientSex,
        DicomTag.StudyID,
        DicomTag.Modality,
        DicomTag.SeriesNumber,
        DicomTag.InstanceNumber,
    ];

    /// <summary>The attributes of a level; with those of the levels above it when the path names none of these.</summary>
    /// <param name="level">What is searched.</param>
    /// <param name="hasStudy">The path names the study.</param>
    /// <param name="hasSeries">The path names the series.</param>
    public static IReadOnlyList<DicomTag> Required(QidoLevel level, bool hasStudy, bool hasSeries) =>
        level switch
        {
            QidoLevel.Studies => Studies,
            QidoLevel.Series => hasStudy ? Series : [.. Studies, .. Series],
            _ => [.. hasStudy ? [] : Studies, .. hasSeries ? [] : Series, .. Instances],
        };

    /// <summary>Whether an attribute of the tables is returned though nothing is known of it.</summary>
    public static bool IsReturnedEmpty(DicomTag tag) => AlsoEmpty.Contains(tag);
}
