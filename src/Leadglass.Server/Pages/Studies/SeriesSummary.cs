using Leadglass.Dicom;

namespace Leadglass.Server.Pages.Studies;

/// <summary>A series as the study page shows it. Values are as they stand in the data set.</summary>
public sealed class SeriesSummary
{
    /// <summary>The series.</summary>
    public required string SeriesUid { get; init; }

    /// <summary>Series Number.</summary>
    public int? Number { get; init; }

    /// <summary>Modality.</summary>
    public string? Modality { get; init; }

    /// <summary>Series Description, else Protocol Name.</summary>
    public string? Description { get; init; }

    /// <summary>Body Part Examined.</summary>
    public string? BodyPart { get; init; }

    /// <summary>Laterality.</summary>
    public string? Laterality { get; init; }

    /// <summary>Series Date, a value of VR DA.</summary>
    public string? Date { get; init; }

    /// <summary>Series Time, a value of VR TM.</summary>
    public string? Time { get; init; }

    /// <summary>Manufacturer and model.</summary>
    public string? Device { get; init; }

    /// <summary>Department of the institution.</summary>
    public string? Department { get; init; }

    /// <summary>Institution Name.</summary>
    public string? Institution { get; init; }

    /// <summary>Number of instances.</summary>
    public int Instances { get; init; }

    /// <summary>Whether its instances are read one by one: reports, key object selections, documents.</summary>
    public bool HoldsDocuments => Modality is "SR" or "KO" or "DOC" or "M3D" or "PLAN";

    /// <summary>From a match.</summary>
    public static SeriesSummary Of(DataSet match) =>
        new()
        {
            SeriesUid = match.GetString(DicomTag.SeriesInstanceUID) ?? "",
            Number = match.GetInt32(DicomTag.SeriesNumber),
            Modality = match.GetString(DicomTag.Modality),
            Description = match.GetString(DicomTag.SeriesDescription) ?? match.GetString(DicomTag.ProtocolName),
            BodyPart = match.GetString(DicomTag.BodyPartExamined),
            Laterality = match.GetString(DicomTag.Laterality),
            Date = match.GetString(DicomTag.SeriesDate),
            Time = match.GetString(DicomTag.SeriesTime),
            Device = string.Join(
                ' ',
                new[]
                {
                    match.GetString(DicomTag.Manufacturer),
                    match.GetString(DicomTag.ManufacturerModelName),
                }.OfType<string>()
            ),
            Department = match.GetString(DicomTag.InstitutionalDepartmentName),
            Institution = match.GetString(DicomTag.InstitutionName),
            Instances = match.GetInt32(DicomTag.NumberOfSeriesRelatedInstances) ?? 0,
        };

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "series";
}

/// <summary>An instance as a list shows it. Values are as they stand in the data set.</summary>
public sealed class InstanceSummary
{
    /// <summary>The instance.</summary>
    public required string InstanceUid { get; init; }

    /// <summary>The series that it belongs to.</summary>
    public required string SeriesUid { get; init; }

    /// <summary>SOP Class UID.</summary>
    public string? SopClass { get; init; }

    /// <summary>Instance Number.</summary>
    public int? Number { get; init; }

    /// <summary>Number of Frames, 1 without it.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>Rows of pixels.</summary>
    public int? Rows { get; init; }

    /// <summary>Columns of pixels.</summary>
    public int? Columns { get; init; }

    /// <summary>Content Date, a value of VR DA.</summary>
    public string? Date { get; init; }

    /// <summary>Content Time, a value of VR TM.</summary>
    public string? Time { get; init; }

    /// <summary>The title of a report or document.</summary>
    public string? Title { get; init; }

    /// <summary>Completion Flag of a report: COMPLETE or PARTIAL.</summary>
    public string? Completion { get; init; }

    /// <summary>Verification Flag of a report: VERIFIED or UNVERIFIED.</summary>
    public string? Verification { get; init; }

    /// <summary>What it is to whoever reads it.</summary>
    public InstanceKind Kind => InstanceKinds.Of(SopClass);

    /// <summary>From a match.</summary>
    public static InstanceSummary Of(DataSet match) =>
        new()
        {
            InstanceUid = match.GetString(DicomTag.SOPInstanceUID) ?? "",
            SeriesUid = match.GetString(DicomTag.SeriesInstanceUID) ?? "",
            SopClass = match.GetString(DicomTag.SOPClassUID),
            Number = match.GetInt32(DicomTag.InstanceNumber),
            Frames = match.GetInt32(DicomTag.NumberOfFrames) ?? 1,
            Rows = match.GetInt32(DicomTag.Rows),
            Columns = match.GetInt32(DicomTag.Columns),
            Date = match.GetString(DicomTag.ContentDate),
            Time = match.GetString(DicomTag.ContentTime),
            Title = match.GetItems(DicomTag.ConceptNameCodeSequence) is [var concept, ..]
                ? concept.GetString(DicomTag.CodeMeaning)
                : match.GetString(DicomTag.ContentDescription) ?? match.GetString(DicomTag.ContentLabel),
            Completion = match.GetString(DicomTag.CompletionFlag),
            Verification = match.GetString(DicomTag.VerificationFlag),
        };

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";
}

/// <summary>What an instance is to whoever reads it.</summary>
public enum InstanceKind
{
    /// <summary>An image, or anything else that the viewer shows.</summary>
    Image,

    /// <summary>A structured report.</summary>
    Report,

    /// <summary>A key object selection.</summary>
    KeyObjects,

    /// <summary>An encapsulated PDF.</summary>
    Pdf,

    /// <summary>Another encapsulated document.</summary>
    Document,
}

/// <summary>Kinds by SOP class (PS3.4 B.5).</summary>
public static class InstanceKinds
{
    private const string ReportClasses = "1.2.840.10008.5.1.4.1.1.88.";
    private const string KeyObjectSelection = "1.2.840.10008.5.1.4.1.1.88.59";
    private const string EncapsulatedPdf = "1.2.840.10008.5.1.4.1.1.104.1";
    private const string EncapsulatedDocuments = "1.2.840.10008.5.1.4.1.1.104.";

    /// <summary>The kind of a SOP class.</summary>
    public static InstanceKind Of(string? sopClass) =>
        sopClass switch
        {
            KeyObjectSelection => InstanceKind.KeyObjects,
            EncapsulatedPdf => InstanceKind.Pdf,
            not null when sopClass.StartsWith(ReportClasses, StringComparison.Ordinal) => InstanceKind.Report,
            not null when sopClass.StartsWith(EncapsulatedDocuments, StringComparison.Ordinal) => InstanceKind.Document,
            _ => InstanceKind.Image,
        };
}
