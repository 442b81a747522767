namespace Leadglass.Dicom.Tests.Reading;

/// <summary>Rows of docs/reading-tolerances.md that no real file at hand shows by itself.</summary>
public sealed class ToleranceTests
{
    private static readonly TransferSyntax Explicit = TransferSyntax.ExplicitVrLittleEndian;
    private static readonly DicomTag Private = new(0x0009, 0x1001);

    [Fact]
    public void Unknown_vr_of_undefined_length_holds_implicit_items()
    {
        var bytes = new Bytes()
            .Long(0x0009, 0x1001, "UN", Bytes.Undefined)
            .Item(Bytes.Undefined)
            .Implicit(0x0008, 0x0060, 2, (byte)'C', (byte)'T')
            .EndOfItem()
            .EndOfSequence()
            .Short(0x0010, 0x0020, "LO", 2, (byte)'1', (byte)' ');
        var dataSet = AssertReadAndWritten(bytes, Explicit);
        Assert.Equal("CT", Assert.Single(dataSet.GetItems(Private)).GetString(DicomTag.Modality));
        Assert.Equal("1", dataSet.GetString(DicomTag.PatientID));
    }

    [Fact]
    public void Unknown_vr_of_undefined_length_with_explicit_items_is_read_as_it_stands()
    {
        var bytes = new Bytes()
            .Long(0x0009, 0x1001, "UN", Bytes.Undefined)
            .Item(Bytes.Undefined)
            .Short(0x0008, 0x0060, "CS", 2, (byte)'C', (byte)'T')
            .EndOfItem()
            .EndOfSequence();
        var dataSet = AssertReadAndWritten(bytes, Explicit);
        Assert.Equal("CT", Assert.Single(dataSet.GetItems(Private)).GetString(DicomTag.Modality));
    }

    [Fact]
    public void A_sequence_that_came_as_unknown_of_defined_length_has_its_items()
    {
        var bytes = new Bytes()
            .Long(0x0040, 0x0275, "UN", 18)
            .Item(10)
            .Implicit(0x0008, 0x0060, 2, (byte)'C', (byte)'T');
        var dataSet = AssertReadAndWritten(bytes, Explicit);
        var item = Assert.Single(dataSet.GetItems(DicomTag.RequestAttributesSequence));
        Assert.Equal("CT", item.GetString(DicomTag.Modality));
    }

    [Fact]
    public void Elements_without_vr_among_others_are_read_as_implicit()
    {
        var bytes = new Bytes()
            .Short(0x0008, 0x0060, "CS", 2, (byte)'C', (byte)'T')
            .Implicit(0x0010, 0x0020, 2, (byte)'1', (byte)' ')
            .Short(0x0020, 0x0013, "IS", 2, (byte)'7', (byte)' ');
        var dataSet = AssertReadAndWritten(bytes, Explicit);
        Assert.Equal(ValueRepresentation.LO, dataSet.Find(DicomTag.PatientID)!.Vr);
        Assert.Equal(7, dataSet.GetInt32(DicomTag.InstanceNumber));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_first_header_shows_whether_vrs_are_there(bool areThere)
    {
        var bytes = areThere
            ? new Bytes().Short(0x0008, 0x0060, "CS", 2, (byte)'C', (byte)'T')
            : new Bytes().Implicit(0x0008, 0x0060, 2, (byte)'C', (byte)'T');
        var announced = areThere ? TransferSyntax.ImplicitVrLittleEndian : Explicit;
        Assert.Equal("CT", AssertReadAndWritten(bytes, announced).GetString(DicomTag.Modality));
    }

    [Fact]
    public void A_vr_of_the_future_has_the_long_form()
    {
        var bytes = new Bytes().Long(0x0009, 0x1001, "ZZ", 4, 1, 2, 3, 4);
        var element = AssertReadAndWritten(bytes, Explicit).Find(Private);
        Assert.Equal("ZZ", element!.Vr.Code);
        Assert.Equal(4, Assert.IsType<ValueElement>(element).Bytes.Length);
    }

    [Fact]
    public void Of_repeated_tags_the_first_counts_and_all_are_written()
    {
        var bytes = new Bytes()
            .Short(0x0010, 0x0020, "LO", 2, (byte)'1', (byte)' ')
            .Short(0x0008, 0x0060, "CS", 2, (byte)'C', (byte)'T')
            .Short(0x0010, 0x0020, "LO", 2, (byte)'2', (byte)' ');
        var dataSet = AssertReadAndWritten(bytes, Explicit);
        Assert.True(dataSet.HadTagsOutOfOrder);
        Assert.Equal("1", dataSet.GetString(DicomTag.PatientID));
        Assert.Equal([DicomTag.Modality, DicomTag.PatientID], dataSet.Select(element => element.Tag));
    }

    [Fact]
    public void Odd_lengths_and_offset_tables_that_are_missing_stay()
    {
        var bytes = new Bytes()
            .Short(0x0010, 0x0020, "LO", 3, 49, 50, 51)
            .Long(0x7FE0, 0x0010, "OB", Bytes.Undefined)
            .EndOfSequence();
        Assert.Equal("123", AssertReadAndWritten(bytes, Explicit).GetString(DicomTag.PatientID));
    }

    [Fact]
    public void Implicit_signedness_follows_pixel_representation_into_items()
    {
        var bytes = new Bytes()
            .Implicit(0x0028, 0x0103, 2, 1, 0)
            .Implicit(0x0028, 0x0106, 2, 0xFE, 0xFF)
            .Implicit(0x0028, 0x3000, Bytes.Undefined)
            .Item(Bytes.Undefined)
            .Implicit(0x0028, 0x3002, 6, 0, 1, 0xFE, 0xFF, 16, 0)
            .EndOfItem()
            .EndOfSequence();
        var dataSet = AssertReadAndWritten(bytes, TransferSyntax.ImplicitVrLittleEndian);
        Assert.Equal(-2, dataSet.GetInt32(DicomTag.SmallestImagePixelValue));
        Assert.Equal(-2, dataSet.GetItems(DicomTag.ModalityLUTSequence)[0].GetInt32(DicomTag.LUTDescriptor, 1));
    }

    [Fact]
    public void A_change_drops_group_lengths_all_the_way_up()
    {
        var bytes = new Bytes()
            .Short(0x0040, 0x0000, "UL", 4, 99, 0, 0, 0)
            .Long(0x0040, 0x0275, "SQ", Bytes.Undefined)
            .Item(Bytes.Undefined)
            .Short(0x0008, 0x0000, "UL", 4, 10, 0, 0, 0)
            .Short(0x0008, 0x0060, "CS", 2, (byte)'C', (byte)'T')
            .EndOfItem()
            .EndOfSequence();
        var dataSet = AssertReadAndWritten(bytes, Explicit);
        dataSet.GetItems(DicomTag.RequestAttributesSequence)[0].SetString(DicomTag.Modality, "MR");
        var written = DataSetReader.Read(DataSetWriter.ToBytes(dataSet, Explicit), Explicit);
        Assert.DoesNotContain(written, element => element.Tag.IsGroupLength);
        Assert.Equal([DicomTag.Modality], written.GetItems(DicomTag.RequestAttributesSequence)[0].Select(e => e.Tag));
    }

    [Fact]
    public void A_deflated_stream_that_is_cut_between_two_elements_is_refused()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.Modality, "CT");
        // A stored block that is not the last: everything is there but the end.
        var plain = DataSetWriter.ToBytes(dataSet, Explicit).ToArray();
        byte[] cut = [0, (byte)plain.Length, 0, (byte)~plain.Length, 0xFF, .. plain];
        byte[] whole = [1, .. cut[1..]];
        var syntax = TransferSyntax.DeflatedExplicitVrLittleEndian;
        Assert.Equal("CT", DataSetReader.Read(whole, syntax).GetString(DicomTag.Modality));
        Assert.Equal("PS3.5 A.5", Assert.Throws<DicomFormatException>(() => DataSetReader.Read(cut, syntax)).Clause);
        using var reader = new InstanceReader(syntax);
        reader.Feed(cut);
        Assert.Equal("PS3.5 A.5", Assert.Throws<DicomFormatException>(reader.Complete).Clause);
    }

    [Fact]
    public void Attributes_astray_behind_the_pixel_data_are_told()
    {
        var bytes = new Bytes()
            .Short(0x0008, 0x0060, "CS", 2, (byte)'C', (byte)'T')
            .Long(0x7FE0, 0x0010, "OW", 2, 0, 0)
            .Short(0x0010, 0x0020, "LO", 2, (byte)'1', (byte)' ');
        using var reader = new InstanceReader(Explicit);
        reader.Feed(bytes.ToArray());
        reader.Complete();
        Assert.True(reader.HadTagsOutOfOrder);
        Assert.Equal("1", reader.Trailer!.GetString(DicomTag.PatientID));
    }

    [Fact]
    public void A_file_without_preamble_or_group_2_is_read()
    {
        var dataSet = new Bytes().Short(0x0008, 0x0060, "CS", 2, (byte)'C', (byte)'T').ToArray();
        var file = DicomFile.Read(dataSet);
        Assert.Equal(Explicit, file.TransferSyntax);
        Assert.Equal("CT", file.DataSet.GetString(DicomTag.Modality));
        Assert.True(file.ToBytes().Span.SequenceEqual(dataSet));
    }

    [Fact]
    public void Nothing_is_revealed_by_text_forms_and_errors()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.PatientName, "Canary^Yellow");
        dataSet.SetString(DicomTag.StudyInstanceUID, "1.2.3.4");
        Assert.DoesNotContain("Canary", $"{dataSet} {dataSet.Find(DicomTag.PatientName)}", StringComparison.Ordinal);
        Assert.DoesNotContain("1.2", $"{StudyInstanceUid.Parse("1.2.3.4")}", StringComparison.Ordinal);
        var cut = DataSetWriter.ToBytes(dataSet, Explicit)[..12];
        var refused = Assert.Throws<DicomFormatException>(() => DataSetReader.Read(cut, Explicit));
        Assert.DoesNotContain("Can", refused.ToString().Split('\n')[0], StringComparison.Ordinal);
    }

    private static DataSet AssertReadAndWritten(Bytes bytes, TransferSyntax syntax)
    {
        var dataSet = DataSetReader.Read(bytes.ToArray(), syntax);
        Assert.Equal(bytes.ToArray(), DataSetWriter.ToBytes(dataSet, syntax).ToArray());
        return dataSet;
    }
}
