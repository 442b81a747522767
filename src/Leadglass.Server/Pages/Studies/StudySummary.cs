using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Server.Pages.Studies;

/// <summary>A study as a list shows it. Values are as they stand in the data set; the page cleans and encodes them.</summary>
public sealed class StudySummary
{
    /// <summary>The study.</summary>
    public required string StudyUid { get; init; }

    /// <summary>Patient's Name, a value of VR PN.</summary>
    public string? Name { get; init; }

    /// <summary>Patient ID.</summary>
    public string? PatientId { get; init; }

    /// <summary>Its issuer.</summary>
    public string? Issuer { get; init; }

    /// <summary>Birth date, a value of VR DA.</summary>
    public string? BirthDate { get; init; }

    /// <summary>Patient's Sex.</summary>
    public string? Sex { get; init; }

    /// <summary>Study Date, a value of VR DA.</summary>
    public string? Date { get; init; }

    /// <summary>Study Time, a value of VR TM.</summary>
    public string? Time { get; init; }

    /// <summary>Modalities in Study.</summary>
    public IReadOnlyList<string> Modalities { get; init; } = [];

    /// <summary>Study Description.</summary>
    public string? Description { get; init; }

    /// <summary>Accession Number.</summary>
    public string? Accession { get; init; }

    /// <summary>Referring Physician's Name, a value of VR PN.</summary>
    public string? Referring { get; init; }

    /// <summary>The referring physician as the access policy knows physicians.</summary>
    internal ReferringPhysician? ReferringPhysician { get; init; }

    /// <summary>Patient's Age as the modality gave it.</summary>
    public string? Age { get; init; }

    /// <summary>Number of series.</summary>
    public int? Series { get; init; }

    /// <summary>Number of instances.</summary>
    public int? Instances { get; init; }

    /// <summary>The day of the study, where it has one.</summary>
    public DateOnly? Day => DicomDate.TryParse(Date, out var day) ? day : null;

    /// <summary>What the access policy has to know of it. For a study that a grant has covered.</summary>
    public StudyFacts Facts() =>
        new()
        {
            Study = StudyInstanceUid.Parse(StudyUid),
            Patient = string.IsNullOrEmpty(PatientId) ? null : new PatientKey(PatientId, Issuer ?? ""),
            Modalities = [.. Modalities],
            Referring = ReferringPhysician,
        };

    /// <summary>The attributes that a query asks for to fill this.</summary>
    internal static IReadOnlyList<DicomTag> Attributes { get; } =
    [
        DicomTag.StudyInstanceUID,
        DicomTag.PatientName,
        DicomTag.PatientID,
        DicomTag.IssuerOfPatientID,
        DicomTag.PatientBirthDate,
        DicomTag.PatientSex,
        DicomTag.PatientAge,
        DicomTag.StudyDate,
        DicomTag.StudyTime,
        DicomTag.ModalitiesInStudy,
        DicomTag.StudyDescription,
        DicomTag.AccessionNumber,
        DicomTag.ReferringPhysicianName,
        DicomTag.ReferringPhysicianIdentificationSequence,
        DicomTag.NumberOfStudyRelatedSeries,
        DicomTag.NumberOfStudyRelatedInstances,
    ];

    /// <summary>From a match.</summary>
    public static StudySummary Of(DataSet match) =>
        new()
        {
            StudyUid = match.GetString(DicomTag.StudyInstanceUID) ?? "",
            Name = match.GetString(DicomTag.PatientName),
            PatientId = match.GetString(DicomTag.PatientID),
            Issuer = match.GetString(DicomTag.IssuerOfPatientID),
            BirthDate = match.GetString(DicomTag.PatientBirthDate),
            Sex = match.GetString(DicomTag.PatientSex),
            Age = match.GetString(DicomTag.PatientAge),
            Date = match.GetString(DicomTag.StudyDate),
            Time = match.GetString(DicomTag.StudyTime),
            Modalities = [.. match.GetStrings(DicomTag.ModalitiesInStudy).Where(code => code.Length > 0)],
            Description = match.GetString(DicomTag.StudyDescription),
            Accession = match.GetString(DicomTag.AccessionNumber),
            Referring = match.GetString(DicomTag.ReferringPhysicianName),
            ReferringPhysician = ReferringPhysician.Of(match),
            Series = match.GetInt32(DicomTag.NumberOfStudyRelatedSeries),
            Instances = match.GetInt32(DicomTag.NumberOfStudyRelatedInstances),
        };

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study";
}
