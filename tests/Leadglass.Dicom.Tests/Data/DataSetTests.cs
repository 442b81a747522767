namespace Leadglass.Dicom.Tests.Data;

public sealed class DataSetTests
{
    private static readonly TransferSyntax Explicit = TransferSyntax.ExplicitVrLittleEndian;

    [Fact]
    public void Attributes_come_in_the_order_of_tags_however_they_were_set()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.PatientID, "7");
        dataSet.SetString(DicomTag.Modality, "CT");
        dataSet.SetUInt16(DicomTag.Rows, 512);
        dataSet.SetString(DicomTag.Modality, "MR");
        Assert.Equal([DicomTag.Modality, DicomTag.PatientID, DicomTag.Rows], dataSet.Select(element => element.Tag));
        Assert.Equal("MR", dataSet.GetString(DicomTag.Modality));
        Assert.True(dataSet.Remove(DicomTag.Modality));
        Assert.False(dataSet.Remove(DicomTag.Modality));
        Assert.Equal(2, dataSet.Count);
    }

    [Fact]
    public void Text_loses_its_padding_and_gains_it()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL");
        dataSet.SetString(DicomTag.SOPInstanceUID, "1.2.3");
        Assert.Equal("ORIGINAL\\PRIMARY\\AXIAL"u8.ToArray(), dataSet.GetBytes(DicomTag.ImageType)!.Value.ToArray());
        Assert.Equal("1.2.3\0"u8.ToArray(), dataSet.GetBytes(DicomTag.SOPInstanceUID)!.Value.ToArray());
        Assert.Equal(["ORIGINAL", "PRIMARY", "AXIAL"], dataSet.GetStrings(DicomTag.ImageType));
        Assert.Equal("ORIGINAL", dataSet.GetString(DicomTag.ImageType));
        Assert.Equal("1.2.3", dataSet.GetString(DicomTag.SOPInstanceUID));
        dataSet.SetString(DicomTag.StudyDescription, "a");
        dataSet.SetText(new DicomTag(0x0009, 0x0010), ValueRepresentation.LO, "LEADGLASS TEST");
        Assert.Equal("LEADGLASS TEST", dataSet.GetString(new DicomTag(0x0009, 0x0010)));
    }

    [Fact]
    public void Absent_empty_and_unfit_values_are_null()
    {
        var dataSet = new DataSet();
        dataSet.SetEmpty(DicomTag.PatientID);
        dataSet.SetEmpty(DicomTag.ReferencedStudySequence);
        dataSet.SetString(DicomTag.InstanceNumber, "seven");
        Assert.Null(dataSet.GetString(DicomTag.PatientID));
        Assert.Null(dataSet.GetString(DicomTag.PatientName));
        Assert.Null(dataSet.GetPersonName(DicomTag.PatientName));
        Assert.Null(dataSet.GetInt32(DicomTag.InstanceNumber));
        Assert.Null(dataSet.GetInt32(DicomTag.Rows));
        Assert.Empty(dataSet.GetItems(DicomTag.ReferencedStudySequence));
        Assert.Empty(dataSet.GetStrings(DicomTag.PatientID));
        Assert.True(dataSet.Contains(DicomTag.PatientID));
    }

    [Theory]
    [InlineData("Implicit")]
    [InlineData("Explicit")]
    [InlineData("BigEndian")]
    public void Numbers_are_the_same_in_every_byte_order(string name)
    {
        var syntax = name switch
        {
            "Implicit" => TransferSyntax.ImplicitVrLittleEndian,
            "Explicit" => Explicit,
            _ => TransferSyntax.ExplicitVrBigEndian,
        };
        var made = new DataSet();
        made.SetUInt16(DicomTag.Rows, 512);
        made.SetInt16(DicomTag.SmallestImagePixelValue, -2);
        made.SetUInt16(DicomTag.PixelRepresentation, 1);
        made.SetUInt32(DicomTag.SimpleFrameList, 1, 70_000);
        made.SetInt32(DicomTag.ReferencePixelX0, -70_000);
        made.SetUInt64(DicomTag.ExtendedOffsetTable, ulong.MaxValue);
        made.SetDouble(DicomTag.DiffusionBValue, 0.1);
        made.SetSingle(DicomTag.RecommendedDisplayFrameRateInFloat, 1.5f);
        made.SetString(DicomTag.PixelSpacing, "0.5", " 0.25 ");
        made.SetTags(DicomTag.FrameIncrementPointer, DicomTag.FrameTime);
        var read = DataSetReader.Read(DataSetWriter.ToBytes(made, syntax), syntax);
        Assert.Equal(512, read.GetInt32(DicomTag.Rows));
        Assert.Equal(-2, read.GetInt32(DicomTag.SmallestImagePixelValue));
        Assert.Equal(70_000, read.GetInt32(DicomTag.SimpleFrameList, 1));
        Assert.Null(read.GetInt32(DicomTag.SimpleFrameList, 2));
        Assert.Equal(-70_000, read.GetInt64(DicomTag.ReferencePixelX0));
        Assert.Equal(0.1, read.GetDouble(DicomTag.DiffusionBValue));
        Assert.Equal(0.25, read.GetDouble(DicomTag.PixelSpacing, 1));
        Assert.Equal(["00181063"], read.GetStrings(DicomTag.FrameIncrementPointer));
        Assert.Equal(["1", "70000"], read.GetStrings(DicomTag.SimpleFrameList));
    }

    [Fact]
    public void Items_inherit_the_character_set_unless_they_have_their_own()
    {
        var item = new DataSet();
        var other = new DataSet();
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        other.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 100");
        dataSet.SetItems(DicomTag.RequestAttributesSequence, item, other);
        item.SetString(DicomTag.RequestedProcedureDescription, "Schädel");
        other.SetString(DicomTag.RequestedProcedureDescription, "Schädel");
        var read = DataSetReader.Read(DataSetWriter.ToBytes(dataSet, Explicit), Explicit);
        var items = read.GetItems(DicomTag.RequestAttributesSequence);
        Assert.All(items, one => Assert.Equal("Schädel", one.GetString(DicomTag.RequestedProcedureDescription)));
        Assert.Equal(8, items[0].GetBytes(DicomTag.RequestedProcedureDescription)!.Value.Length);
        Assert.Equal(7 + 1, items[1].GetBytes(DicomTag.RequestedProcedureDescription)!.Value.Length);
    }

    [Fact]
    public void A_text_too_long_for_its_vr_goes_as_unknown_and_comes_back()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.AdditionalPatientHistory, new string('a', 70_000));
        foreach (var syntax in (TransferSyntax[])[Explicit, TransferSyntax.ExplicitVrBigEndian])
        {
            var read = DataSetReader.Read(DataSetWriter.ToBytes(dataSet, syntax), syntax);
            Assert.Equal(ValueRepresentation.UN, read.Find(DicomTag.AdditionalPatientHistory)!.Vr);
            Assert.Equal(70_000, read.GetString(DicomTag.AdditionalPatientHistory)!.Length);
        }
    }

    [Fact]
    public void Items_that_hold_themselves_are_refused_by_the_writer()
    {
        var dataSet = new DataSet();
        dataSet.SetItems(DicomTag.RequestAttributesSequence, dataSet);
        Assert.Throws<InvalidOperationException>(() => DataSetWriter.ToBytes(dataSet, Explicit));
    }

    [Fact]
    public void New_meta_information_tells_its_length_and_who_wrote_it()
    {
        var meta = FileMetaInformation.Create(
            SopClassUid.Parse("1.2.840.10008.5.1.4.1.1.2"),
            SopInstanceUid.Parse("2.25.1"),
            Explicit,
            AeTitle.Parse("MODALITY")
        );
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.Modality, "CT");
        var bytes = new DicomFile(meta, dataSet).ToBytes();
        var read = DicomFile.Read(bytes);
        Assert.Equal("CT", read.DataSet.GetString(DicomTag.Modality));
        Assert.Equal("2.25.1", read.FileMetaInformation.MediaStorageSopInstanceUid!.Value.Value);
        Assert.True(UidSyntax.IsValid(FileMetaInformation.ImplementationClassUid));
        // PS3.10 7.1: counted from the end of the length's own value, 12 bytes behind preamble, prefix and header.
        var offset = DicomFileStart.TryRead(bytes, isFinal: true)!.DataSetOffset;
        Assert.Equal(
            offset - 144,
            read.FileMetaInformation.Attributes.GetInt32(DicomTag.FileMetaInformationGroupLength)
        );
    }
}
