using System.Buffers.Binary;
using System.IO.Pipelines;
using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>Single frames, single values and what stands around the pixel data, each without the rest.</summary>
public sealed class FrameTests : IAsyncLifetime
{
    private const string Instance = "1.2.3.1";
    private const string Jpeg = "1.2.840.10008.1.2.4.50";
    private static readonly CancellationToken None = CancellationToken.None;
    private TestArchive _archive = null!;

    public async ValueTask InitializeAsync() => _archive = await TestArchive.StartAsync();

    public ValueTask DisposeAsync() => _archive.DisposeAsync();

    [Theory]
    [InlineData(8, 1, "1.2.840.10008.1.2.1")]
    [InlineData(8, 3, "1.2.840.10008.1.2")]
    [InlineData(16, 1, "1.2.840.10008.1.2.2")]
    [InlineData(16, 1, "1.2.840.10008.1.2.1.99")]
    [InlineData(32, 1, "1.2.840.10008.1.2.1")]
    [InlineData(64, 1, "1.2.840.10008.1.2.2")]
    public async Task ANativeFrameIsItsPartOfThePixelData(int bits, int samples, string syntax)
    {
        const int frames = 5;
        var pixels = Noise(frames * 7 * 9 * samples * bits / 8);
        await _archive.StoreAsync(Image(frames, 7, 9, bits, samples, pixels), TransferSyntax.Find(syntax)!);
        using var opened = await OpenAsync();
        Assert.Equal(frames, await opened.CountFramesAsync(None));
        var length = pixels.Length / frames;
        foreach (var frame in (int[])[3, 1, 5, 4, 2])
        {
            Assert.Equal(length, await opened.FrameLengthAsync(frame, None));
            Assert.Equal(pixels.AsSpan((frame - 1) * length, length).ToArray(), await FrameAsync(opened, frame));
        }
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.2")]
    public async Task AFrameOfSingleBitsBeginsWithItsOwnFirstBit(string syntax)
    {
        // 21 bits each: only every eighth frame begins at a byte.
        const int frames = 17;
        const int bits = 3 * 7;
        var pixels = Noise(((frames * bits) + 15) / 16 * 2);
        await _archive.StoreAsync(Image(frames, 3, 7, 1, 1, pixels), TransferSyntax.Find(syntax)!);
        using var opened = await OpenAsync();
        for (var frame = 1; frame <= frames; frame++)
        {
            var expected = new byte[3];
            for (var bit = 0; bit < bits; bit++)
            {
                var at = ((frame - 1) * bits) + bit;
                expected[bit / 8] |= (byte)(((pixels[at / 8] >> (at % 8)) & 1) << (bit % 8));
            }

            Assert.Equal(3, await opened.FrameLengthAsync(frame, None));
            Assert.Equal(expected, await FrameAsync(opened, frame));
        }
    }

    [Theory]
    [InlineData("one fragment each")]
    [InlineData("basic")]
    [InlineData("extended")]
    [InlineData("markers")]
    public async Task ACompressedFrameIsItsFragmentsJoined(string table)
    {
        const int frames = 6;
        var random = new Random(4);
        List<byte[]> fragments = [];
        List<byte[]> expected = [];
        List<long> starts = [];
        long offset = 0;
        for (var frame = 0; frame < frames; frame++)
        {
            starts.Add(offset);
            List<byte> whole = [];
            for (var part = 0; part < (table == "one fragment each" ? 1 : 1 + random.Next(3)); part++)
            {
                var fragment = Noise(2 * random.Next(3, 40_000), random.Next());
                fragment[0] = 1;
                if (part == 0)
                {
                    new byte[] { 0xFF, 0xD8, 0xFF }.CopyTo(fragment, 0);
                }

                fragments.Add(fragment);
                whole.AddRange(fragment);
                offset += 8 + fragment.Length;
            }

            expected.Add([.. whole]);
        }

        var image = Image(frames, 7, 9, 8, 1, []);
        image.Set(Fragments(fragments, table == "basic" ? starts : []));
        if (table == "extended")
        {
            var bytes = new byte[8 * frames];
            for (var i = 0; i < frames; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8 * i), starts[i]);
            }

            image.SetBytes(DicomTag.ExtendedOffsetTable, ValueRepresentation.OV, bytes);
        }

        await _archive.StoreAsync(image, TransferSyntax.Find(Jpeg)!);
        using var opened = await OpenAsync();
        Assert.True(opened.IsEncapsulated);
        foreach (var frame in (int[])[6, 1, 3, 2, 4, 5])
        {
            Assert.Equal(expected[frame - 1].Length, await opened.FrameLengthAsync(frame, None));
            Assert.Equal(expected[frame - 1], await FrameAsync(opened, frame));
        }
    }

    [Fact]
    public async Task FragmentsThatTellNothingOfFramesAreRefusedAndOneFrameTakesAll()
    {
        byte[][] fragments = [Noise(100, 1), Noise(60, 2), Noise(80, 3)];
        Array.ForEach(fragments, fragment => fragment[0] = 1);
        var image = Image(2, 7, 9, 8, 1, []);
        image.Set(Fragments(fragments, []));
        await _archive.StoreAsync(image, TransferSyntax.Find(Jpeg)!);
        using (var opened = await OpenAsync())
        {
            await Assert.ThrowsAsync<FrameUnavailableException>(async () => await opened.FrameLengthAsync(1, None));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await opened.FrameLengthAsync(3, None));
        }

        await _archive.DeleteAsync("1.2.826.0.1.1");
        image.SetString(DicomTag.NumberOfFrames, "1");
        await _archive.StoreAsync(image, TransferSyntax.Find(Jpeg)!);
        using var single = await OpenAsync();
        Assert.Equal(fragments.SelectMany(one => one).ToArray(), await FrameAsync(single, 1));
    }

    [Fact]
    public async Task AFrameNeedsNothingOfTheOthers()
    {
        const int frames = 40;
        var pixels = Noise(frames * 256 * 256);
        await _archive.StoreAsync(Image(frames, 256, 256, 8, 1, pixels));
        var entry = await _archive.Blobs.ReplayAsync(default, None).SingleAsync(None);
        // A chunk in the middle is damaged: only the frames in it suffer.
        _archive.Memory.Damage(entry.Location, entry.Location.Length / 2);
        using var opened = await OpenAsync();
        Assert.Equal(pixels.AsSpan(0, 65536).ToArray(), await FrameAsync(opened, 1));
        Assert.Equal(pixels.AsSpan(39 * 65536, 65536).ToArray(), await FrameAsync(opened, 40));
        await Assert.ThrowsAsync<Sealing.SealBrokenException>(() => FrameAsync(opened, 20));
    }

    [Fact]
    public async Task FramesBeyondAnyLengthAreNoFrames()
    {
        var image = Image(3, 7, 9, 8, 1, Noise(63));
        image.SetUInt16(DicomTag.Rows, ushort.MaxValue);
        image.SetUInt16(DicomTag.Columns, ushort.MaxValue);
        image.SetUInt16(DicomTag.BitsAllocated, 64);
        image.SetString(DicomTag.NumberOfFrames, "2147483647");
        await _archive.StoreAsync(image);
        using var opened = await OpenAsync();
        foreach (var frame in (int[])[1, 33_556_000, int.MaxValue])
        {
            await Assert.ThrowsAsync<FrameUnavailableException>(async () =>
                await opened.CopyFrameAsync(frame, PipeWriter.Create(Stream.Null), None)
            );
        }
    }

    [Fact]
    public async Task PixelDataShorterThanItsAttributesSayIsNoFrame()
    {
        await _archive.StoreAsync(Image(3, 7, 9, 8, 1, Noise(2 * 63)));
        using var opened = await OpenAsync();
        Assert.Equal(63, (await FrameAsync(opened, 2)).Length);
        await Assert.ThrowsAsync<FrameUnavailableException>(() => FrameAsync(opened, 3));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2.1.99")]
    public async Task AValueIsGivenByItsPathWholeAndInRanges(string syntax)
    {
        var (document, pixels, inner) = (Noise(3 << 20, 1), Noise(4096, 2), Noise(300, 3));
        var item = new DataSet();
        item.SetBytes(DicomTag.WaveformData, ValueRepresentation.OW, inner);
        var image = Image(1, 64, 64, 8, 1, pixels);
        image.SetBytes(DicomTag.EncapsulatedDocument, ValueRepresentation.OB, document);
        image.Set(new SequenceElement(DicomTag.WaveformSequence, [new DataSet(), item]));
        image.SetBytes(new DicomTag(0xFFFC, 0xFFFC), ValueRepresentation.OB, new byte[] { 1, 2, 3, 4 });
        await _archive.StoreAsync(image, TransferSyntax.Find(syntax)!);

        using var opened = await OpenAsync();
        foreach (
            var (path, expected) in ((string, byte[])[])
                [("00420011", document), ("7FE00010", pixels), ("54000100/1/54001010", inner)]
        )
        {
            var value = await opened.ReadBulkDataAsync(path, None);
            Assert.Equal(expected.Length, value!.Length);
            Assert.Equal(expected, await BulkAsync(opened, value, 0, expected.Length));
            Assert.Equal(expected[100..250], await BulkAsync(opened, value, 100, 150));
            Assert.Empty(await BulkAsync(opened, value, expected.Length, 0));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => BulkAsync(opened, value, 100, expected.Length));
        }

        foreach (
            var wrong in (string[])
                [
                    "",
                    "0042001",
                    "00420012",
                    "54000100",
                    "54000100/1",
                    "54000100/2/54001010",
                    "54000100/-1/54001010",
                    "54000100/1/54001010/0/00100010",
                    "../etc/passwd",
                    new string('0', 10_000),
                ]
        )
        {
            Assert.Null(await opened.ReadBulkDataAsync(wrong, None));
        }

        var longValue = Assert.Single(await opened.ReadLongValuesAsync(None));
        Assert.Equal((DicomTag.EncapsulatedDocument, document.Length), (longValue.Tag, longValue.Length));
        var trailer = await opened.ReadTrailerAsync(None);
        Assert.Equal(4, ((ValueElement)Assert.Single(trailer)).Bytes.Length);
    }

    [Fact]
    public async Task WhatStandsBehindFragmentsIsFound()
    {
        var image = TestInstances.Compressed(Image(1, 7, 9, 8, 1, []));
        image.SetBytes(new DicomTag(0xFFFC, 0xFFFC), ValueRepresentation.OB, new byte[] { 1, 2, 3, 4 });
        await _archive.StoreAsync(image, TransferSyntax.Find(Jpeg)!);
        using var opened = await OpenAsync();
        Assert.Single(await opened.ReadTrailerAsync(None));
        Assert.Empty(await opened.ReadLongValuesAsync(None));
    }

    private static DataSet Image(int frames, int rows, int columns, int bits, int samples, byte[] pixels) =>
        TestInstances.Ct(
            instance: Instance,
            change: one =>
            {
                one.SetString(DicomTag.NumberOfFrames, $"{frames}");
                one.SetUInt16(DicomTag.Rows, (ushort)rows);
                one.SetUInt16(DicomTag.Columns, (ushort)columns);
                one.SetUInt16(DicomTag.BitsAllocated, (ushort)bits);
                one.SetUInt16(DicomTag.SamplesPerPixel, (ushort)samples);
                one.Remove(DicomTag.PixelData);
                if (bits > 16)
                {
                    one.SetBytes(
                        bits == 32 ? DicomTag.FloatPixelData : DicomTag.DoubleFloatPixelData,
                        bits == 32 ? ValueRepresentation.OF : ValueRepresentation.OD,
                        pixels
                    );
                }
                else
                {
                    // Odd lengths are padded by whoever writes.
                    one.SetBytes(
                        DicomTag.PixelData,
                        bits > 8 ? ValueRepresentation.OW : ValueRepresentation.OB,
                        pixels
                    );
                }
            }
        );

    private static FragmentsElement Fragments(IReadOnlyList<byte[]> fragments, List<long> starts)
    {
        var table = new byte[starts.Count * 4];
        for (var i = 0; i < starts.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 * i), (uint)starts[i]);
        }

        return new FragmentsElement(
            DicomTag.PixelData,
            table,
            [.. fragments.Select(fragment => (ReadOnlyMemory<byte>)fragment)]
        );
    }

    private static byte[] Noise(int length, int seed = 7)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<OpenedInstance> OpenAsync()
    {
        var grant = await _archive.Access.GrantAsync(Operation.Retrieve);
        var found = await _archive.Archive.Retrieval.FindAsync(
            grant,
            StudyInstanceUid.Parse("1.2.826.0.1.1"),
            SeriesInstanceUid.Parse("1.2.826.0.1.1.1"),
            SopInstanceUid.Parse(Instance),
            None
        );
        return await _archive.Archive.Retrieval.OpenAsync(grant, found!, None);
    }

    private static async Task<byte[]> FrameAsync(OpenedInstance opened, int frame) =>
        await WrittenAsync(sink => opened.CopyFrameAsync(frame, sink, None));

    private static async Task<byte[]> BulkAsync(OpenedInstance opened, BulkData value, long offset, long length) =>
        await WrittenAsync(sink => opened.CopyBulkDataAsync(value, offset, length, sink, None));

    private static async Task<byte[]> WrittenAsync(Func<PipeWriter, ValueTask> write)
    {
        using var all = new MemoryStream();
        var sink = PipeWriter.Create(all, new StreamPipeWriterOptions(leaveOpen: true));
        await write(sink);
        await sink.CompleteAsync();
        return all.ToArray();
    }
}
