using System.IO.Compression;

namespace Leadglass.Dicom.Tests.Reading;

/// <summary>Each limit is refused with position, tag and the limit's name, in memory and while streaming.</summary>
public sealed class ReadLimitsTests
{
    private static readonly TransferSyntax Explicit = TransferSyntax.ExplicitVrLittleEndian;

    [Fact]
    public void Nesting()
    {
        var bytes = new Bytes();
        for (var i = 0; i < 5; i++)
        {
            bytes.Long(0x0040, 0x0275, "SQ", Bytes.Undefined).Item(Bytes.Undefined);
        }

        // Four levels of 20 bytes are allowed; the fifth begins at 80.
        AssertRefused(bytes, new ReadLimits { NestingMax = 4 }, nameof(ReadLimits.NestingMax), 80, new(0x0040, 0x0275));
    }

    [Fact]
    public void Nesting_as_deep_as_any_limit_allows_needs_no_stack()
    {
        var bytes = new Bytes();
        for (var i = 0; i < 256; i++)
        {
            bytes.Long(0x0040, 0x0275, "SQ", Bytes.Undefined).Item(Bytes.Undefined);
        }

        for (var i = 0; i < 256; i++)
        {
            bytes.EndOfItem().EndOfSequence();
        }

        var dataSet = DataSetReader.Read(bytes.ToArray(), Explicit, new ReadLimits { NestingMax = 256 });
        Assert.True(bytes.ToArray().AsSpan().SequenceEqual(DataSetWriter.ToBytes(dataSet, Explicit).Span));
    }

    [Fact]
    public void Element_count()
    {
        var bytes = new Bytes().Short(0x0008, 0x0060, "CS", 0).Short(0x0008, 0x0061, "CS", 0).Short(8, 0x62, "UI", 0);
        var limits = new ReadLimits { ElementCountMax = 2 };
        AssertRefused(bytes, limits, nameof(ReadLimits.ElementCountMax), 16, new(0x0008, 0x0062));
    }

    [Fact]
    public void Fragments_count_as_elements()
    {
        var bytes = new Bytes().Long(0x7FE0, 0x0010, "OB", Bytes.Undefined).Item(0).Item(0).Item(0).EndOfSequence();
        var limits = new ReadLimits { ElementCountMax = 3 };
        AssertRefused(bytes, limits, nameof(ReadLimits.ElementCountMax), 28, DicomTag.PixelData);
    }

    [Fact]
    public void Value_length()
    {
        var bytes = new Bytes().Long(0x0042, 0x0011, "OB", 6, 1, 2, 3, 4, 5, 6);
        AssertRefused(
            bytes,
            new ReadLimits { ValueBytesMax = 5 },
            nameof(ReadLimits.ValueBytesMax),
            0,
            new(0x0042, 0x0011)
        );
    }

    [Fact]
    public void Total()
    {
        var bytes = new Bytes().Short(0x0008, 0x0060, "CS", 2, 77, 82).Short(0x0008, 0x0061, "CS", 2, 77, 82);
        AssertRefused(
            bytes,
            new ReadLimits { TotalBytesMax = 17 },
            nameof(ReadLimits.TotalBytesMax),
            10,
            new(0x0008, 0x0061)
        );
    }

    [Fact]
    public void Bytes_held_of_a_stream()
    {
        using var reader = new InstanceReader(Explicit, new ReadLimits { HeldBytesMax = 1000 });
        var header = new Bytes().Long(0x0008, 0x0119, "UC", 1_000_000).ToArray();
        reader.Feed(header);
        var refused = Assert.Throws<DicomFormatException>(() => reader.Feed(new byte[1000]));
        Assert.Equal(nameof(ReadLimits.HeldBytesMax), refused.Clause);
        Assert.Equal(new DicomTag(0x0008, 0x0119), refused.Tag);
    }

    [Fact]
    public void A_deflated_bomb_is_defused()
    {
        using var deflated = new MemoryStream();
        using (var deflater = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(new Bytes().Long(0x0042, 0x0011, "OB", 512 << 20).ToArray());
            for (var i = 0; i < 512; i++)
            {
                deflater.Write(new byte[1 << 20]);
            }
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<DicomFormatException>(() =>
            DataSetReader.Read(deflated.ToArray(), TransferSyntax.DeflatedExplicitVrLittleEndian)
        );
        Assert.Equal(nameof(ReadLimits.HeldBytesMax), refused.Clause);
        // The buffer doubles up to 32 MiB: twice that in all.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 80 << 20);
    }

    [Fact]
    public void Announced_lengths_allocate_nothing()
    {
        byte[][] liars =
        [
            new Bytes().Long(0x0042, 0x0011, "OB", 0xFFFFFFFE).ToArray(),
            new Bytes().Long(0x0040, 0x0275, "SQ", 0x7FFFFFFF).Item(0x7FFFFFF0).ToArray(),
            new Bytes().Long(0x7FE0, 0x0010, "OB", Bytes.Undefined).Item(0xFFFFFFFE).ToArray(),
        ];
        foreach (var bytes in liars)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<DicomFormatException>(() => DataSetReader.Read(bytes, Explicit));
            using var reader = new InstanceReader(Explicit);
            reader.Feed(bytes);
            Assert.Throws<DicomFormatException>(reader.Complete);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
        }
    }

    [Fact]
    public void Half_a_gigabyte_of_pixel_data_streams_through_in_little_memory()
    {
        const uint length = 512u << 20;
        using var reader = new InstanceReader(Explicit);
        var piece = new byte[1 << 20];
        var before = GC.GetAllocatedBytesForCurrentThread();
        reader.Feed(new Bytes().Short(0x0008, 0x0060, "CS", 2, 77, 82).Long(0x7FE0, 0x0010, "OW", length).ToArray());
        Assert.Equal("MR", reader.Header!.GetString(DicomTag.Modality));
        for (var i = 0; i < 512; i++)
        {
            reader.Feed(piece);
        }

        reader.Complete();
        Assert.Equal(length, reader.PixelData!.Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Fact]
    public void No_option_removes_a_limit()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadLimits { NestingMax = 257 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadLimits { ElementCountMax = int.MaxValue });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadLimits { ValueBytesMax = uint.MaxValue });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadLimits { TotalBytesMax = long.MaxValue });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadLimits { HeldBytesMax = int.MaxValue });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadLimits { FileBytesMax = int.MaxValue });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReadLimits { NestingMax = 0 });
    }

    [Fact]
    public void A_value_of_backslashes_is_not_decoded_into_millions_of_strings()
    {
        var dataSet = new DataSet();
        var backslashes = new byte[8 << 20];
        backslashes.AsSpan().Fill((byte)'\\');
        dataSet.SetBytes(new DicomTag(0x0008, 0x0119), ValueRepresentation.UC, backslashes);
        dataSet.SetBytes(new DicomTag(0x0028, 0x0009), ValueRepresentation.US, new byte[8 << 20]);
        Assert.Equal(DataSet.DecodedValuesMax, dataSet.GetStrings(new DicomTag(0x0008, 0x0119)).Count);
        Assert.Equal(DataSet.DecodedValuesMax, dataSet.GetStrings(new DicomTag(0x0028, 0x0009)).Count);
    }

    private static void AssertRefused(Bytes bytes, ReadLimits limits, string clause, long position, DicomTag tag)
    {
        var whole = Assert.Throws<DicomFormatException>(() => DataSetReader.Read(bytes.ToArray(), Explicit, limits));
        using var reader = new InstanceReader(Explicit, limits);
        var stream = Assert.Throws<DicomFormatException>(() =>
        {
            foreach (var part in bytes.ToArray())
            {
                reader.Feed([part]);
            }

            reader.Complete();
        });
        foreach (var refused in (DicomFormatException[])[whole, stream])
        {
            Assert.Equal((clause, position, tag), (refused.Clause, refused.Position, refused.Tag));
        }
    }
}
