using System.Text;
using Leadglass.Testing;
using Leadglass.Testing.Processes;

namespace Leadglass.Dicom.Web.Tests;

public sealed class NativeDicomModelTests
{
    private const string Open =
        "<?xml version=\"1.0\"?><NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\">";

    [Fact]
    public void Every_real_file_survives_XML_as_it_survives_JSON()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var compared = 0;
        foreach (var path in SharedData.Files.Where(path => new FileInfo(path).Length < 1 << 20))
        {
            if (Read(path) is not { } dataSet)
            {
                continue;
            }

            // What JSON cannot keep is lost to XML too; what XML cannot say besides are some control characters, and
            // the carets of empty components at the end of a name.
            var json = DicomJson.Write(DicomJson.Read(DicomJson.Write(dataSet)));
            var back = WithoutCarets(
                DicomJson.Write(NativeDicomModel.Read(NativeDicomModel.Write(DicomJson.Read(json))))
            );
            json = WithoutCarets(json);
            if (!HasControls(Encoding.UTF8.GetString(json)))
            {
                Assert.True(json.AsSpan().SequenceEqual(back), $"{path}: {FirstDifference(json, back)}");
                compared++;
            }
        }

        Assert.InRange(compared, 300, int.MaxValue);
    }

    [Fact]
    public async Task What_dcm2xml_writes_is_read_as_the_file_is()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        Assert.SkipUnless(Tool.IsInstalled("dcm2xml"), "dcm2xml (package dcmtk) is not installed");
        var compared = 0;
        List<string> differences = [];
        foreach (var path in SharedData.Files.Where(Interesting))
        {
            if (Read(path) is not { } dataSet)
            {
                continue;
            }

            var result = await Tool.RunAsync("dcm2xml", ["-q", "-nat", "+Eb", "+U8", path]);
            if (result.ExitCode != 0 || TryRead(result.Output) is not { } theirs)
            {
                continue;
            }

            var (ours, other) = (TextOf(dataSet), TextOf(theirs));
            compared++;
            if (ours != other)
            {
                differences.Add($"{Path.GetFileName(path)}: {FirstDifference(ours, other)}");
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{compared} files compared");
        Assert.InRange(compared, 60, int.MaxValue);
        Assert.True(differences.Count == 0, string.Join("\n", differences));
    }

    [Fact]
    public void Control_characters_and_line_ends_are_said_as_far_as_XML_can()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        dataSet.SetString(DicomTag.PatientComments, "line\r\nfeed\fpage <&> \"ü\" 😀\u0001");
        var xml = NativeDicomModel.Write(dataSet);
        Assert.Equal(
            "line\r\nfeed\uFFFDpage <&> \"ü\" 😀\uFFFD",
            NativeDicomModel.Read(xml).GetString(DicomTag.PatientComments)
        );
    }

    [Fact]
    public void Values_may_be_left_out_by_number()
    {
        var dataSet = Parse(
            "<DicomAttribute tag=\"00080008\" vr=\"CS\"><Value number=\"1\">A</Value><Value number=\"3\">C</Value></DicomAttribute>"
        );
        Assert.Equal(["A", "", "C"], dataSet.GetStrings(DicomTag.ImageType));
    }

    [Fact]
    public void Bulk_data_is_fetched_by_its_uri()
    {
        var dataSet = NativeDicomModel.Read(
            Document("<DicomAttribute tag=\"7FE00010\" vr=\"OW\"><BulkData uri=\"bulk/1\"/></DicomAttribute>"),
            bulkData: (tag, vr, uri) => uri == "bulk/1" ? [1, 2, 3, 4] : null
        );
        Assert.Equal([1, 2, 3, 4], dataSet.GetBytes(DicomTag.PixelData)!.Value.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("<a/>")]
    [InlineData("<NativeDicomModel")]
    [InlineData(Open + "</NativeDicomModel><x/>")]
    [InlineData(Open + "<Other/></NativeDicomModel>")]
    [InlineData(Open + "text</NativeDicomModel>")]
    [InlineData(Open + "<DicomAttribute/></NativeDicomModel>")]
    [InlineData(Open + "<DicomAttribute tag=\"0010\" vr=\"PN\"/></NativeDicomModel>")]
    [InlineData(Open + "<DicomAttribute tag=\"00100010\" vr=\"ZZ\"/></NativeDicomModel>")]
    [InlineData(
        Open
            + "<DicomAttribute tag=\"00100010\" vr=\"PN\"/><DicomAttribute tag=\"00100010\" vr=\"PN\"/></NativeDicomModel>"
    )]
    [InlineData(
        Open + "<DicomAttribute tag=\"00100020\" vr=\"LO\"><Value>A</Value></DicomAttribute></NativeDicomModel>"
    )]
    [InlineData(
        Open
            + "<DicomAttribute tag=\"00100020\" vr=\"LO\"><Value number=\"0\">A</Value></DicomAttribute></NativeDicomModel>"
    )]
    [InlineData(
        Open
            + "<DicomAttribute tag=\"00100020\" vr=\"LO\"><Value number=\"2000000000\">A</Value></DicomAttribute></NativeDicomModel>"
    )]
    [InlineData(
        Open
            + "<DicomAttribute tag=\"00100020\" vr=\"LO\"><Value number=\"1\">A</Value><Item number=\"2\"/></DicomAttribute></NativeDicomModel>"
    )]
    [InlineData(
        Open
            + "<DicomAttribute tag=\"00280010\" vr=\"US\"><Value number=\"1\">99999</Value></DicomAttribute></NativeDicomModel>"
    )]
    [InlineData(
        Open
            + "<DicomAttribute tag=\"7FE00010\" vr=\"OW\"><InlineBinary>*</InlineBinary></DicomAttribute></NativeDicomModel>"
    )]
    [InlineData(Open + "<DicomAttribute tag=\"7FE00010\" vr=\"OW\"><BulkData/></DicomAttribute></NativeDicomModel>")]
    [InlineData(
        Open
            + "<DicomAttribute tag=\"00100010\" vr=\"PN\"><PersonName number=\"1\"><Alphabetic><FamilyName>A=B</FamilyName></Alphabetic></PersonName></DicomAttribute></NativeDicomModel>"
    )]
    // Entities, external ones and the billion laughs: no document type passes.
    [InlineData("<!DOCTYPE x [<!ENTITY a \"b\">]><NativeDicomModel/>")]
    [InlineData("<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\"><NativeDicomModel/>")]
    [InlineData("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><NativeDicomModel>&e;</NativeDicomModel>")]
    [InlineData(
        "<!DOCTYPE x [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><NativeDicomModel>&c;</NativeDicomModel>"
    )]
    public void What_is_malformed_is_refused(string document) =>
        Assert.Throws<DicomFormatException>(() => NativeDicomModel.Read(Encoding.UTF8.GetBytes(document)));

    [Fact]
    public void Nesting_and_length_are_bounded()
    {
        const string item = "<DicomAttribute tag=\"0040A730\" vr=\"SQ\"><Item number=\"1\">";
        const string end = "</Item></DicomAttribute>";
        var deep = string.Concat(Enumerable.Repeat(item, 100_000)) + string.Concat(Enumerable.Repeat(end, 100_000));
        Assert.Throws<DicomFormatException>(() => Parse(deep));
        var broad = string.Concat(
            Enumerable.Range(0, 2000).Select(i => $"<DicomAttribute tag=\"{0x00110000 + i:X8}\" vr=\"LO\"/>")
        );
        Assert.Throws<DicomFormatException>(() =>
            NativeDicomModel.Read(Document(broad), new ReadLimits { ElementCountMax = 1000 })
        );
        Assert.Throws<DicomFormatException>(() =>
            NativeDicomModel.Read(Document(broad), new ReadLimits { FileBytesMax = 1000 })
        );
    }

    [Fact]
    public void A_refusal_tells_no_value()
    {
        var refusal = Assert.Throws<DicomFormatException>(() =>
            Parse("<DicomAttribute tag=\"00280010\" vr=\"US\"><Value number=\"1\">Secret</Value></DicomAttribute>")
        );
        Assert.DoesNotContain("Secret", refusal.ToString(), StringComparison.Ordinal);
        var broken = Assert.Throws<DicomFormatException>(() => Parse("<Secret></Secrets>"));
        Assert.DoesNotContain("Secret", broken.ToString(), StringComparison.Ordinal);
    }

    // A name of carets only is no name to XML.
    private static byte[] WithoutCarets(byte[] json)
    {
        var text = Encoding.UTF8.GetString(json);
        while (text.Contains("^\"", StringComparison.Ordinal))
        {
            text = text.Replace("^\"", "\"", StringComparison.Ordinal);
        }

        return Encoding.UTF8.GetBytes(text.Replace(",\"Value\":[{\"Alphabetic\":\"\"}]", "", StringComparison.Ordinal));
    }

    private static bool HasControls(string json) =>
        json.Contains("\\u00", StringComparison.Ordinal)
        || json.Contains("\\b", StringComparison.Ordinal)
        || json.Contains("\\f", StringComparison.Ordinal);

    private static bool Interesting(string path) =>
        new FileInfo(path).Length < 200_000
        && path.Contains("pydicom+pydicom", StringComparison.Ordinal)
        // Of names of two groups dcm2xml 3.6.7 writes the second as the third too.
        && !path.Contains("chrX", StringComparison.Ordinal);

    private static DataSet Parse(string attributes) => NativeDicomModel.Read(Document(attributes));

    private static byte[] Document(string attributes) =>
        Encoding.UTF8.GetBytes($"{Open}{attributes}</NativeDicomModel>");

    private static DataSet? Read(string path)
    {
        try
        {
            return DicomFile.Read(File.ReadAllBytes(path)).DataSet;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static DataSet? TryRead(string xml)
    {
        try
        {
            return NativeDicomModel.Read(Encoding.UTF8.GetBytes(xml));
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    // Without what the two are known to say differently: compressed pixel data, and private attributes of implicit VR,
    // of which DCMTK knows some.
    private static string TextOf(DataSet dataSet)
    {
        var kept = DicomJson.Read(DicomJson.Write(dataSet));
        foreach (var element in kept.ToArray())
        {
            if (element.Vr.IsBulk || element.Tag.IsPrivate || element.Tag == DicomTag.SpecificCharacterSet)
            {
                kept.Remove(element.Tag);
            }
        }

        return Encoding.UTF8.GetString(WithoutCarets(DicomJson.Write(kept)));
    }

    private static string FirstDifference(byte[] one, byte[] other) =>
        FirstDifference(Encoding.UTF8.GetString(one), Encoding.UTF8.GetString(other));

    private static string FirstDifference(string one, string other)
    {
        var at = 0;
        while (at < one.Length && at < other.Length && one[at] == other[at])
        {
            at++;
        }

        var from = Math.Max(0, at - 60);
        return $"{one[from..Math.Min(one.Length, at + 60)]} ≠ {other[from..Math.Min(other.Length, at + 60)]}";
    }
}
