using System.Text;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>Studies whose answers are known, in many character sets.</summary>
public sealed class KnownStudies : IAsyncLifetime
{
    private readonly ArchiveFixture fixture = new();

    public ArchiveFixture Fixture => fixture;

    public static IReadOnlyList<TestInstance> All { get; } =
    [.. Studies().SelectMany(study => (IEnumerable<TestInstance>)[study, Second(study)])];

    public async ValueTask InitializeAsync()
    {
        await fixture.InitializeAsync();
        await fixture.StoreAsync(fixture.Scanner, [.. All.Select(i => i.ToRaw())]);
    }

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    private static IEnumerable<TestInstance> Studies()
    {
        yield return Study(1, "ISO_IR 100", Encoding.Latin1, "Müller^Hänsel") with
        {
            StudyDate = "20200102",
        };
        yield return Study(2, null, Encoding.ASCII, "MUELLER^GRETEL") with
        {
            StudyDate = "20200131",
            Modality = "MR",
        };
        yield return Study(3, null, Encoding.ASCII, "muller^otto") with
        {
            StudyDate = "20200201",
            StudyTime = "235959",
        };
        yield return Study(4, @"\ISO 2022 IR 87", Encoding.GetEncoding(50220), "Yamada^Tarou=山田^太郎=やまだ^たろう");
        yield return Study(5, "ISO_IR 144", Encoding.GetEncoding(28595), "Иванов^Пробный");
        yield return Study(6, "ISO_IR 192", Encoding.UTF8, "Παπαδοπούλου^Δοκιμή");
        yield return Study(7, "GB18030", Encoding.GetEncoding(54936), "Wang^XiaoDong=王^小东") with
        {
            Modality = "MG",
        };
        yield return Study(8, null, Encoding.ASCII, "Nemo^Nobody") with
        {
            ScheduledProcedureStepId = "SPS-8",
        };
    }

    private static TestInstance Study(int number, string? characterSet, Encoding encoding, string name) =>
        TestInstance.Numbered(number, root: "2.25.77") with
        {
            CharacterSet = characterSet,
            Encoding = encoding,
            PatientName = name,
            PatientId = $"KNOWN-{number}",
            AccessionNumber = $"A{number}00",
            StudyDate = "20210303",
            StudyDescription = $"Known study {number}",
        };

    private static TestInstance Second(TestInstance first) =>
        first with
        {
            SeriesInstanceUid = first.SeriesInstanceUid + "9",
            SopInstanceUid = first.SopInstanceUid + "9",
            SeriesNumber = 2,
            SeriesDescription = "Sagittal",
            ScheduledProcedureStepId = null,
        };
}

/// <summary>findscu over TLS at every level, with every kind of matching of PS3.4 C.2.2.2.</summary>
public sealed class DcmtkQueryTests(KnownStudies known) : IClassFixture<KnownStudies>, IDisposable
{
    private readonly ScratchFolder scratch = new("findscu");

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData("universal", "1 2 3 4 5 6 7 8", "PatientName")]
    [InlineData("single value", "4", "PatientID=KNOWN-4")]
    [InlineData("single value of another key", "3", "AccessionNumber=A300")]
    [InlineData("wildcard star", "1 2 3", "PatientName=MUELL*", "ModalitiesInStudy")]
    [InlineData("wildcard question mark", "1 2 3 4 5 6 7 8", "PatientID=KNOWN-?")]
    [InlineData("wildcard inside", "2", "PatientName=*GRETEL")]
    [InlineData("name, case-insensitive", "8", "PatientName=nemo^nobody")]
    [InlineData("name, accent-insensitive", "1", "PatientName=muller^hansel")]
    [InlineData("name in Latin letters of a Japanese patient", "4", "PatientName=yamada*")]
    [InlineData("name in ideographs", "4", "PatientName=*山田*", "SpecificCharacterSet=ISO_IR 192")]
    [InlineData("name in Cyrillic", "5", "PatientName=иванов*", "SpecificCharacterSet=ISO_IR 192")]
    [InlineData("name in Greek", "6", "PatientName=Παπαδοπουλου*", "SpecificCharacterSet=ISO_IR 192")]
    [InlineData("name in Chinese", "7", "PatientName=*王*", "SpecificCharacterSet=ISO_IR 192")]
    [InlineData("date", "1", "StudyDate=20200102")]
    [InlineData("range", "1 2", "StudyDate=20200101-20200131")]
    [InlineData("range without end", "3 4 5 6 7 8", "StudyDate=20200201-")]
    [InlineData("range without beginning", "1 2", "StudyDate=-20200131")]
    [InlineData("range of times", "3", "StudyTime=200000-235959", "StudyDate=20200201")]
    [InlineData("list of UIDs", "2 5", @"StudyInstanceUID=2.25.77.2\2.25.77.5")]
    [InlineData("modalities in study", "2", "ModalitiesInStudy=MR")]
    [InlineData("several keys", "1", "PatientName=M*", "StudyDate=20200102", "ModalitiesInStudy=CT")]
    [InlineData("nothing matches", "", "PatientID=NO-SUCH-ID")]
    public async Task Study_level(string kind, string studies, params string[] keys)
    {
        var (result, files) = await FindAsync("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", .. keys]);
        Assert.True(
            Numbers(files, f => f.StudyInstanceUid) == studies,
            $"{kind}: expected studies '{studies}', got '{Numbers(files, f => f.StudyInstanceUid)}'\n{result}"
        );
    }

    [Fact]
    public async Task Patient_level_of_the_patient_root()
    {
        var (result, files) = await FindAsync(
            "-P",
            ["QueryRetrieveLevel=PATIENT", "PatientID=KNOWN-2", "PatientName", "PatientBirthDate", "PatientSex"]
        );
        Assert.True(files is [_], result.ToString());
        var patient = RawFile.TryRead(files[0])!;
        Assert.Equal("MUELLER^GRETEL", patient.Text(0x00100010));
        Assert.Equal("19010203", patient.Text(0x00100030));
        Assert.Equal("O", patient.Text(0x00100040));
    }

    [Fact]
    public async Task Study_level_below_a_patient()
    {
        var (result, files) = await FindAsync(
            "-P",
            ["QueryRetrieveLevel=STUDY", "PatientID=KNOWN-2", "StudyInstanceUID", "StudyDescription"]
        );
        Assert.True(files is [_], result.ToString());
        Assert.Equal("Known study 2", RawFile.TryRead(files[0])!.Text(0x00081030));
    }

    [Theory]
    [InlineData("all of a study", "2.25.77.8.1 2.25.77.8.19")]
    [InlineData("by number", "2.25.77.8.19", "SeriesNumber=2")]
    [InlineData("by description", "2.25.77.8.19", "SeriesDescription=Sag*")]
    [InlineData("by modality", "2.25.77.8.1 2.25.77.8.19", "Modality=CT")]
    [InlineData("list of UIDs", "2.25.77.8.1", @"SeriesInstanceUID=2.25.77.8.1\2.25.77.9.9")]
    [InlineData("sequence", "2.25.77.8.1", "RequestAttributesSequence[0].ScheduledProcedureStepID=SPS-8")]
    public async Task Series_level(string kind, string series, params string[] keys)
    {
        var (result, files) = await FindAsync(
            "-S",
            ["QueryRetrieveLevel=SERIES", "StudyInstanceUID=2.25.77.8", "SeriesInstanceUID", .. keys]
        );
        var found = files.Select(f => RawFile.TryRead(f)!.SeriesInstanceUid).Order(StringComparer.Ordinal);
        Assert.True(string.Join(' ', found) == series, $"{kind}\n{result}");
    }

    [Fact]
    public async Task Image_level()
    {
        var (result, files) = await FindAsync(
            "-S",
            [
                "QueryRetrieveLevel=IMAGE",
                "StudyInstanceUID=2.25.77.8",
                "SeriesInstanceUID=2.25.77.8.1",
                "SOPInstanceUID",
                "SOPClassUID",
                "InstanceNumber",
            ]
        );
        Assert.True(files is [_], result.ToString());
        var image = RawFile.TryRead(files[0])!;
        Assert.Equal("2.25.77.8.1.1", image.SopInstanceUid);
        Assert.Equal(TestInstance.CtImageStorage, image.SopClassUid);
        Assert.Equal("1", image.Text(0x00200013));
    }

    [Fact]
    public async Task A_series_level_query_that_names_no_study_is_an_error_where_queries_are_hierarchical()
    {
        var (result, files) = await FindAsync("-S", ["QueryRetrieveLevel=SERIES", "SeriesInstanceUID"]);
        Assert.Empty(files);
        Assert.DoesNotContain("(Success)", result.Everything);
    }

    [Theory]
    [InlineData(1, "Müller^Hänsel")]
    [InlineData(4, "Yamada^Tarou=山田^太郎=やまだ^たろう")]
    [InlineData(5, "Иванов^Пробный")]
    [InlineData(6, "Παπαδοπούλου^Δοκιμή")]
    [InlineData(7, "Wang^XiaoDong=王^小东")]
    public async Task Names_are_answered_in_a_character_set_that_holds_them(int study, string name)
    {
        var (result, files) = await FindAsync(
            "-S",
            ["QueryRetrieveLevel=STUDY", $"StudyInstanceUID=2.25.77.{study}", "PatientName", "SpecificCharacterSet"]
        );
        Assert.True(files is [_], result.ToString());
        // dcmdump of Debian cannot convert ISO 2022, so pydicom says what the answer means.
        var read = await Tool.RunAsync(
            "/usr/bin/python3",
            ["-c", "import pydicom,sys;print(pydicom.dcmread(sys.argv[1]).PatientName)", files[0]],
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["PYTHONIOENCODING"] = "utf-8" }
        );
        Assert.True(read.Output.Trim() == name, $"{read}\n{result}");
    }

    private Task<(ToolResult Result, IReadOnlyList<string> Files)> FindAsync(string model, string[] keys) =>
        new Dcmtk(known.Fixture.Archive.Host, known.Fixture.Archive.DicomPort, known.Fixture.Workstation).FindAsync(
            scratch.File($"{Guid.NewGuid():N}"),
            model,
            keys
        );

    private static string Numbers(IReadOnlyList<string> files, Func<RawFile, string?> uid) =>
        string.Join(' ', files.Select(f => uid(RawFile.TryRead(f)!)?.Split('.')[^1]).Order(StringComparer.Ordinal));
}
