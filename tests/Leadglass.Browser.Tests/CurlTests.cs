using System.Text.Json.Nodes;
using Leadglass.Testing.Processes;

namespace Leadglass.Browser.Tests;

/// <summary>curl, as somebody with a shell uses DICOMweb: one command each, as the handbook shows them.</summary>
public sealed class CurlTests(ServedArchive served)
{
    private static readonly TestImage Slice = TestImages.Head[4];

    private static string Series => $"/dicom-web/studies/{Slice.StudyUid}/series/{Slice.StudyUid}.1";

    [Fact]
    public async Task Finds_reads_and_takes_pieces()
    {
        var token = await served.GetTokenAsync("shell", "read");
        using var scratch = new ScratchFolder("curl");
        var file = scratch.File("answer");

        var found = await JsonAsync("/dicom-web/studies?PatientName=m%C3%BCller*&includefield=StudyDescription");
        Assert.Equal("Schädel nativ", (string?)Assert.Single(found)!["00081030"]!["Value"]![0]);
        Assert.Equal(TestImages.Slices, (await JsonAsync($"{Series}/metadata", "--compressed")).Count);

        var instance = $"{Series}/instances/{Slice.SopInstanceUid}";
        await FetchAsync(instance, file, "--header", "Accept: application/dicom; transfer-syntax=*");
        var dump = await Dcmtk.DumpAsync(file, "+P", "PatientName");
        Assert.Contains("MÜLLER-PHANTOM", dump, StringComparison.Ordinal);

        var pixels = Slice.ToFile()[^(Slice.Rows * Slice.Columns * 2)..];
        const string Bytes = "Accept: application/octet-stream";
        await FetchAsync($"{instance}/bulkdata/7FE00010", file, "--header", Bytes);
        Assert.Equal(pixels, await ReadAsync(file));
        await FetchAsync($"{instance}/bulkdata/7FE00010", file, "--header", Bytes, "--range", "1000-1999");
        Assert.Equal(pixels[1000..2000], await ReadAsync(file));

        async Task<JsonArray> JsonAsync(string path, params string[] options)
        {
            await FetchAsync(path, file, ["--header", "Accept: application/dicom+json", .. options]);
            return JsonNode.Parse(await ReadAsync(file))!.AsArray();
        }

        async Task FetchAsync(string path, string output, params string[] options)
        {
            var result = await Tool.RunAsync(
                "curl",
                [
                    "--silent",
                    "--show-error",
                    "--fail-with-body",
                    "--cacert",
                    served.AuthorityPath,
                    "--header",
                    $"Authorization: Bearer {token}",
                    "--output",
                    output,
                    .. options,
                    served.Origin + path,
                ]
            );
            Assert.True(result.ExitCode == 0, $"{path}\n{result}");
        }
    }

    private static Task<byte[]> ReadAsync(string file) =>
        File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
}
