using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>Instances of made-up patients.</summary>
internal static class TestInstances
{
    /// <summary>A CT image; every attribute can be set otherwise.</summary>
    public static DataSet Ct(
        string study = "1.2.826.0.1.1",
        string? series = null,
        string? instance = null,
        string? patientId = "TEST-1",
        string? issuer = null,
        string name = "Example^Anna",
        string modality = "CT",
        int pixelBytes = 512,
        Action<DataSet>? change = null
    )
    {
        series ??= study + ".1";
        instance ??= series + ".1";
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        dataSet.SetString(DicomTag.SOPClassUID, SopClasses.CTImageStorage);
        dataSet.SetString(DicomTag.SOPInstanceUID, instance);
        dataSet.SetString(DicomTag.StudyDate, "20240131");
        dataSet.SetString(DicomTag.StudyTime, "101530");
        dataSet.SetString(DicomTag.AccessionNumber, "ACC-1");
        dataSet.SetString(DicomTag.Modality, modality);
        dataSet.SetString(DicomTag.StudyDescription, "Head routine");
        dataSet.SetString(DicomTag.PatientName, name);
        if (patientId is not null)
        {
            dataSet.SetString(DicomTag.PatientID, patientId);
        }

        if (issuer is not null)
        {
            dataSet.SetString(DicomTag.IssuerOfPatientID, issuer);
        }

        dataSet.SetString(DicomTag.PatientBirthDate, "19700101");
        dataSet.SetString(DicomTag.StudyInstanceUID, study);
        dataSet.SetString(DicomTag.SeriesInstanceUID, series);
        dataSet.SetString(DicomTag.SeriesNumber, "1");
        dataSet.SetString(DicomTag.InstanceNumber, "1");
        dataSet.SetUInt16(DicomTag.SamplesPerPixel, 1);
        dataSet.SetString(DicomTag.PhotometricInterpretation, "MONOCHROME2");
        dataSet.SetUInt16(DicomTag.Rows, 16);
        dataSet.SetUInt16(DicomTag.Columns, (ushort)(pixelBytes / 32));
        dataSet.SetUInt16(DicomTag.BitsAllocated, 16);
        dataSet.SetUInt16(DicomTag.BitsStored, 12);
        dataSet.SetUInt16(DicomTag.HighBit, 11);
        dataSet.SetUInt16(DicomTag.PixelRepresentation, 0);
        var pixels = new byte[pixelBytes];
        new Random(instance.GetHashCode(StringComparison.Ordinal) & 1).NextBytes(pixels);
        dataSet.SetBytes(DicomTag.PixelData, ValueRepresentation.OW, pixels);
        change?.Invoke(dataSet);
        return dataSet;
    }

    /// <summary>The same with its pixel data in fragments, as a compressor would leave it.</summary>
    public static DataSet Compressed(DataSet original, byte seed = 1)
    {
        var compressed = new DataSet();
        foreach (var element in original)
        {
            compressed.Set(element);
        }

        compressed.Set(
            new FragmentsElement(
                DicomTag.PixelData,
                default,
                [new byte[] { 0xFF, 0xD8, seed, 0x00 }, new byte[] { 0xFF, 0xD9 }]
            )
        );
        return compressed;
    }

    /// <summary>An identifier.</summary>
    public static DataSet Keys(string level, params (DicomTag Tag, string Value)[] keys)
    {
        var identifier = new DataSet();
        identifier.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        identifier.SetString(DicomTag.QueryRetrieveLevel, level);
        foreach (var (tag, value) in keys)
        {
            if (value.Length == 0)
            {
                identifier.SetEmpty(tag);
            }
            else
            {
                identifier.SetString(tag, value.Split('\\'));
            }
        }

        return identifier;
    }
}
