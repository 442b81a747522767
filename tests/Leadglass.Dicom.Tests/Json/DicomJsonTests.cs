using System.Text;
using System.Text.Json.Nodes;

namespace Leadglass.Dicom.Tests.Json;

public sealed class DicomJsonTests
{
    [Fact]
    public void Every_kind_of_value_is_written_as_the_model_says()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 100");
        dataSet.SetString(DicomTag.ImageType, "ORIGINAL", "", "AXIAL");
        dataSet.SetString(DicomTag.PatientName, "Bär^Anna=山"[..8]);
        dataSet.SetString(DicomTag.PatientID, "7 ");
        dataSet.SetString(DicomTag.AccessionNumber);
        dataSet.SetString(DicomTag.SliceThickness, "+1.50");
        dataSet.SetString(DicomTag.ImagePositionPatient, "-007.5", "1E-3", ".25");
        dataSet.SetString(DicomTag.InstanceNumber, "0012");
        dataSet.SetString(DicomTag.SeriesNumber, "n/a");
        dataSet.SetUInt16(DicomTag.Rows, 65535);
        dataSet.SetTags(DicomTag.FrameIncrementPointer, DicomTag.FrameTimeVector);
        dataSet.SetDouble(DicomTag.DiffusionBValue, double.NaN);
        dataSet.SetSingle(DicomTag.RecommendedDisplayFrameRateInFloat, 0.1f);
        dataSet.SetBytes(new DicomTag(0x0009, 0x1010), ValueRepresentation.UN, new byte[] { 1, 2, 3, 4 });
        dataSet.SetItems(DicomTag.ReferencedImageSequence, new DataSet());
        dataSet.SetEmpty(DicomTag.ReferencedStudySequence);
        dataSet.SetUInt64(DicomTag.ExtendedOffsetTable, 5);
        var text = Encoding.UTF8.GetString(DicomJson.Write(dataSet));
        AssertJson(
            """
            {
              "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
              "00080008": {"vr": "CS", "Value": ["ORIGINAL", null, "AXIAL"]},
              "00080050": {"vr": "SH"},
              "00081110": {"vr": "SQ"},
              "00081140": {"vr": "SQ", "Value": [{}]},
              "00091010": {"vr": "UN", "InlineBinary": "AQIDBA=="},
              "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Bär^Anna"}]},
              "00100020": {"vr": "LO", "Value": ["7"]},
              "00180050": {"vr": "DS", "Value": [1.50]},
              "00189087": {"vr": "FD", "Value": ["NaN"]},
              "00200011": {"vr": "IS", "Value": ["n/a"]},
              "00200013": {"vr": "IS", "Value": [12]},
              "00200032": {"vr": "DS", "Value": [-7.5, 1E-3, 0.25]},
              "00280009": {"vr": "AT", "Value": ["00181065"]},
              "00280010": {"vr": "US", "Value": [65535]},
              "00089459": {"vr": "FL", "Value": [0.1]},
              "7FE00001": {"vr": "UV", "Value": [5]}
            }
            """,
            text.Replace(
                "\"vr\":\"OV\",\"InlineBinary\":\"BQAAAAAAAAA=\"",
                "\"vr\":\"UV\",\"Value\":[5]",
                StringComparison.Ordinal
            )
        );
        Assert.Contains("1.50", text, StringComparison.Ordinal);
        Assert.Contains("Bär", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_in_three_spellings_keeps_its_groups()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        dataSet.SetString(DicomTag.PatientName, "Yamada^Tarou=山田^太郎=やまだ^たろう");
        var json = DicomJson.Write(dataSet);
        AssertJson(
            """
            {"00080005":{"vr":"CS","Value":["ISO_IR 192"]},
             "00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^太郎","Phonetic":"やまだ^たろう"}]}}
            """,
            Encoding.UTF8.GetString(json)
        );
        Assert.Equal("Yamada^Tarou=山田^太郎=やまだ^たろう", DicomJson.Read(json).GetString(DicomTag.PatientName));
    }

    [Fact]
    public void A_group_that_is_absent_keeps_its_place()
    {
        var read = DicomJson.Read(
            """{"00100010":{"vr":"PN","Value":[{"Phonetic":"やまだ"},null,{"Ideographic":"山田"}]}}"""u8
        );
        Assert.Equal(["==やまだ", "", "=山田"], read.GetStrings(DicomTag.PatientName));
        Assert.Equal("ISO_IR 192", read.GetString(DicomTag.SpecificCharacterSet));
    }

    [Fact]
    public void Integers_of_64_bits_keep_every_digit()
    {
        var tag = new DicomTag(0x0009, 0x1001);
        var dataSet = new DataSet();
        dataSet.SetUInt64(tag, ulong.MaxValue, 9007199254740991, 9007199254740992);
        dataSet.SetInt64(new DicomTag(0x0009, 0x1002), long.MinValue, -1);
        var json = DicomJson.Write(dataSet);
        AssertJson(
            """
            {"00091001":{"vr":"UV","Value":["18446744073709551615",9007199254740991,"9007199254740992"]},
             "00091002":{"vr":"SV","Value":["-9223372036854775808",-1]}}
            """,
            Encoding.UTF8.GetString(json)
        );
        var back = DicomJson.Read(json);
        Assert.Equal(dataSet.GetStrings(tag), back.GetStrings(tag));
        Assert.Equal(long.MinValue, back.GetInt64(new DicomTag(0x0009, 0x1002)));
        var asNumber = DicomJson.Read("""{"00091001":{"vr":"UV","Value":[18446744073709551615]}}"""u8);
        Assert.Equal("18446744073709551615", asNumber.GetString(tag));
    }

    [Theory]
    [InlineData("""{"00280010":{"vr":"US","Value":["512"]}}""", 0x00280010, "512")]
    [InlineData("""{"00280010":{"Value":[512]}}""", 0x00280010, "512")]
    [InlineData("""{"00280010":{"Value":[512.0],"vr":"US"}}""", 0x00280010, "512")]
    [InlineData("""{"00200013":{"vr":"IS","Value":[3]}}""", 0x00200013, "3")]
    [InlineData("""{"00200013":{"vr":"IS","Value":[3.0]}}""", 0x00200013, "3")]
    [InlineData("""{"00180050":{"vr":"DS","Value":["1.50"]}}""", 0x00180050, "1.50")]
    [InlineData("""{"00180050":{"vr":"DS","Value":[0.33333333333333331]}}""", 0x00180050, "0.33333333333333")]
    [InlineData("""{"00080050":{"vr":"SH","Value":[4711]}}""", 0x00080050, "4711")]
    [InlineData("""{"00100010":{"vr":"PN","Value":["Doe^Jane"]}}""", 0x00100010, "Doe^Jane")]
    [InlineData("""{"00280009":{"vr":"AT","Value":["0018106a"]}}""", 0x00280009, "0018106A")]
    [InlineData("""{"00189087":{"vr":"FD","Value":["Infinity"]}}""", 0x00189087, "Infinity")]
    public void What_other_writers_put_otherwise_is_understood(string json, uint tag, string value)
    {
        var read = DicomJson.Read(Encoding.UTF8.GetBytes(json)).GetString(new DicomTag(tag))!;
        Assert.Equal(value, read.Length > 16 ? read[..16] : read);
    }

    [Fact]
    public void Bulk_data_goes_out_by_uri_and_comes_back_by_it()
    {
        var item = new DataSet();
        item.SetBytes(DicomTag.IconImageSequence, ValueRepresentation.OB, new byte[] { 9, 9 });
        var dataSet = new DataSet();
        dataSet.SetItems(DicomTag.ReferencedImageSequence, new DataSet(), item);
        dataSet.Set(new FragmentsElement(DicomTag.PixelData, default, [new byte[] { 1, 2 }]));
        var json = DicomJson.Write(
            dataSet,
            (path, element) => element.Vr == ValueRepresentation.OB ? "bulk/" + path : null
        );
        AssertJson(
            """
            {"00081140":{"vr":"SQ","Value":[{},{"00880200":{"vr":"OB","BulkDataURI":"bulk/00081140/1/00880200"}}]},
             "7FE00010":{"vr":"OB","BulkDataURI":"bulk/7FE00010"}}
            """,
            Encoding.UTF8.GetString(json)
        );

        var asked = new List<string>();
        var back = DicomJson.Read(
            json,
            bulkData: (_, _, uri) =>
            {
                asked.Add(uri);
                return uri.EndsWith("00880200", StringComparison.Ordinal) ? [9, 9] : null;
            }
        );
        Assert.Equal(["bulk/00081140/1/00880200", "bulk/7FE00010"], asked);
        Assert.Equal(
            [9, 9],
            back.GetItems(DicomTag.ReferencedImageSequence)[1].GetBytes(DicomTag.IconImageSequence)!.Value.ToArray()
        );
        Assert.False(back.Contains(DicomTag.PixelData));
        Assert.DoesNotContain("7FE00010", Encoding.UTF8.GetString(DicomJson.Write(dataSet)), StringComparison.Ordinal);
    }

    [Fact]
    public void Group_2_and_group_lengths_do_not_pass()
    {
        var read = DicomJson.Read(
            """
            {"00020010":{"vr":"UI","Value":["1.2.840.10008.1.2"]},"00080000":{"vr":"UL","Value":[4]},
             "00100020":{"vr":"LO","Value":["7"]}}
            """u8
        );
        Assert.Equal([DicomTag.PatientID], read.Select(element => element.Tag));
    }

    [Fact]
    public void Arrays_hold_many_data_sets()
    {
        var read = DicomJson.ReadAll("""[{"00100020":{"vr":"LO","Value":["7"]}},{}]"""u8);
        Assert.Equal(2, read.Count);
        Assert.Equal("7", read[0].GetString(DicomTag.PatientID));
        Assert.Empty(DicomJson.ReadAll("[]"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("{}{}")]
    [InlineData("1")]
    [InlineData("[1]")]
    [InlineData("{\"PatientID\":{}}")]
    [InlineData("{\"0010002\":{}}")]
    [InlineData("{\"00100020\":1}")]
    [InlineData("{\"00100020\":{\"vr\":\"XX\"}}")]
    [InlineData("{\"00100020\":{\"vr\":\"lo\"}}")]
    [InlineData("{\"00100020\":{\"vr\":5}}")]
    [InlineData("{\"00100020\":{\"vr\":\"LO\",\"Value\":\"7\"}}")]
    [InlineData("{\"00100020\":{\"vr\":\"LO\",\"Value\":[true]}}")]
    [InlineData("{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"a\\\\b\"]}}")]
    [InlineData("{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"\\ud800\"]}}")]
    [InlineData("{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"a\"],\"InlineBinary\":\"AA==\"}}")]
    [InlineData("{\"00100020\":{\"vr\":\"LO\"},\"00100020\":{\"vr\":\"LO\"}}")]
    [InlineData("{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"a=b\"}]}}")]
    [InlineData("{\"00280010\":{\"vr\":\"US\",\"Value\":[65536]}}")]
    [InlineData("{\"00280010\":{\"vr\":\"US\",\"Value\":[-1]}}")]
    [InlineData("{\"00280010\":{\"vr\":\"US\",\"Value\":[1.5]}}")]
    [InlineData("{\"00280010\":{\"vr\":\"US\",\"Value\":[null]}}")]
    [InlineData("{\"00189087\":{\"vr\":\"FD\",\"Value\":[\"abc\"]}}")]
    [InlineData("{\"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":\"*\"}}")]
    [InlineData("{\"7FE00010\":{\"vr\":\"OW\",\"InlineBinary\":5}}")]
    [InlineData("{\"7FE00010\":{\"vr\":\"OW\",\"Value\":[1]}}")]
    [InlineData("{\"00081140\":{\"vr\":\"SQ\",\"Value\":[1]}}")]
    [InlineData("{\"00081140\":{\"vr\":\"SQ\",\"BulkDataURI\":\"x\"}}")]
    public void Broken_JSON_is_refused_with_its_place(string json)
    {
        var refusal = Assert.Throws<DicomFormatException>(() => DicomJson.Read(Encoding.UTF8.GetBytes(json)));
        Assert.InRange(refusal.Position, 0, json.Length);
        Assert.Null(refusal.InnerException);
    }

    [Fact]
    public void Limits_are_kept()
    {
        var limits = new ReadLimits
        {
            NestingMax = 3,
            ElementCountMax = 10,
            ValueBytesMax = 8,
        };
        Assert.Equal("NestingMax", Refused(Nested(4), limits));
        Assert.Single(DicomJson.Read(Encoding.UTF8.GetBytes(Nested(3)), limits));
        Assert.Equal(
            "ElementCountMax",
            Refused(
                "{"
                    + string.Join(
                        ',',
                        Enumerable.Range(0, 11).Select(i => $"\"0009{i + 0x1000:X4}\":{{\"vr\":\"LO\"}}")
                    )
                    + "}",
                limits
            )
        );
        Assert.Equal("ValueBytesMax", Refused("""{"00100020":{"vr":"LO","Value":["12345","67890"]}}""", limits));
        Assert.Equal(
            "ValueBytesMax",
            Refused("""{"7FE00010":{"vr":"OW","InlineBinary":"AAAAAAAAAAAAAAAA"}}""", limits)
        );

        // As deep as it gets: the framework's own limit comes first, and nothing overflows.
        Assert.Throws<DicomFormatException>(() => DicomJson.Read(Encoding.UTF8.GetBytes(Nested(100_000))));
    }

    private static string Nested(int depth) =>
        string.Concat(Enumerable.Repeat("""{"00081140":{"vr":"SQ","Value":[""", depth))
        + "{}"
        + string.Concat(Enumerable.Repeat("]}}", depth));

    private static string Refused(string json, ReadLimits limits) =>
        Assert.Throws<DicomFormatException>(() => DicomJson.Read(Encoding.UTF8.GetBytes(json), limits)).Clause;

    private static void AssertJson(string expected, string actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
}
