using Leadglass.Dicom;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>Small instances of plainly made-up patients.</summary>
internal static class WebInstances
{
    public const string CtImage = "1.2.840.10008.5.1.4.1.1.2";
    private const string Root = "1.2.826.0.1.3680043.10.999.7";

    public static string Study(int patient) => $"{Root}.{patient}";

    public static string Series(int patient, int series) => $"{Root}.{patient}.{series}";

    public static string Instance(int patient, int series, int number) => $"{Root}.{patient}.{series}.{number}";

    public static DataSet Make(
        int patient,
        int series = 1,
        int number = 1,
        string name = "Probe^Ada",
        string modality = "CT",
        string date = "20240310"
    )
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        dataSet.SetString(DicomTag.SOPClassUID, CtImage);
        dataSet.SetString(DicomTag.SOPInstanceUID, Instance(patient, series, number));
        dataSet.SetString(DicomTag.StudyDate, date);
        dataSet.SetString(DicomTag.StudyTime, "101500");
        dataSet.SetString(DicomTag.AccessionNumber, $"A{patient}");
        dataSet.SetString(DicomTag.Modality, modality);
        dataSet.SetString(DicomTag.StudyDescription, $"Study of {modality}");
        dataSet.SetString(DicomTag.TimezoneOffsetFromUTC, "+0100");
        dataSet.SetString(DicomTag.PatientName, name);
        dataSet.SetString(DicomTag.PatientID, $"P{patient}");
        dataSet.SetString(DicomTag.StudyInstanceUID, Study(patient));
        dataSet.SetString(DicomTag.SeriesInstanceUID, Series(patient, series));
        dataSet.SetString(DicomTag.SeriesNumber, $"{series}");
        dataSet.SetString(DicomTag.InstanceNumber, $"{number}");
        var request = new DataSet();
        dataSet.SetItems(DicomTag.RequestAttributesSequence, request);
        request.SetString(DicomTag.RequestedProcedureID, $"R{series}");
        request.SetString(DicomTag.ScheduledProcedureStepID, $"S{series}");
        AddImage(dataSet);
        return dataSet;
    }

    /// <summary>A rejection note for quality reasons (IHE IOCM) that names the patient's first instance.</summary>
    public static DataSet Rejecting(int patient)
    {
        var note = Make(patient, series: 9, modality: "KO");
        note.SetString(DicomTag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.88.59");
        note.Remove(DicomTag.PixelData);
        var title = new DataSet();
        title.SetString(DicomTag.CodeValue, "113001");
        title.SetString(DicomTag.CodingSchemeDesignator, "DCM");
        note.SetItems(DicomTag.ConceptNameCodeSequence, title);
        var instance = new DataSet();
        instance.SetString(DicomTag.ReferencedSOPClassUID, CtImage);
        instance.SetString(DicomTag.ReferencedSOPInstanceUID, Instance(patient, 1, 1));
        var series = new DataSet();
        series.SetString(DicomTag.SeriesInstanceUID, Series(patient, 1));
        series.SetItems(DicomTag.ReferencedSOPSequence, instance);
        var study = new DataSet();
        study.SetString(DicomTag.StudyInstanceUID, Study(patient));
        study.SetItems(DicomTag.ReferencedSeriesSequence, series);
        note.SetItems(DicomTag.CurrentRequestedProcedureEvidenceSequence, study);
        return note;
    }

    public static byte[] File(DataSet dataSet, TransferSyntax? syntax = null)
    {
        var file = new DicomFile(
            FileMetaInformation.Create(
                SopClassUid.Parse(dataSet.GetString(DicomTag.SOPClassUID)),
                SopInstanceUid.Parse(dataSet.GetString(DicomTag.SOPInstanceUID)),
                syntax ?? TransferSyntax.ExplicitVrLittleEndian
            ),
            dataSet
        );
        return file.ToBytes().ToArray();
    }

    private static void AddImage(DataSet dataSet)
    {
        dataSet.SetUInt16(DicomTag.SamplesPerPixel, 1);
        dataSet.SetString(DicomTag.PhotometricInterpretation, "MONOCHROME2");
        dataSet.SetUInt16(DicomTag.Rows, 8);
        dataSet.SetUInt16(DicomTag.Columns, 4);
        dataSet.SetUInt16(DicomTag.BitsAllocated, 16);
        dataSet.SetUInt16(DicomTag.BitsStored, 16);
        dataSet.SetUInt16(DicomTag.HighBit, 15);
        dataSet.SetUInt16(DicomTag.PixelRepresentation, 0);
        dataSet.SetBytes(
            DicomTag.PixelData,
            ValueRepresentation.OW,
            Enumerable.Range(0, 64).Select(index => (byte)index).ToArray()
        );
    }
}
