using Leadglass.Testing;
using Leadglass.Testing.Processes;

namespace Leadglass.Dicom.Imaging.Tests.Peers;

/// <summary>Every encapsulated file of real vendors, transcoded by us and by DCMTK or GDCM.</summary>
public sealed class RealFileTests(ITestOutputHelper output)
{
    private const string Rounding = "samples differ by up to 1";
    private const string NoDecoder = "both refuse, NotSupported: There is no decoder for";

    /// <summary>What is not equal, and why that is as it should be.</summary>
    private static readonly Dictionary<string, (string Verdict, string Because)> Explained = new(StringComparer.Ordinal)
    {
        ["CT0012.fragmented_no_bot_jpeg_baseline.51.dcm"] = (
            Rounding,
            "12 bits: the inverse transform rounds otherwise"
        ),
        ["CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm"] = (Rounding, "the same"),
        ["JPEG-lossy.dcm"] = (Rounding, "the same"),
        ["JPGExtended.dcm"] = (Rounding, "the same"),
        ["RG2_JPLY.dcm"] = (Rounding, "the same"),
        ["MG1_JPLY"] = (Rounding, "the same"),
        ["MR1_JPLY"] = (Rounding, "the same"),
        ["XA1_JPLY"] = (Rounding, "the same"),
        ["CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm"] = (
            "we refuse, NotSupported: JPEG process C2",
            "progressive with 12 bits is retired and has no decoder here"
        ),
        ["CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm"] = (
            "we refuse, NotSupported: JPEG process C2",
            "the same"
        ),
        ["multiframe.dcm"] = (
            "we refuse, Malformed: The codestream has 55 x 240 pixels",
            "tiles at the edge are smaller than the header says; DCMTK leaves the rest of the frame as it was before"
        ),
        ["genFile.dcm"] = ("both refuse, Malformed", "its frame is no JPEG"),
        ["TC0321_encap_empty_bot.dcm"] = ("both refuse, Malformed", "its frame is cut"),
        ["JPEG2000-embedded-sequence-delimiter.dcm"] = ("both refuse, Malformed", "its codestream is damaged"),
        ["HTJ2KLossless_08_RGB.dcm"] = ("the peer refuses", "the peers have no HTJ2K"),
        ["htj2k_rpcl_202_vlphoto.dcm"] = (
            "the peer refuses",
            "the same; its pixels are compared with their source below"
        ),
        ["liver_rle.dcm"] = ("the peer refuses", "one bit per pixel; compared with the native file below"),
        ["liver_deflate.dcm"] = ("the peer refuses", "the same"),
        ["liver_j2k.dcm"] = ("98304 samples, the peer has 786432", "the same; GDCM forgets to pack the bits"),
        ["h264_102_videoendo.dcm"] = (NoDecoder, "video"),
        ["jxl_lossless_110_vlphoto.dcm"] = (NoDecoder, "JPEG XL"),
        ["will-jxl.dcm"] = (NoDecoder, "JPEG XL"),
        ["jxl_112_vlphoto.dcm"] = (NoDecoder, "JPEG XL"),
    };

    [Fact]
    public async Task Pixels_are_those_of_the_peers()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        Assert.SkipUnless(PeerDecoder.IsInstalled, "dcmtk and libgdcm-tools are not installed");
        using var scratch = new ScratchFolder("pixels");
        using var decoder = Decoders.New();
        var (equal, unexplained) = (0, new List<string>());
        foreach (var path in SharedData.Files)
        {
            if (StoredFile.TryRead(path) is not { } file)
            {
                continue;
            }

            var verdict = await CompareAsync(decoder, file, path, scratch.File("peer.dcm"));
            var line = $"{file.File.TransferSyntax.Uid} {Path.GetRelativePath(SharedData.Root!, path)}: {verdict}";
            output.WriteLine(line);
            equal += verdict == "equal" ? 1 : 0;
            if (verdict != "equal" && !IsExplained(path, verdict))
            {
                unexplained.Add(line);
            }
        }

        Assert.Empty(unexplained);
        Assert.InRange(equal, 100, int.MaxValue);
    }

    [Theory]
    [InlineData("htj2k_rpcl_202_vlphoto.dcm", "VL1_RLE")]
    [InlineData("liver_rle.dcm", "liver_expb.dcm")]
    [InlineData("liver_deflate.dcm", "liver_expb.dcm")]
    [InlineData("liver_j2k.dcm", "liver_expb.dcm")]
    public async Task Pixels_are_those_of_the_source(string name, string source)
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        using var decoder = Decoders.New();
        var ours = await StoredFile.TryRead(Find(name))!.TranscodeAsync(decoder);
        var native = StoredFile.TryRead(Find(source)) is { } encapsulated
            ? await encapsulated.TranscodeAsync(decoder)
            : DicomFile.Read(await File.ReadAllBytesAsync(Find(source))).DataSet;
        Assert.Equal("equal", NativePixels.Compare(ours, native));
    }

    private static string Find(string name) => SharedData.Files.Single(path => Path.GetFileName(path) == name);

    private static bool IsExplained(string path, string verdict) =>
        Explained.TryGetValue(Path.GetFileName(path), out var expected)
        && verdict.Contains(expected.Verdict, StringComparison.Ordinal);

    private static async Task<string> CompareAsync(FrameDecoder decoder, StoredFile file, string path, string target)
    {
        var peers = await PeerDecoder.DecodeAsync(file.File.TransferSyntax, path, target);
        DataSet ours;
        try
        {
            ours = await file.TranscodeAsync(decoder);
        }
        catch (PixelDataException problem)
        {
            return $"{(peers is null ? "both refuse" : "we refuse")}, {problem.Problem}: {problem.Message}";
        }

        return peers is null ? "the peer refuses" : NativePixels.Compare(ours, peers);
    }
}
