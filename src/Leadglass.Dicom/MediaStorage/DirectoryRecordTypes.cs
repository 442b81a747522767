namespace Leadglass.Dicom;

/// <summary>Which record a SOP class has in a directory, and with which keys (PS3.3 F.4 and F.5).</summary>
internal static class DirectoryRecordTypes
{
    private const string Storage = "1.2.840.10008.5.1.4.1.1.";

    public static IReadOnlyList<DicomTag> PatientKeys { get; } = [DicomTag.PatientName, DicomTag.PatientID];

    public static IReadOnlyList<DicomTag> StudyKeys { get; } =
    [
        DicomTag.StudyDate,
        DicomTag.StudyTime,
        DicomTag.AccessionNumber,
        DicomTag.StudyDescription,
        DicomTag.StudyInstanceUID,
        DicomTag.StudyID,
    ];

    public static IReadOnlyList<DicomTag> SeriesKeys { get; } =
    [DicomTag.Modality, DicomTag.SeriesInstanceUID, DicomTag.SeriesNumber];

    /// <summary>The type of an instance's record. One that is none of the listed is an image when it has rows, else raw data.</summary>
    public static string Of(string sopClassUid, bool hasRows)
    {
        var suffix = sopClassUid.StartsWith(Storage, StringComparison.Ordinal) ? sopClassUid[Storage.Length..] : "";
        return suffix switch
        {
            "481.2" => "RT DOSE",
            "481.3" => "RT STRUCTURE SET",
            "481.5" or "481.8" => "RT PLAN",
            "481.4" or "481.6" or "481.7" or "481.9" => "RT TREAT RECORD",
            "481.1" or "481.23" or "481.24" => "IMAGE",
            "4.2" => "SPECTROSCOPY",
            "66" => "RAW DATA",
            "66.1" or "66.3" => "REGISTRATION",
            "66.2" => "FIDUCIAL",
            "66.5" => "SURFACE",
            "66.6" => "TRACT",
            "67" => "VALUE MAP",
            "68.1" or "68.2" => "SURFACE SCAN",
            "77.1.5.3" => "STEREOMETRIC",
            "78.6" or "79.1" => "SR DOCUMENT",
            "80.1" => "MEASUREMENT",
            "88.59" => "KEY OBJECT DOC",
            "90.1" => "ASSESSMENT",
            "91.1" => "ANNOTATION",
            "200.2" or "200.8" => "PLAN",
            _ => ByFamily(suffix, sopClassUid, hasRows),
        };
    }

    /// <summary>The keys of an instance's record beside those of every record.</summary>
    public static IReadOnlyList<DicomTag> KeysOf(string type) =>
        type switch
        {
            "IMAGE" =>
            [
                DicomTag.ImageType,
                DicomTag.InstanceNumber,
                DicomTag.NumberOfFrames,
                DicomTag.Rows,
                DicomTag.Columns,
            ],
            "RT DOSE" => [DicomTag.InstanceNumber, DicomTag.DoseSummationType, DicomTag.DoseComment],
            "RT STRUCTURE SET" =>
            [
                DicomTag.InstanceNumber,
                DicomTag.StructureSetLabel,
                DicomTag.StructureSetDate,
                DicomTag.StructureSetTime,
            ],
            "RT PLAN" => [DicomTag.InstanceNumber, DicomTag.RTPlanLabel, DicomTag.RTPlanDate, DicomTag.RTPlanTime],
            "RT TREAT RECORD" => [DicomTag.InstanceNumber, DicomTag.TreatmentDate, DicomTag.TreatmentTime],
            "PRESENTATION" =>
            [
                DicomTag.InstanceNumber,
                DicomTag.ContentLabel,
                DicomTag.ContentDescription,
                DicomTag.PresentationCreationDate,
                DicomTag.PresentationCreationTime,
                DicomTag.ContentCreatorName,
                DicomTag.ReferencedSeriesSequence,
            ],
            "SR DOCUMENT" =>
            [
                DicomTag.InstanceNumber,
                DicomTag.CompletionFlag,
                DicomTag.VerificationFlag,
                DicomTag.ContentDate,
                DicomTag.ContentTime,
                DicomTag.ConceptNameCodeSequence,
            ],
            "KEY OBJECT DOC" =>
            [
                DicomTag.InstanceNumber,
                DicomTag.ContentDate,
                DicomTag.ContentTime,
                DicomTag.ConceptNameCodeSequence,
            ],
            "ENCAP DOC" =>
            [
                DicomTag.ContentDate,
                DicomTag.ContentTime,
                DicomTag.InstanceNumber,
                DicomTag.DocumentTitle,
                DicomTag.ConceptNameCodeSequence,
                DicomTag.MIMETypeOfEncapsulatedDocument,
            ],
            "SPECTROSCOPY" =>
            [
                DicomTag.ImageType,
                DicomTag.ContentDate,
                DicomTag.ContentTime,
                DicomTag.InstanceNumber,
                DicomTag.NumberOfFrames,
                DicomTag.Rows,
                DicomTag.Columns,
                DicomTag.DataPointRows,
                DicomTag.DataPointColumns,
            ],
            "REGISTRATION" or "FIDUCIAL" or "VALUE MAP" or "SURFACE" or "TRACT" or "SURFACE SCAN" or "ANNOTATION" =>
            [
                DicomTag.ContentDate,
                DicomTag.ContentTime,
                DicomTag.InstanceNumber,
                DicomTag.ContentLabel,
                DicomTag.ContentDescription,
                DicomTag.ContentCreatorName,
            ],
            _ => [DicomTag.InstanceNumber, DicomTag.ContentDate, DicomTag.ContentTime],
        };

    private static string ByFamily(string suffix, string sopClassUid, bool hasRows) =>
        suffix.StartsWith("11.", StringComparison.Ordinal) || suffix.StartsWith("9.100.", StringComparison.Ordinal)
            ? "PRESENTATION"
        : suffix.StartsWith("9.", StringComparison.Ordinal) ? "WAVEFORM"
        : suffix.StartsWith("78.", StringComparison.Ordinal) ? "MEASUREMENT"
        : suffix.StartsWith("88.", StringComparison.Ordinal) ? "SR DOCUMENT"
        : suffix.StartsWith("104.", StringComparison.Ordinal) ? "ENCAP DOC"
        : suffix.StartsWith("481.", StringComparison.Ordinal) ? "RADIOTHERAPY"
        : sopClassUid.StartsWith("1.2.840.10008.5.1.4.34.", StringComparison.Ordinal) ? "PLAN"
        : hasRows ? "IMAGE"
        : "RAW DATA";
}
