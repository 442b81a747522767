namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>Drawn instances with plainly made-up attributes.</summary>
internal static class Phantom
{
    public const string Study = "1.2.826.0.1.3680043.8.498.77";

    /// <summary>A CT slice of 512 x 512 with 16 bits.</summary>
    public static DataSet CtSlice(int number, int rows = 512)
    {
        var slice = new DataSet();
        slice.SetString(DicomTag.SOPClassUID, SopClasses.CTImageStorage);
        slice.SetString(DicomTag.SOPInstanceUID, $"{Study}.1.{number}");
        slice.SetString(DicomTag.StudyInstanceUID, Study);
        slice.SetString(DicomTag.SeriesInstanceUID, $"{Study}.1");
        slice.SetString(DicomTag.PatientName, "Phantom^Made Up");
        slice.SetString(DicomTag.PatientID, "PHANTOM-1");
        slice.SetString(DicomTag.Modality, "CT");
        slice.SetString(DicomTag.InstanceNumber, $"{number}");
        slice.SetUInt16(DicomTag.Rows, (ushort)rows);
        slice.SetUInt16(DicomTag.Columns, 512);
        slice.SetUInt16(DicomTag.BitsAllocated, 16);
        slice.SetUInt16(DicomTag.BitsStored, 16);
        slice.SetUInt16(DicomTag.HighBit, 15);
        slice.SetUInt16(DicomTag.PixelRepresentation, 0);
        slice.SetUInt16(DicomTag.SamplesPerPixel, 1);
        slice.SetString(DicomTag.PhotometricInterpretation, "MONOCHROME2");
        var pixels = new byte[rows * 512 * 2];
        new Random(number).NextBytes(pixels);
        slice.SetBytes(DicomTag.PixelData, ValueRepresentation.OW, pixels);
        return slice;
    }

    public static byte[] Encode(DataSet dataSet, TransferSyntax? transferSyntax = null) =>
        DataSetWriter.ToBytes(dataSet, transferSyntax ?? TransferSyntax.ExplicitVrLittleEndian).ToArray();

    public static BytesInstance Instance(int number, params TransferSyntax[] syntaxes) =>
        new(
            SopClasses.CTImageStorage,
            $"{Study}.1.{number}",
            Encode(CtSlice(number), syntaxes.FirstOrDefault()),
            syntaxes
        );

    public static async Task<string> WriteFileAsync(string folder, int number)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"slice-{number}.dcm");
        var slice = CtSlice(number);
        var meta = FileMetaInformation.Create(
            SopClassUid.Parse(SopClasses.CTImageStorage),
            SopInstanceUid.Parse($"{Study}.1.{number}"),
            TransferSyntax.ExplicitVrLittleEndian
        );
        await File.WriteAllBytesAsync(path, new DicomFile(meta, slice).ToBytes());
        return path;
    }
}
