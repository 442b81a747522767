using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Which attributes tell whose a study is: those of a corrected study's former patient leave no more, in rows, metadata and
/// data sets alike.
/// </summary>
internal static class PatientAttributes
{
    private const ushort PatientGroup = 0x0010;

    /// <summary>
    /// All of group 0010 but what was measured for the study; references to the patient's own objects; and what attributes
    /// were before, which would name the former patient.
    /// </summary>
    public static bool IsOfFormerPatient(DicomTag tag) =>
        (tag.Group == PatientGroup && !IsMeasured(tag))
        || tag == DicomTag.ReferencedPatientSequence
        || tag == DicomTag.OriginalAttributesSequence;

    /// <summary>What leaves in their place.</summary>
    public static Dictionary<DicomTag, string> Texts(PatientCorrection patient)
    {
        Dictionary<DicomTag, string> texts = new()
        {
            [DicomTag.PatientName] = patient.Name ?? "",
            [DicomTag.PatientID] = patient.PatientId,
            [DicomTag.PatientBirthDate] = patient.BirthDate ?? "",
            [DicomTag.PatientSex] = patient.Sex ?? "",
        };
        if (!string.IsNullOrEmpty(patient.Issuer))
        {
            texts.Add(DicomTag.IssuerOfPatientID, patient.Issuer);
        }

        return texts;
    }

    /// <summary>The same in memory.</summary>
    public static DataSet Corrected(DataSet dataSet, PatientCorrection patient)
    {
        var corrected = WithoutFormer(dataSet);
        foreach (var (tag, text) in Texts(patient))
        {
            if (text.Length == 0)
            {
                corrected.SetEmpty(tag);
            }
            else
            {
                RowText.Set(corrected, tag, text);
            }
        }

        return corrected;
    }

    /// <summary>What tells nothing of the former patient.</summary>
    public static DataSet WithoutFormer(DataSet dataSet)
    {
        var kept = new DataSet();
        foreach (var element in dataSet)
        {
            if (!IsOfFormerPatient(element.Tag))
            {
                kept.Set(RowContent.Copy(element));
            }
        }

        return kept;
    }

    private static bool IsMeasured(DicomTag tag) =>
        tag == DicomTag.PatientSize
        || tag == DicomTag.PatientWeight
        || tag == DicomTag.PatientBodyMassIndex
        || tag == DicomTag.MeasuredAPDimension
        || tag == DicomTag.MeasuredLateralDimension
        || tag == DicomTag.PregnancyStatus;
}
