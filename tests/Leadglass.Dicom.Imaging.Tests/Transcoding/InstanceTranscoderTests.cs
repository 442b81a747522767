using System.IO.Pipelines;
using Leadglass.Dicom.Imaging.Tests.Codecs;

namespace Leadglass.Dicom.Imaging.Tests.Transcoding;

/// <summary>What leaves is a data set that tells the truth about its pixels.</summary>
public sealed class InstanceTranscoderTests
{
    private static readonly TransferSyntax Rle = TransferSyntax.Find("1.2.840.10008.1.2.5")!;
    private static readonly TransferSyntax JpegLossless = TransferSyntax.Find("1.2.840.10008.1.2.4.70")!;
    private static readonly TransferSyntax Uncompressed = TransferSyntax.Find("1.2.840.10008.1.2.1.98")!;

    [Fact]
    public async Task What_belongs_to_fragments_is_left_out_and_the_rest_is_kept_in_order()
    {
        var picture = new Picture(5, 5, 1, 8, 8) { Frames = 2 };
        var instance = Instance(picture, Uncompressed, number => picture.Pixels()[((number - 1) * 25)..(number * 25)]);
        var header = instance.Header;
        header.SetBytes(DicomTag.ExtendedOffsetTable, ValueRepresentation.OV, new byte[16]);
        header.SetBytes(DicomTag.ExtendedOffsetTableLengths, ValueRepresentation.OV, new byte[16]);
        header.SetString(DicomTag.LossyImageCompression, "01");
        header.SetUInt32(new DicomTag(0x0028, 0x0000), 1234);
        var trailer = new DataSet();
        trailer.SetBytes(new DicomTag(0xFFFC, 0xFFFC), ValueRepresentation.OB, new byte[4]);
        var overlay = Enumerable.Range(0, 70_000).Select(i => (byte)i).ToArray();

        var written = await WriteAsync(
            instance with
            {
                Trailer = trailer,
                LongValues =
                [
                    new LongValue(
                        new DicomTag(0x6000, 0x3000),
                        ValueRepresentation.OW,
                        overlay.Length,
                        async (output, token) => await output.WriteAsync(overlay, token)
                    ),
                ],
            }
        );

        Assert.False(written.HadTagsOutOfOrder);
        Assert.False(written.Contains(DicomTag.ExtendedOffsetTable));
        Assert.False(written.Contains(DicomTag.ExtendedOffsetTableLengths));
        Assert.False(written.Contains(new DicomTag(0x0028, 0x0000)));
        Assert.Equal("01", written.GetString(DicomTag.LossyImageCompression));
        Assert.Equal(overlay, written.GetBytes(new DicomTag(0x6000, 0x3000))!.Value.ToArray());
        Assert.True(written.Contains(new DicomTag(0xFFFC, 0xFFFC)));
        Assert.Equal(picture.Pixels(), written.GetBytes(DicomTag.PixelData)!.Value.ToArray());
    }

    [Fact]
    public async Task Frames_of_single_bits_follow_each_other_without_gaps()
    {
        var picture = new Picture(3, 3, 1, 8, 8) { Frames = 3 };
        var instance = Instance(picture, Uncompressed, number => number == 2 ? [0x00, 0xFE] : [0xFF, 0xFF]);
        instance.Header.SetUInt16(DicomTag.BitsAllocated, 1);
        instance.Header.SetUInt16(DicomTag.BitsStored, 1);
        instance.Header.SetUInt16(DicomTag.HighBit, 0);
        var written = await WriteAsync(instance);
        // Nine ones, nine zeros, nine ones, from the lowest bit on.
        Assert.Equal([0xFF, 0x01, 0xFC, 0x07], written.GetBytes(DicomTag.PixelData)!.Value.ToArray());
    }

    [Fact]
    public async Task An_odd_length_is_padded()
    {
        var picture = new Picture(3, 5, 1, 8, 8);
        var written = await WriteAsync(Instance(picture, Uncompressed, _ => picture.Pixels()));
        Assert.Equal([.. picture.Pixels(), 0], written.GetBytes(DicomTag.PixelData)!.Value.ToArray());
        Assert.Equal(ValueRepresentation.OB, written.Find(DicomTag.PixelData)!.Vr);
    }

    [Fact]
    public async Task Planes_of_a_codestream_leave_as_pixels_and_the_header_says_so()
    {
        var picture = new Picture(4, 6, 3, 8, 8) { IsPlanar = true };
        var samples = new Picture(4, 6, 3, 8, 8).Pixels();
        var encoder = new JpegLosslessEncoder(8, 1, 0, 0, IsInterleaved: false, HasLongCodes: false);
        var encoded = encoder.Encode([.. samples.Select(sample => (ushort)sample)], 4, 6, 3);
        var instance = Instance(picture, JpegLossless, _ => encoded);
        var written = await WriteAsync(instance);
        Assert.Equal(0, written.GetInt32(DicomTag.PlanarConfiguration));
        Assert.Equal(1, instance.Header.GetInt32(DicomTag.PlanarConfiguration));
        Assert.Equal(samples, written.GetBytes(DicomTag.PixelData)!.Value.ToArray());
    }

    [Fact]
    public async Task An_icon_becomes_native_too()
    {
        var picture = new Picture(8, 8, 1, 8, 8);
        var icon = Instance(picture, Rle, _ => []).Header;
        icon.Set(new FragmentsElement(DicomTag.PixelData, default, [Encode(picture)]));
        var instance = Instance(picture, Rle, _ => Encode(picture));
        instance.Header.SetItems(DicomTag.IconImageSequence, icon);
        var written = await WriteAsync(instance);
        var item = Assert.Single(written.GetItems(DicomTag.IconImageSequence));
        Assert.Equal(picture.Pixels(), item.GetBytes(DicomTag.PixelData)!.Value.ToArray());
    }

    [Fact]
    public async Task An_icon_that_cannot_be_decoded_is_left_out()
    {
        var picture = new Picture(8, 8, 1, 8, 8);
        var icon = Instance(picture, Rle, _ => []).Header;
        icon.Set(new FragmentsElement(DicomTag.PixelData, default, [new byte[70]]));
        var instance = Instance(picture, Rle, _ => Encode(picture));
        instance.Header.SetItems(DicomTag.IconImageSequence, icon);
        var written = await WriteAsync(instance);
        Assert.False(written.Contains(DicomTag.IconImageSequence));
        Assert.True(instance.Header.Contains(DicomTag.IconImageSequence));
    }

    [Fact]
    public async Task More_than_an_element_holds_is_refused_before_anything_is_written()
    {
        var picture = new Picture(1024, 1024, 1, 16, 16);
        var pixels = picture.Pixels();
        var instance = Instance(picture with { Frames = 2048 }, Uncompressed, _ => pixels);
        await RefusesAsync(instance, PixelDataProblem.ExceedsLimit);
    }

    [Fact]
    public async Task A_first_frame_that_is_damaged_is_refused_before_anything_is_written()
    {
        var picture = new Picture(8, 8, 1, 8, 8);
        await RefusesAsync(Instance(picture, Rle, _ => new byte[64]), PixelDataProblem.Malformed);
    }

    [Fact]
    public async Task Other_frames_than_the_header_says_are_refused()
    {
        var picture = new Picture(8, 8, 1, 8, 8);
        var instance = Instance(picture, Rle, _ => Encode(picture));
        instance.Header.SetString(DicomTag.NumberOfFrames, "2");
        await RefusesAsync(instance, PixelDataProblem.Malformed);
    }

    [Fact]
    public async Task Video_is_refused_by_name()
    {
        var picture = new Picture(8, 8, 1, 8, 8) { Frames = 50 };
        var video = TransferSyntax.Find("1.2.840.10008.1.2.4.102")!;
        await RefusesAsync(Instance(picture, video, _ => []), PixelDataProblem.NotSupported);
    }

    [Fact]
    public async Task A_frame_larger_than_the_limit_is_refused()
    {
        var picture = new Picture(8, 8, 1, 8, 8);
        var instance = Instance(picture, Rle, _ => Encode(picture));
        instance.Header.SetUInt16(DicomTag.Rows, 65_535);
        instance.Header.SetUInt16(DicomTag.Columns, 65_535);
        await RefusesAsync(instance, PixelDataProblem.ExceedsLimit);
    }

    private static byte[] Encode(Picture picture) =>
        RleEncoder.Encode(picture.Pixels(), PixelDescription.Of(picture.Header()), new Random(1));

    private static EncapsulatedInstance Instance(Picture picture, TransferSyntax syntax, Func<int, byte[]> frame) =>
        new()
        {
            TransferSyntax = syntax,
            Header = picture.Header(),
            Frames = new FramesInMemory(picture.Frames, frame),
        };

    private static async Task<DataSet> WriteAsync(EncapsulatedInstance instance)
    {
        using var decoder = Decoders.New();
        using var stream = new MemoryStream();
        var writer = PipeWriter.Create(stream);
        await new InstanceTranscoder(decoder).WriteAsync(instance, writer, TestContext.Current.CancellationToken);
        await writer.CompleteAsync();
        return DataSetReader.Read(stream.ToArray(), TransferSyntax.ExplicitVrLittleEndian);
    }

    private static async Task RefusesAsync(EncapsulatedInstance instance, PixelDataProblem expected)
    {
        using var decoder = Decoders.New();
        using var stream = new MemoryStream();
        var writer = PipeWriter.Create(stream);
        var problem = await Assert.ThrowsAsync<PixelDataException>(() =>
            new InstanceTranscoder(decoder).WriteAsync(instance, writer, TestContext.Current.CancellationToken)
        );
        await writer.CompleteAsync();
        Assert.Equal(expected, problem.Problem);
        Assert.Empty(stream.ToArray());
    }
}
