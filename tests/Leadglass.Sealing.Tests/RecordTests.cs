using System.Buffers;
using CsCheck;
using static Leadglass.Sealing.Tests.Records;

namespace Leadglass.Sealing.Tests;

/// <summary>A record opens to exactly what was sealed, or not at all.</summary>
public sealed class RecordTests : IDisposable
{
    private static readonly Token Instance = new(42);

    /// <summary>Lengths around the borders of chunks, where off-by-one errors live.</summary>
    private static readonly Gen<int> Lengths = Gen.Frequency(
        (1, Gen.Const(0)),
        (2, Gen.Int[0, 40]),
        (4, Gen.Select(Gen.Int[1, 4], Gen.Int[-2, 2], (chunks, off) => (chunks * Chunk) + off)),
        (2, Gen.Int[0, 5 * Chunk])
    );

    private readonly MasterKey _master = MasterKey.Create();
    private readonly DataKey _key;

    public RecordTests() => _key = _master.DeriveDataKey(KeyPurpose.Archive);

    public void Dispose()
    {
        _key.Dispose();
        _master.Dispose();
    }

    [Fact]
    public void WhatWasSealedIsWhatIsOpened() =>
        Gen.Select(Lengths, Lengths, Lengths, Gen.Int[1, 3 * Chunk])
            .Sample(
                (descriptor, attributes, pixels, piece) =>
                {
                    byte[][] contents = [Content(descriptor, 1), Content(attributes, 2), Content(pixels, 3)];
                    var record = Seal(_key, Instance, contents, piece);
                    Assert.Equal(RecordSealer.SealedLength(descriptor, attributes, pixels), record.Length);
                    Assert.Equal(contents, OpenAll(record, _key));
                },
                iter: 60,
                threads: 1
            );

    [Fact]
    public void AnyRangeIsWhatTheWholeHasThere()
    {
        Gen.Select(Lengths, Gen.Int[0, 5 * Chunk], Gen.Int[0, 3 * Chunk])
            .Sample(
                (pixels, offset, length) =>
                {
                    var content = Content(pixels, 3);
                    var record = Seal(_key, Instance, [Content(100, 1), Content(70_000, 2), content]);
                    using var opener = Open(record, _key);
                    var part = new byte[length];
                    var read = Complete(opener.ReadAsync(RecordRun.PixelData, offset, part, CancellationToken.None));
                    var expected = content.AsSpan(Math.Min(offset, pixels));
                    Assert.Equal(Math.Min(length, expected.Length), read);
                    Assert.Equal(expected[..read], part.AsSpan(0, read));
                },
                iter: 200,
                threads: 1
            );
    }

    [Fact]
    public async Task AFrameIsReadWithoutTheRest()
    {
        var content = Content(200 * Chunk, 3);
        var source = new CountingSource(Seal(_key, Instance, [Content(100, 1), Content(5000, 2), content]));
        using var opener = await RecordOpener.OpenAsync(source, _key, CancellationToken.None);
        var frame = new byte[Chunk];
        await opener.ReadAsync(RecordRun.PixelData, (100 * Chunk) + 17, frame, CancellationToken.None);

        Assert.Equal(content[((100 * Chunk) + 17)..((101 * Chunk) + 17)], frame);
        Assert.InRange(source.BytesRead, Chunk, (2 * Chunk) + 500);
    }

    [Fact]
    public void EveryFlippedBitIsFound()
    {
        byte[][] contents = [Content(5, 1), Content(20, 2), Content(0, 3)];
        var record = Seal(_key, Instance, contents);
        for (var bit = 0; bit < record.Length * 8; bit++)
        {
            record[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.ThrowsAny<SealingException>(() => Verify(record, _key));
            record[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.Equal(contents, OpenAll(record, _key));
    }

    [Fact]
    public void AFlippedBitInAnyOfManyChunksIsFound()
    {
        var record = Seal(_key, Instance, [Content(10, 1), Content(Chunk, 2), Content((3 * Chunk) + 1, 3)]);
        Gen.Int[0, (record.Length * 8) - 1]
            .Sample(
                bit =>
                {
                    var changed = record.ToArray();
                    changed[bit / 8] ^= (byte)(1 << (bit % 8));
                    Assert.ThrowsAny<SealingException>(() => Verify(changed, _key));
                },
                iter: 300,
                threads: 1
            );
    }

    [Fact]
    public void ARecordCutAnywhereIsRefused()
    {
        var record = Seal(_key, Instance, [Content(10, 1), Content(0, 2), Content((2 * Chunk) + 100, 3)]);
        const int SealedChunk = Chunk + 16;
        int[] lengths =
        [
            0,
            1,
            103,
            104,
            120,
            200,
            104 + 16,
            104 + 16 + SealedChunk,
            record.Length - 96,
            record.Length - 1,
        ];
        foreach (var length in lengths)
        {
            Assert.ThrowsAny<SealingException>(() => Verify(record.AsMemory(0, length), _key));
        }

        // A whole chunk taken out, so that all that is left is sound by itself.
        byte[] shortened = [.. record[..(104 + 16)], .. record[(104 + 16 + SealedChunk)..]];
        Assert.ThrowsAny<SealingException>(() => Verify(shortened, _key));
        Assert.ThrowsAny<SealingException>(() => Verify((byte[])[.. record, 0], _key));
    }

    [Fact]
    public void ChunksAndRunsHaveTheirPlaces()
    {
        const int SealedChunk = Chunk + 16;
        var record = Seal(_key, Instance, [Content(Chunk, 1), Content(Chunk, 2), Content(3 * Chunk, 3)]);
        var chunks = Enumerable
            .Range(0, 5)
            .Select(i => new Range(104 + (i * SealedChunk), 104 + ((i + 1) * SealedChunk)));
        var places = chunks.ToArray();
        for (var i = 0; i < places.Length; i++)
        {
            for (var j = i + 1; j < places.Length; j++)
            {
                var swapped = record.ToArray();
                record.AsSpan(places[i]).CopyTo(swapped.AsSpan(places[j]));
                record.AsSpan(places[j]).CopyTo(swapped.AsSpan(places[i]));
                Assert.ThrowsAny<SealingException>(() => Verify(swapped, _key));
            }
        }
    }

    [Fact]
    public void PartsOfTwoRecordsMakeNoThird()
    {
        byte[][] contents = [Content(10, 1), Content(100, 2), Content(1000, 3)];
        var one = Seal(_key, Instance, contents);
        var two = Seal(_key, Instance, contents);
        Assert.NotEqual(one[104..], two[104..]);
        foreach (var border in new[] { 30, 40, 72, 104, 220, one.Length - 96 })
        {
            Assert.ThrowsAny<SealingException>(() => Verify((byte[])[.. one[..border], .. two[border..]], _key));
        }
    }

    [Fact]
    public void AnotherKeyOpensNothing()
    {
        using var otherMaster = MasterKey.Create();
        using var other = otherMaster.DeriveDataKey(KeyPurpose.Archive);
        var record = Seal(_key, Instance, [Content(10, 1), Content(100, 2), Content(1000, 3)]);
        Assert.Throws<SealedFormatException>(() => Verify(record, other));

        // Even when the header is made to name it: the commitment is to one key only.
        other.Id.Write(record.AsSpan(8));
        Assert.Throws<SealBrokenException>(() => Verify(record, other));
    }

    [Fact]
    public void TheInstanceTravelsSealedInTheRecord()
    {
        var record = Seal(
            _key,
            Instance,
            [
                [],
                [],
                [],
            ]
        );
        using var opener = Open(record, _key);
        Assert.Equal(Instance, opener.Instance);
        Assert.Equal(-1, record.AsSpan().IndexOf(Instance.ToArray()));
    }

    [Fact]
    public void ARunThatHasEndedCannotBeGoneOnWith()
    {
        using var sealer = new RecordSealer(_key, Instance, new ArrayBufferWriter<byte>());
        sealer.Write(RecordRun.Attributes, [1]);
        sealer.Write(RecordRun.PixelData, [2]);
        Assert.Throws<InvalidOperationException>(() => sealer.Write(RecordRun.Attributes, [3]));
        sealer.Complete();
        Assert.Throws<InvalidOperationException>(() => sealer.Write(RecordRun.Descriptor, [4]));
    }

    [Fact]
    public void ASmallRunHasALimit()
    {
        using var opener = Open(Seal(_key, Instance, [Content(1001, 1), [], []]), _key);
        Assert.Throws<SealBrokenException>(() =>
            Complete(opener.ReadRunAsync(RecordRun.Descriptor, 1000, CancellationToken.None))
        );
    }

    [Fact]
    public void ARowOpensOnlyWithItsKeyAndForWhatItBelongsTo()
    {
        using var rows = new RowSealer(_key);
        using var others = new RowSealer(_key, "other rows");
        var row = rows.Seal("plain"u8, "study"u8);
        Assert.Equal(5 + RowSealer.OverheadBytes, row.Length);
        Assert.Equal("plain"u8, rows.Open(row, "study"u8));
        Assert.NotEqual(row, rows.Seal("plain"u8, "study"u8));
        Assert.Throws<SealBrokenException>(() => rows.Open(row, "series"u8));
        Assert.Throws<SealBrokenException>(() => others.Open(row, "study"u8));
        for (var bit = 0; bit < row.Length * 8; bit++)
        {
            var changed = row.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<SealBrokenException>(() => rows.Open(changed, "study"u8));
        }

        Assert.Throws<SealBrokenException>(() => rows.Open(row.AsSpan(0, 27), "study"u8));
    }

    private sealed class CountingSource(byte[] record) : ISealedSource
    {
        private readonly MemorySealedSource _inner = new(record);

        public long BytesRead { get; private set; }

        public long Length => _inner.Length;

        public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var count = await _inner.ReadAsync(offset, buffer, cancellationToken);
            BytesRead += count;
            return count;
        }
    }
}
