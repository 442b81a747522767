using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Leadglass.Dicom;

namespace Leadglass.Cli.Demo.Phantoms;

/// <summary>One made-up patient's one study: the attributes that its instances share.</summary>
internal sealed class PhantomStudy(
    string name,
    string patientId,
    string sex,
    DateOnly date,
    int age,
    string modality,
    string description,
    int seed
)
{
    /// <summary>A UID below 2.25 (PS3.5 B.2) that belongs to this study, made from the seed.</summary>
    public string Uid(string kind, int number)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"leadglass phantom {seed} {patientId} {kind} {number}"));
        return "2.25." + BinaryPrimitives.ReadUInt128BigEndian(digest).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A new instance with its patient, study, series, equipment and SOP common attributes.</summary>
    public DataSet Begin(string sopClassUid, int number, string seriesDescription)
    {
        var day = date.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var instance = new DataSet();
        instance.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        instance.SetString(DicomTag.SOPClassUID, sopClassUid);
        instance.SetString(DicomTag.SOPInstanceUID, Uid("instance", number));
        instance.SetString(DicomTag.StudyInstanceUID, Uid("study", 0));
        instance.SetString(DicomTag.SeriesInstanceUID, Uid("series", 0));
        foreach (
            var tag in (ReadOnlySpan<DicomTag>)
                [DicomTag.StudyDate, DicomTag.SeriesDate, DicomTag.AcquisitionDate, DicomTag.ContentDate]
        )
        {
            instance.SetString(tag, day);
        }

        instance.SetString(DicomTag.StudyTime, "091500");
        instance.SetString(DicomTag.SeriesTime, "091730");
        instance.SetString(DicomTag.AcquisitionTime, $"0918{number:00}");
        instance.SetString(DicomTag.ContentTime, $"0918{number:00}");
        instance.SetString(DicomTag.AccessionNumber, $"ACC-{patientId}");
        instance.SetString(DicomTag.Modality, modality);
        instance.SetString(DicomTag.Manufacturer, "Leadglass");
        instance.SetString(DicomTag.ManufacturerModelName, "Phantom scanner");
        instance.SetString(DicomTag.InstitutionName, "Phantom hospital");
        instance.SetString(DicomTag.StationName, "PHANTOM");
        instance.SetString(DicomTag.DeviceSerialNumber, "0");
        instance.SetString(DicomTag.SoftwareVersions, "1");
        instance.SetString(DicomTag.ReferringPhysicianName, "PHANTOM^REFERRER");
        instance.SetString(DicomTag.StudyDescription, description);
        instance.SetString(DicomTag.SeriesDescription, seriesDescription);
        instance.SetString(DicomTag.PatientName, name);
        instance.SetString(DicomTag.PatientID, patientId);
        instance.SetString(DicomTag.IssuerOfPatientID, "LEADGLASS DEMO");
        instance.SetString(DicomTag.PatientBirthDate, $"{date.Year - age:0000}0101");
        instance.SetString(DicomTag.PatientSex, sex);
        instance.SetString(DicomTag.PatientAge, $"{age:000}Y");
        instance.SetString(DicomTag.StudyID, "1");
        instance.SetString(DicomTag.SeriesNumber, "1");
        instance.SetString(DicomTag.InstanceNumber, $"{number}");
        return instance;
    }
}
