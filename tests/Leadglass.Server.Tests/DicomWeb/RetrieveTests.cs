using System.Net;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Tests.Web;
using Leadglass.Testing.RawDicom;
using TestInstance = Leadglass.Testing.RawDicom.TestInstance;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>WADO-RS and WADO-URI over the whole pipeline: TLS, a program's certificate, the policy, the archive.</summary>
public sealed class RetrieveTests(WebArchive web) : IClassFixture<WebArchive>
{
    private const string Stored = "application/dicom; transfer-syntax=*";

    private readonly WebProgram _program = web.Program;

    [Fact]
    public async Task AnInstanceComesBackAsItWas()
    {
        var raw = TestInstance.Numbered(1).ToRaw();
        await _program.StoreAsync(raw);
        using var answer = await _program.GetAsync(PathOf(raw), Stored);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/dicom", answer.Content.Headers.ContentType?.MediaType);
        var file = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(answer.Content.Headers.ContentLength, file.Length);
        Assert.Equal(raw.DataSet, file[^raw.DataSet.Length..]);
        Assert.Equal("DICM"u8.ToArray(), file[128..132]);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.ETag!.IsWeak);
    }

    [Fact]
    public async Task AStudyAndASeriesComeAsParts()
    {
        var raws = new[]
        {
            TestInstance.Numbered(2, 1, 1).ToRaw(),
            TestInstance.Numbered(2, 1, 2).ToRaw(),
            TestInstance.Numbered(2, 2, 3).ToRaw(),
        };
        await _program.StoreAsync(raws);
        using var study = await _program.GetAsync(
            "/dicom-web/studies/2.25.99.2",
            "multipart/related; type=\"application/dicom\"; transfer-syntax=*"
        );
        Assert.Equal(HttpStatusCode.OK, study.StatusCode);
        var parts = await Part.OfAsync(study);
        Assert.Equal(3, parts.Count);
        Assert.All(raws, raw => Assert.Contains(parts, part => part.Body.AsSpan().EndsWith(raw.DataSet)));
        Assert.All(
            parts,
            part => Assert.Contains("Content-Type: application/dicom", part.Headers, StringComparison.Ordinal)
        );
        using var series = await _program.GetAsync("/dicom-web/studies/2.25.99.2/series/2.25.99.2.1");
        Assert.Equal(2, (await Part.OfAsync(series)).Count);
    }

    [Fact]
    public async Task OneThatCannotBeDecodedLeavesTheOthers()
    {
        var broken = TestInstance.Numbered(21) with { TransferSyntax = "1.2.840.10008.1.2.4.50" };
        var header = broken.HeaderBytes(uint.MaxValue);
        // No offset table, one fragment that is no JPEG, the end of the sequence.
        var fragments = Convert.FromHexString("FEFF00E000000000FEFF00E00400000001020304FEFFDDE000000000");
        await _program.StoreAsync(
            new RawInstance(broken.SopClassUid, broken.SopInstanceUid, broken.TransferSyntax, [.. header, .. fragments])
        );
        using var nothing = await _program.GetAsync("/dicom-web/studies/2.25.99.21");
        Assert.Equal(HttpStatusCode.NotAcceptable, nothing.StatusCode);
        var good = TestInstance.Numbered(21, 1, 2).ToRaw();
        await _program.StoreAsync(good);
        using var study = await _program.GetAsync("/dicom-web/studies/2.25.99.21");
        Assert.Equal(HttpStatusCode.PartialContent, study.StatusCode);
        Assert.EndsWith(
            Convert.ToHexString(good.DataSet.AsSpan(^100..)),
            Convert.ToHexString(Assert.Single(await Part.OfAsync(study)).Body),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task WithoutATransferSyntaxItIsExplicitLittleEndian()
    {
        var instance = TestInstance.Numbered(3) with { TransferSyntax = RawServices.ImplicitLittle };
        var raw = instance.ToRaw();
        await _program.StoreAsync(raw);
        using var answer = await _program.GetAsync(PathOf(raw), "application/dicom");
        var file = DicomFile.Read(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(TransferSyntax.ExplicitVrLittleEndian, file.TransferSyntax);
        var pixels = Assert.IsType<ValueElement>(file.DataSet.Find(DicomTag.PixelData));
        Assert.True(pixels.Bytes.Span.SequenceEqual(raw.DataSet.AsSpan(raw.DataSet.Length - pixels.Bytes.Length)));
    }

    [Fact]
    public async Task WhatCannotBeGivenSaysWhatCan()
    {
        var raw = TestInstance.Numbered(4).ToRaw();
        await _program.StoreAsync(raw);
        using var answer = await _program.GetAsync(
            PathOf(raw),
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90"
        );
        Assert.Equal(HttpStatusCode.NotAcceptable, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        Assert.Contains(
            problem.RootElement.GetProperty("available").EnumerateArray(),
            type => type.GetString()!.Contains("1.2.840.10008.1.2.1", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task FramesComeAloneInListsAndInRanges()
    {
        var instance = TestInstance.Numbered(5) with { Frames = 6, Rows = 8, Columns = 8 };
        var raw = instance.ToRaw();
        await _program.StoreAsync(raw);
        using var answer = await _program.GetAsync(
            $"{PathOf(raw)}/frames/1,3-5",
            "multipart/related; type=application/octet-stream"
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var parts = await Part.OfAsync(answer);
        Assert.Equal(
            [Frame(raw, 1), Frame(raw, 3), Frame(raw, 4), Frame(raw, 5)],
            parts.Select(part => Convert.ToHexString(part.Body))
        );
        using var one = await _program.GetAsync($"{PathOf(raw)}/frames/6", "application/octet-stream");
        Assert.Equal(Frame(raw, 6), Convert.ToHexString(await one.Content.ReadAsByteArrayAsync()));
        using var tooHigh = await _program.GetAsync($"{PathOf(raw)}/frames/7");
        Assert.Equal(HttpStatusCode.NotFound, tooHigh.StatusCode);
        using var nonsense = await _program.GetAsync($"{PathOf(raw)}/frames/one");
        Assert.Equal(HttpStatusCode.BadRequest, nonsense.StatusCode);

        string Frame(RawInstance of, int number) =>
            Convert.ToHexString(of.DataSet.AsSpan(of.DataSet.Length - ((7 - number) * 128), 128));
    }

    [Theory]
    [InlineData("application/dicom+json", null)]
    [InlineData("application/json", "gzip")]
    [InlineData("application/dicom+json", "gzip;q=0")]
    public async Task MetadataIsOneObjectAnInstance(string accept, string? encoding)
    {
        await _program.StoreAsync(TestInstance.Numbered(6, 1, 1).ToRaw(), TestInstance.Numbered(6, 2, 2).ToRaw());
        foreach (
            var (path, count) in new[]
            {
                ("/dicom-web/studies/2.25.99.6/metadata", 2),
                ("/dicom-web/studies/2.25.99.6/series/2.25.99.6.1/metadata", 1),
                ("/dicom-web/studies/2.25.99.6/series/2.25.99.6.1/instances/2.25.99.6.1.1/metadata", 1),
            }
        )
        {
            using var answer = await _program.SendAsync(
                path,
                accept,
                encoding is null ? [] : [("Accept-Encoding", encoding)]
            );
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(accept, answer.Content.Headers.ContentType?.MediaType);
            Assert.Equal(encoding == "gzip" ? ["gzip"] : [], answer.Content.Headers.ContentEncoding);
            await using var body = await answer.Content.ReadAsStreamAsync();
            await using var plain =
                encoding == "gzip"
                    ? new System.IO.Compression.GZipStream(body, System.IO.Compression.CompressionMode.Decompress)
                    : body;
            using var json = await JsonDocument.ParseAsync(plain);
            Assert.Equal(count, json.RootElement.GetArrayLength());
            Assert.All(
                json.RootElement.EnumerateArray(),
                instance =>
                    Assert.StartsWith(
                        "/dicom-web/studies/",
                        instance.GetProperty("7FE00010").GetProperty("BulkDataURI").GetString(),
                        StringComparison.Ordinal
                    )
            );
        }
    }

    [Fact]
    public async Task MetadataComesAsXmlToo()
    {
        await _program.StoreAsync(TestInstance.Numbered(7, 1, 1).ToRaw(), TestInstance.Numbered(7, 1, 2).ToRaw());
        using var answer = await _program.GetAsync(
            "/dicom-web/studies/2.25.99.7/metadata",
            "multipart/related; type=\"application/dicom+xml\""
        );
        var parts = await Part.OfAsync(answer);
        Assert.Equal(2, parts.Count);
        var document = System.Xml.Linq.XDocument.Parse(System.Text.Encoding.UTF8.GetString(parts[0].Body));
        var bulk = Assert.Single(document.Descendants(), element => element.Name.LocalName == "BulkData");
        Assert.EndsWith("/bulkdata/7FE00010", bulk.Attribute("uri")!.Value, StringComparison.Ordinal);
        Assert.Contains(
            document.Descendants(),
            element => element.Name.LocalName == "FamilyName" && element.Value == "Phantom"
        );
    }

    [Theory]
    [InlineData("bytes=0-9", 206, 0, 10)]
    [InlineData("bytes=100-", 206, 100, 8092)]
    [InlineData("bytes=-5", 206, 8187, 5)]
    [InlineData("bytes=8000-99999", 206, 8000, 192)]
    [InlineData("bytes=0-1,4-5", 200, 0, 8192)]
    [InlineData("bytes=5-1", 200, 0, 8192)]
    [InlineData("lines=1-2", 200, 0, 8192)]
    [InlineData("bytes=8192-", 416, 0, 0)]
    public async Task BulkDataComesInRanges(string range, int status, int offset, int length)
    {
        var raw = TestInstance.Numbered(8).ToRaw();
        await _program.StoreAsync(raw);
        using var answer = await _program.SendAsync(
            $"{PathOf(raw)}/bulkdata/7FE00010",
            "application/octet-stream",
            [("Range", range)]
        );
        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 416)
        {
            Assert.Equal("bytes */8192", answer.Content.Headers.ContentRange?.ToString());
            return;
        }

        var pixels = raw.DataSet.AsMemory(raw.DataSet.Length - 8192);
        Assert.Equal(pixels.Slice(offset, length).ToArray(), await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(
            status == 206 ? $"bytes {offset}-{offset + length - 1}/8192" : null,
            answer.Content.Headers.ContentRange?.ToString()
        );
    }

    [Theory]
    [InlineData("", "application/dicom; transfer-syntax=*")]
    [InlineData("/frames/1", "application/octet-stream")]
    [InlineData("/frames/1", "multipart/related; type=application/octet-stream")]
    [InlineData("/bulkdata/7FE00010", "application/octet-stream")]
    [InlineData("/metadata", "application/dicom+json")]
    public async Task WhoHasItAlreadyIsToldSo(string resource, string accept)
    {
        var raw = TestInstance.Numbered(9).ToRaw();
        await _program.StoreAsync(raw);
        using var first = await _program.GetAsync(PathOf(raw) + resource, accept);
        using var again = await _program.SendAsync(
            PathOf(raw) + resource,
            accept,
            [("If-None-Match", first.Headers.ETag!.ToString())]
        );
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
        using var equal = await _program.GetAsync(PathOf(raw) + resource, accept);
        Assert.Equal(await first.Content.ReadAsByteArrayAsync(), await equal.Content.ReadAsByteArrayAsync());
        using var stranger = await WebProgram.RegisterAsync(
            web.Archive,
            ProgramRights.Write,
            $"writer-{Guid.NewGuid():N}"
        );
        using var refused = await stranger.SendAsync(
            PathOf(raw) + resource,
            accept,
            [("If-None-Match", first.Headers.ETag.ToString())]
        );
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Null(refused.Headers.ETag);
    }

    [Fact]
    public async Task WadoUriGivesOneInstance()
    {
        var raw = TestInstance.Numbered(10).ToRaw();
        await _program.StoreAsync(raw);
        var query =
            $"/dicom-web/wado?requestType=WADO&studyUID=2.25.99.10&seriesUID=2.25.99.10.1&objectUID={raw.SopInstanceUid}";
        using var answer = await _program.GetAsync($"{query}&contentType=application/dicom");
        Assert.Equal("application/dicom", answer.Content.Headers.ContentType?.MediaType);
        Assert.EndsWith(
            Convert.ToHexString(raw.DataSet),
            Convert.ToHexString(await answer.Content.ReadAsByteArrayAsync()),
            StringComparison.Ordinal
        );
        using var rendered = await _program.GetAsync($"{query}&windowWidth=10&windowCenter=5");
        Assert.Equal(HttpStatusCode.NotImplemented, rendered.StatusCode);
        using var wrong = await _program.GetAsync("/dicom-web/wado?requestType=WADO&studyUID=2.25.99.10");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Theory]
    [InlineData("/dicom-web/studies/2.25.99.11/rendered", 501)]
    [InlineData("/dicom-web/studies/2.25.99.11/thumbnail", 501)]
    [InlineData("/dicom-web/studies/2.25.77.1", 404)]
    [InlineData("/dicom-web/studies/2.25.77.1/metadata", 404)]
    [InlineData("/dicom-web/studies/not-a-uid", 400)]
    [InlineData("/dicom-web/studies/2.25.99%0d%0aSet-Cookie:%20a=b", 400)]
    [InlineData("/dicom-web/studies/..%2f..%2fetc%2fpasswd", 400)]
    [InlineData("/dicom-web/studies/2.25.99.11/bulkdata/7FE00010", 404)]
    [InlineData("/nothing/here", 404)]
    public async Task WhatIsNotThereIsAProblem(string path, int status)
    {
        using var answer = await _program.GetAsync(path);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.DoesNotContain("2.25", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherMethodIsNotAllowedAndSaysWhichAre()
    {
        using var answer = await _program.GetAsync("/dicom-web/studies/2.25.1/metadata", method: "DELETE");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Contains("GET", answer.Content.Headers.Allow);
    }

    private static string PathOf(RawInstance raw)
    {
        var parts = raw.SopInstanceUid.Split('.');
        return $"/dicom-web/studies/{string.Join('.', parts[..^2])}/series/{string.Join('.', parts[..^1])}"
            + $"/instances/{raw.SopInstanceUid}";
    }
}
