using System.Text;
using Leadglass.Testing.Processes;
using static Leadglass.Exposure.Tests.Web.WebDouble;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>The one row that rung 6 looks at, in a process of its own.</summary>
public sealed class RowReaderTests
{
    private const string Rows =
        "[{\"00080005\":{\"vr\":\"CS\",\"Value\":[\"ISO_IR 192\"]},"
        + "\"00080050\":{\"vr\":\"SH\"},"
        + "\"00080090\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\" ^ \"}]},"
        + "\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"CANARY^PINEAPPLE\"}]},"
        + "\"00100020\":{\"vr\":\"LO\",\"Value\":[\"CANARY-ID\"]},"
        + "\"00100030\":{\"vr\":\"DA\",\"Value\":[null]},"
        + "\"00081110\":{\"vr\":\"SQ\",\"Value\":[{\"00100040\":{\"vr\":\"CS\"}}]}}]";

    private static readonly WebProbeOptions Options = new()
    {
        RowReaderCommand = ["dotnet", "exec", ArchiveProcess.ProgramPath, RowReader.Verb],
    };

    [Fact]
    public async Task FilledFieldsComeBackAsKeywordsAndNothingElse()
    {
        await using var server = Of(request =>
            request.PathAndQuery.Contains("StudyInstanceUID=2.25.", StringComparison.Ordinal)
                ? Response(200, "application/dicom+json", "[]")
            : request.Path == "/dicom-web/studies" ? Response(200, "application/dicom+json", Rows)
            : NotFound
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.IdentifyingFields, options: Options);
        Assert.Equal(["PatientName", "PatientID"], seen.IdentifyingFields);
        Assert.Equal(Answer.Open, seen.Of(Rung.IdentifyingFields));
        Assert.True(seen.RecordsVisible);
        Assert.Equal(1, server.MostAtOnce);
    }

    [Fact]
    public async Task WithoutAProcessTheRungStaysUnknown()
    {
        await using var server = Of(request =>
            request.Path == "/dicom-web/studies" ? Response(200, "application/dicom+json", "[]") : NotFound
        );
        foreach (
            var command in (string[][])
                [
                    [],
                    ["/nonexistent"],
                    ["/bin/true"],
                    ["/bin/cat"],
                    ["/bin/yes"],
                ]
        )
        {
            var seen = await WebTesting.ObserveAsync(
                server.Target,
                Rung.IdentifyingFields,
                options: new WebProbeOptions { RowReaderCommand = command }
            );
            Assert.Equal(Answer.Unknown, seen.Of(Rung.IdentifyingFields));
            Assert.Empty(seen.IdentifyingFields);
        }
    }

    [Theory]
    [InlineData("[]", 0, 0)]
    [InlineData("[{}]", 1, 0)]
    [InlineData(
        "[{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"A\"}]}},{\"00100020\":{\"Value\":[\"B\"]}}]",
        1,
        1
    )]
    [InlineData("[{\"00100010\":{\"vr\":\"PN\"},\"00100020\":{\"vr\":\"LO\",\"Value\":[\"A\"]}}]", 1, 2)]
    [InlineData(
        "[{\"MainDicomTags\":{\"StudyDate\":\"x\"},\"PatientMainDicomTags\":{\"PatientName\":\"A\",\"PatientID\":\"\"}}]",
        1,
        1
    )]
    [InlineData("[{\"00100030\":{\"vr\":\"DA\",\"Value\":[\"1", 1, 0)]
    [InlineData("[{\"00100020\":{\"vr\":\"LO\",\"Value\":[\"A\"]},}", 1, 2)]
    [InlineData("<html>", 0, 0)]
    public void OfAFieldOnlyWhetherItIsFilledIsSeen(string json, int rows, int filled)
    {
        var scan = RowFields.Scan(Encoding.UTF8.GetBytes(json));
        Assert.Equal((rows, filled), (scan.Rows, scan.Filled));
    }

    [Fact]
    public void NothingButNumbersInTheirRangeComesBack()
    {
        Assert.Equal(new RowResult(200, 1, 3), RowResult.Parse(new RowResult(200, 1, 3).ToBytes()));
        Assert.Null(RowResult.Parse(new RowResult(200, 2, 3).ToBytes()));
        Assert.Null(RowResult.Parse(new RowResult(200, 1, 1 << 30).ToBytes()));
        Assert.Null(RowResult.Parse(new RowResult(-1, 1, 0).ToBytes()));
        Assert.Null(RowResult.Parse(new byte[RowResult.Length + 1]));
    }
}
