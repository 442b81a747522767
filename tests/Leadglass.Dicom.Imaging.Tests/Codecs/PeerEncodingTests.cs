using Leadglass.Dicom.Imaging.Tests.Peers;
using Leadglass.Testing.Processes;

namespace Leadglass.Dicom.Imaging.Tests.Codecs;

/// <summary>Images made here, encoded by DCMTK and GDCM in every lossless way they know, decoded by us to the same samples.</summary>
public sealed class PeerEncodingTests
{
    private static readonly Picture[] Pictures =
    [
        new(37, 53, 1, 8, 8),
        new(1, 1, 1, 8, 8),
        new(1, 7, 1, 16, 12),
        new(9, 1, 1, 16, 16),
        new(64, 64, 1, 16, 16),
        new(33, 31, 1, 16, 12) { Frames = 3 },
        new(40, 41, 1, 16, 16, IsSigned: true),
        new(40, 41, 1, 16, 12, IsSigned: true),
        new(25, 27, 3, 8, 8) { Frames = 2 },
        new(24, 16, 3, 8, 8) { IsPlanar = true },
    ];

    [Fact]
    public Task RLE_gives_what_was_encoded() =>
        CheckAsync(Pictures, picture => [("dcmcrle", [])], "1.2.840.10008.1.2.5");

    [Fact]
    public Task RLE_with_wide_samples_gives_what_was_encoded() =>
        CheckAsync(
            [new(12, 13, 1, 32, 32), new(12, 13, 3, 16, 16) { IsPlanar = true }, new(11, 3, 3, 16, 16)],
            picture => [("dcmcrle", [])],
            "1.2.840.10008.1.2.5"
        );

    [Fact]
    public Task JPEG_lossless_gives_what_was_encoded_with_every_selection_value() =>
        CheckAsync(
            Pictures,
            picture => [.. Enumerable.Range(1, 7).Select(value => ("dcmcjpeg", new[] { "+el", "+sv", $"{value}" }))],
            "1.2.840.10008.1.2.4.57"
        );

    [Fact]
    public Task JPEG_lossless_of_first_order_gives_what_was_encoded() =>
        CheckAsync(Pictures, picture => [("dcmcjpeg", ["+e1"])], "1.2.840.10008.1.2.4.70");

    [Fact]
    public Task JPEG_LS_gives_what_was_encoded_with_every_interleaving() =>
        CheckAsync(
            Pictures,
            picture =>
                picture.Samples == 1
                    ? [("dcmcjpls", ["+el"])]
                    : [("dcmcjpls", ["+el", "+il"]), ("dcmcjpls", ["+el", "+is"]), ("dcmcjpls", ["+el", "+in"])],
            "1.2.840.10008.1.2.4.80"
        );

    [Fact]
    public Task JPEG_2000_gives_what_was_encoded() =>
        CheckAsync(
            // GDCM's encoder crashes on pictures smaller than its decomposition.
            [.. Pictures.Where(picture => picture.Rows >= 32 && picture is { Samples: 1, IsSigned: false })],
            picture => [("gdcmconv", ["--j2k"])],
            "1.2.840.10008.1.2.4.90"
        );

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task JPEG_lossless_undoes_a_point_transform(int bits)
    {
        Assert.SkipUnless(PeerDecoder.IsInstalled, "dcmtk is not installed");
        using var scratch = new ScratchFolder("transform");
        using var decoder = Decoders.New();
        var picture = new Picture(30, 29, 1, 16, 16);
        for (var selection = 1; selection <= 7; selection++)
        {
            var encoded = await EncodeAsync(
                scratch,
                picture,
                "dcmcjpeg",
                ["+el", "+sv", $"{selection}", "+pt", $"{bits}"]
            );
            var peers = await PeerDecoder.DecodeAsync(
                encoded.File.TransferSyntax,
                scratch.File("out.dcm"),
                scratch.File("raw.dcm")
            );
            Assert.Equal("equal", NativePixels.Compare(await encoded.TranscodeAsync(decoder), peers!));
        }
    }

    [Theory]
    [InlineData("dcmcjpls", "+en", "+md", "3")]
    [InlineData("dcmcjpeg", "+eb", "+q", "80")]
    [InlineData("dcmcjpeg", "+eb", "+s4", "+cy")]
    [InlineData("dcmcjpeg", "+eb", "+n1", "+cy")]
    [InlineData("dcmcjpeg", "+eb", "+np", "+cy")]
    [InlineData("dcmcjpeg", "+eb", "+cr", "-ho")]
    [InlineData("dcmcjpeg", "+ep", "+q", "70")]
    [InlineData("dcmcjpeg", "+es", "+q", "70")]
    public async Task Lossy_codestreams_give_what_DCMTK_gives(string tool, params string[] arguments)
    {
        Assert.SkipUnless(PeerDecoder.IsInstalled, "dcmtk is not installed");
        using var scratch = new ScratchFolder("lossy");
        using var decoder = Decoders.New();
        foreach (var picture in Pictures.Where(picture => picture.Allocated == 8))
        {
            var encoded = await EncodeAsync(scratch, picture, tool, arguments);
            var peers = await PeerDecoder.DecodeAsync(
                encoded.File.TransferSyntax,
                scratch.File("out.dcm"),
                scratch.File("raw.dcm")
            );
            Assert.Equal(
                (picture, "equal"),
                (picture, NativePixels.Compare(await encoded.TranscodeAsync(decoder), peers!))
            );
        }
    }

    private static async Task CheckAsync(
        IEnumerable<Picture> pictures,
        Func<Picture, IEnumerable<(string Tool, string[] Arguments)>> encodings,
        string syntax
    )
    {
        Assert.SkipUnless(PeerDecoder.IsInstalled, "dcmtk and libgdcm-tools are not installed");
        using var scratch = new ScratchFolder("lossless");
        using var decoder = Decoders.New();
        foreach (var picture in pictures)
        {
            foreach (var (tool, arguments) in encodings(picture))
            {
                var encoded = await EncodeAsync(scratch, picture, tool, arguments);
                Assert.Equal(syntax, encoded.File.TransferSyntax.Uid);
                var verdict = NativePixels.Compare(await encoded.TranscodeAsync(decoder), picture.Native());
                Assert.Equal(
                    $"{picture}, {string.Join(' ', arguments)}: equal",
                    $"{picture}, {string.Join(' ', arguments)}: {verdict}"
                );
            }
        }
    }

    private static async Task<StoredFile> EncodeAsync(
        ScratchFolder scratch,
        Picture picture,
        string tool,
        string[] arguments
    )
    {
        await File.WriteAllBytesAsync(scratch.File("in.dcm"), picture.File());
        var result = await Tool.RunAsync(tool, [.. arguments, scratch.File("in.dcm"), scratch.File("out.dcm")]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return StoredFile.TryRead(scratch.File("out.dcm")) ?? throw new InvalidDataException(result.ToString());
    }
}
