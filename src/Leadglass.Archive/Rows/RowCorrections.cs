using System.Globalization;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Whose a corrected study is, as its row has it, and whose it was before.</summary>
internal static class RowCorrections
{
    /// <summary>Assignments beyond this forget the earliest patient.</summary>
    private const int FormerPatientsMax = 64;

    /// <summary>Stands for no earlier patient: the attribute also says that there was a correction.</summary>
    private const string None = "-";

    public static bool IsCorrected(DataSet row) => row.Contains(RowPrivates.FormerPatients);

    /// <summary>Whether the study was this patient's before a correction.</summary>
    public static bool WasOf(DataSet row, Token patient) =>
        row.GetStrings(RowPrivates.FormerPatients).Contains(TextOf(patient));

    /// <summary>Writes the patient into a study's row.</summary>
    /// <param name="former">Whose it was.</param>
    /// <param name="current">Whose it is now, which may be the same patient with other attributes.</param>
    public static void Apply(DataSet row, PatientCorrection patient, Token former, Token current)
    {
        foreach (var tag in row.Select(element => element.Tag).Where(PatientAttributes.IsOfFormerPatient).ToList())
        {
            row.Remove(tag);
        }

        Set(row, DicomTag.PatientID, patient.PatientId);
        Set(row, DicomTag.IssuerOfPatientID, patient.Issuer);
        Set(row, DicomTag.PatientName, patient.Name);
        Set(row, DicomTag.PatientBirthDate, patient.BirthDate);
        Set(row, DicomTag.PatientSex, patient.Sex);
        RowPrivates.SetCreator(row);
        List<string> formers = [.. row.GetStrings(RowPrivates.FormerPatients).Where(text => text != None)];
        if (former != current && !formers.Contains(TextOf(former)))
        {
            formers.Add(TextOf(former));
        }

        row.SetText(
            RowPrivates.FormerPatients,
            ValueRepresentation.LO,
            formers.Count == 0 ? [None] : [.. formers.TakeLast(FormerPatientsMax)]
        );
    }

    /// <summary>Whose what leaves of the study is; null where it is as it came.</summary>
    public static PatientCorrection? Of(DataSet row) =>
        IsCorrected(row)
            ? new PatientCorrection
            {
                PatientId = row.GetString(DicomTag.PatientID) ?? "",
                Issuer = row.GetString(DicomTag.IssuerOfPatientID),
                Name = row.GetString(DicomTag.PatientName),
                BirthDate = row.GetString(DicomTag.PatientBirthDate),
                Sex = row.GetString(DicomTag.PatientSex),
            }
            : null;

    private static void Set(DataSet row, DicomTag tag, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            RowText.Set(row, tag, text);
        }
    }

    private static string TextOf(Token token) => token.Value.ToString("x32", CultureInfo.InvariantCulture);
}
