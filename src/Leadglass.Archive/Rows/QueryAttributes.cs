using System.Collections.Frozen;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Which attributes the index keeps of patient, study, series and instance, and so which a query can match and return
/// (PS3.4 C.6.1.1, C.6.2.1). The conformance statement lists them.
/// </summary>
internal static class QueryAttributes
{
    /// <summary>Patient attributes, kept with each study.</summary>
    public static IReadOnlyList<DicomTag> Patient { get; } =
    [
        DicomTag.PatientName,
        DicomTag.PatientID,
        DicomTag.IssuerOfPatientID,
        DicomTag.PatientBirthDate,
        DicomTag.PatientBirthTime,
        DicomTag.PatientSex,
        DicomTag.OtherPatientIDs,
        DicomTag.OtherPatientNames,
        DicomTag.EthnicGroup,
        DicomTag.PatientComments,
    ];

    /// <summary>Study attributes.</summary>
    public static IReadOnlyList<DicomTag> Study { get; } =
    [
        DicomTag.StudyDate,
        DicomTag.StudyTime,
        DicomTag.AccessionNumber,
        DicomTag.IssuerOfAccessionNumberSequence,
        DicomTag.TimezoneOffsetFromUTC,
        DicomTag.ReferringPhysicianName,
        DicomTag.ReferringPhysicianIdentificationSequence,
        DicomTag.StudyDescription,
        DicomTag.ProcedureCodeSequence,
        DicomTag.NameOfPhysiciansReadingStudy,
        DicomTag.AdmittingDiagnosesDescription,
        DicomTag.PatientAge,
        DicomTag.PatientSize,
        DicomTag.PatientWeight,
        DicomTag.Occupation,
        DicomTag.AdditionalPatientHistory,
        DicomTag.StudyInstanceUID,
        DicomTag.StudyID,
    ];

    /// <summary>Series attributes.</summary>
    public static IReadOnlyList<DicomTag> Series { get; } =
    [
        DicomTag.SeriesDate,
        DicomTag.SeriesTime,
        DicomTag.Modality,
        DicomTag.Manufacturer,
        DicomTag.InstitutionName,
        DicomTag.StationName,
        DicomTag.SeriesDescription,
        DicomTag.InstitutionalDepartmentName,
        DicomTag.PerformingPhysicianName,
        DicomTag.OperatorsName,
        DicomTag.ManufacturerModelName,
        DicomTag.BodyPartExamined,
        DicomTag.ProtocolName,
        DicomTag.PatientPosition,
        DicomTag.SeriesInstanceUID,
        DicomTag.SeriesNumber,
        DicomTag.FrameOfReferenceUID,
        DicomTag.Laterality,
        DicomTag.PerformedProcedureStepStartDate,
        DicomTag.PerformedProcedureStepStartTime,
        DicomTag.PerformedProcedureStepID,
        DicomTag.PerformedProcedureStepDescription,
        DicomTag.RequestAttributesSequence,
    ];

    /// <summary>Instance attributes; few, since there are many instances.</summary>
    public static IReadOnlyList<DicomTag> Instance { get; } =
    [
        DicomTag.SOPClassUID,
        DicomTag.SOPInstanceUID,
        DicomTag.InstanceNumber,
        DicomTag.ContentDate,
        DicomTag.ContentTime,
        DicomTag.AcquisitionNumber,
        DicomTag.NumberOfFrames,
        DicomTag.Rows,
        DicomTag.Columns,
        DicomTag.BitsAllocated,
        DicomTag.ConceptNameCodeSequence,
        DicomTag.CompletionFlag,
        DicomTag.VerificationFlag,
        DicomTag.ContentLabel,
        DicomTag.ContentDescription,
    ];

    /// <summary>Counted or gathered when asked for.</summary>
    public static IReadOnlyList<DicomTag> Computed { get; } =
    [
        DicomTag.ModalitiesInStudy,
        DicomTag.SOPClassesInStudy,
        DicomTag.NumberOfPatientRelatedStudies,
        DicomTag.NumberOfPatientRelatedSeries,
        DicomTag.NumberOfPatientRelatedInstances,
        DicomTag.NumberOfStudyRelatedSeries,
        DicomTag.NumberOfStudyRelatedInstances,
        DicomTag.NumberOfSeriesRelatedInstances,
        DicomTag.AvailableTransferSyntaxUID,
        DicomTag.InstanceAvailability,
        DicomTag.RetrieveAETitle,
    ];

    /// <summary>At which level an attribute is kept; null for what is not.</summary>
    public static QueryLevel? LevelOf(DicomTag tag) => Levels.TryGetValue(tag, out var level) ? level : null;

    /// <summary>All that is kept or counted for an answer of a level.</summary>
    public static IEnumerable<DicomTag> UpTo(QueryLevel level) =>
        Levels.Where(pair => pair.Value <= level).Select(pair => pair.Key);

    private static FrozenDictionary<DicomTag, QueryLevel> Levels { get; } =
        new (QueryLevel Level, IReadOnlyList<DicomTag> Tags)[]
        {
            (QueryLevel.Patient, Patient),
            (QueryLevel.Study, Study),
            (QueryLevel.Series, Series),
            (QueryLevel.Image, Instance),
            (
                QueryLevel.Patient,
                [
                    DicomTag.NumberOfPatientRelatedStudies,
                    DicomTag.NumberOfPatientRelatedSeries,
                    DicomTag.NumberOfPatientRelatedInstances,
                ]
            ),
            (
                QueryLevel.Study,
                [
                    DicomTag.ModalitiesInStudy,
                    DicomTag.SOPClassesInStudy,
                    DicomTag.NumberOfStudyRelatedSeries,
                    DicomTag.NumberOfStudyRelatedInstances,
                ]
            ),
            (QueryLevel.Series, [DicomTag.NumberOfSeriesRelatedInstances]),
            (QueryLevel.Image, [DicomTag.AvailableTransferSyntaxUID]),
        }
            .SelectMany(kept => kept.Tags.Select(tag => (tag, kept.Level)))
            .ToFrozenDictionary(pair => pair.tag, pair => pair.Level);
}

/// <summary>The levels of the query information models (PS3.4 C.6.1.1, C.6.2.1), topmost first.</summary>
public enum QueryLevel
{
    Patient,
    Study,
    Series,
    Image,
}
