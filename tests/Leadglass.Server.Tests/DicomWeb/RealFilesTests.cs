using System.Net;
using System.Net.Http.Headers;
using Leadglass.Dicom;
using Leadglass.Server.Tests.Web;
using Leadglass.Testing;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>
/// Every storable file of many vendors goes in by STOW-RS, comes back byte for byte where any transfer syntax will do, and
/// as Explicit VR Little Endian with the peers' pixels where none is named.
/// </summary>
public sealed class RealFilesTests(WebArchive web, ITestOutputHelper output) : IClassFixture<WebArchive>
{
    /// <summary>They end in the middle of a value, and are refused.</summary>
    private static readonly string[] Broken =
    [
        "GH179B.dcm",
        "emri_small_jpeg_2k_lossless_too_short.dcm",
        "MR_truncated.dcm",
        "rtplan_truncated.dcm",
    ];

    /// <summary>Without loss: here all decoders have to agree to the bit.</summary>
    private static readonly HashSet<string> Lossless =
    [
        "1.2.840.10008.1.2.5",
        "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.90",
    ];

    [Fact]
    public async Task Every_storable_file_leaves_as_it_came_and_as_explicit_little_endian()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        using var scratch = new ScratchFolder("real-files");
        var tally = new Dictionary<string, int>(StringComparer.Ordinal);
        List<string> problems = [];
        foreach (var (index, file) in Files().Index())
        {
            string verdict;
            try
            {
                verdict = await TryAsync(file, scratch);
            }
            catch (HttpRequestException failure)
            {
                verdict = $"! {failure.Message} {failure.InnerException?.Message}";
            }

            var name = $"{file.TransferSyntax} {Path.GetFileName(file.Path)}";
            tally[verdict] = tally.GetValueOrDefault(verdict) + 1;
            if (verdict.StartsWith('!'))
            {
                problems.Add($"{index} {name}: {verdict}");
            }
            else if (verdict != "identical and native")
            {
                output.WriteLine($"{name}: {verdict}");
            }
        }

        foreach (var (verdict, count) in tally)
        {
            output.WriteLine($"{count} {verdict}");
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
        Assert.True(tally.GetValueOrDefault("identical and native") > 200, "too few were native");
        Assert.True(
            !Tool.IsInstalled("gdcmconv") || tally.GetValueOrDefault("identical and the peers' pixels") > 40,
            "too few were compared with the peers"
        );
    }

    private static IEnumerable<RawFile> Files()
    {
        HashSet<string> seen = [];
        foreach (
            var (index, file) in SharedData
                .Files.Where(path => !path.Contains("pwnlabmx+dicom-fuzzing-corpus", StringComparison.Ordinal))
                .Select(RawFile.TryRead)
                .OfType<RawFile>()
                .Where(IsStorable)
                .Index()
        )
        {
            if (!file.IsDeflated)
            {
                // A study of its own for each: identity is another test's affair.
                yield return file.WithFreshUids(index);
            }
            else if (seen.Add(file.SopInstanceUid!))
            {
                yield return file;
            }
        }
    }

    private static bool IsStorable(RawFile file) =>
        TransferSyntax.Find(file.TransferSyntax) is { IsStorable: true }
        && file.SopClassUid?.StartsWith("1.2.840.10008.5.1.4.1.1.", StringComparison.Ordinal) == true
        && SopInstanceUid.TryParse(file.SopInstanceUid, out _)
        && StudyInstanceUid.TryParse(file.StudyInstanceUid, out _)
        && SeriesInstanceUid.TryParse(file.SeriesInstanceUid, out _);

    private async Task<string> TryAsync(RawFile file, ScratchFolder scratch)
    {
        var instance = file.ToInstance();
        using var stored = await StoreAsync(instance);
        if (Broken.Contains(Path.GetFileName(file.Path)))
        {
            return stored.StatusCode is HttpStatusCode.Conflict
                ? "refused, as it is cut off"
                : "! a broken file is taken";
        }

        if (stored.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Accepted))
        {
            return $"! STOW {(int)stored.StatusCode}: {await stored.Content.ReadAsStringAsync()}";
        }

        var path =
            $"/dicom-web/studies/{file.StudyInstanceUid}/series/{file.SeriesInstanceUid}/instances/{file.SopInstanceUid}";
        using var asStored = await web.Program.GetAsync(path, "application/dicom; transfer-syntax=*");
        var back = await asStored.Content.ReadAsByteArrayAsync();
        if (asStored.StatusCode is not HttpStatusCode.OK || !back.AsSpan().EndsWith(instance.DataSet))
        {
            return $"! as stored: {(int)asStored.StatusCode}, not identical";
        }

        using var native = await web.Program.GetAsync(path, "application/dicom");
        return native.StatusCode switch
        {
            HttpStatusCode.OK => Judge(
                instance,
                DicomFile.Read(await native.Content.ReadAsByteArrayAsync()),
                await PeersAsync(instance, scratch)
            ),
            HttpStatusCode.NotAcceptable => $"identical, native 406: {await native.Content.ReadAsStringAsync()}",
            var status => $"! native: {(int)status}",
        };
    }

    private static string Judge(RawInstance instance, DicomFile native, byte[]? peers)
    {
        if (native.TransferSyntax != TransferSyntax.ExplicitVrLittleEndian)
        {
            return $"! native is {native.TransferSyntax}";
        }

        if (peers is null)
        {
            return TransferSyntax.Find(instance.TransferSyntax)!.IsEncapsulated
                ? "identical, native, no peer to compare"
                : "identical and native";
        }

        var isEqual =
            (native.DataSet.Find(DicomTag.PixelData) as ValueElement)?.Bytes.Span.SequenceEqual(peers) == true;
        // GDCM forgets to pack single bits.
        var isGrey =
            native.DataSet.GetInt64(DicomTag.BitsAllocated) > 1
            && native
                .DataSet.GetString(DicomTag.PhotometricInterpretation)
                ?.StartsWith("MONO", StringComparison.Ordinal) == true;
        return isEqual ? "identical and the peers' pixels"
            : Lossless.Contains(instance.TransferSyntax) && isGrey ? "! other pixels than the peer's"
            : "identical, native; the peer has other pixels (colour or loss)";
    }

    /// <summary>The pixels by GDCM; null where it has none.</summary>
    private static async Task<byte[]?> PeersAsync(RawInstance instance, ScratchFolder scratch)
    {
        if (!Lossless.Contains(instance.TransferSyntax) || !Tool.IsInstalled("gdcmconv"))
        {
            return null;
        }

        var (source, target) = (scratch.File("source.dcm"), scratch.File("target.dcm"));
        await File.WriteAllBytesAsync(source, WebProgram.FileOf(instance));
        File.Delete(target);
        var result = await Tool.RunAsync("gdcmconv", ["--raw", source, target]);
        return result.ExitCode == 0 && File.Exists(target)
            ? (
                DicomFile.Read(await File.ReadAllBytesAsync(target)).DataSet.Find(DicomTag.PixelData) as ValueElement
            )?.Bytes.ToArray()
            : null;
    }

    private async Task<HttpResponseMessage> StoreAsync(RawInstance instance)
    {
        using var body = new ByteArrayContent(WebProgram.FileOf(instance));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
        return await web.Program.Client.PostAsync(new Uri("/dicom-web/studies", UriKind.Relative), body);
    }
}
