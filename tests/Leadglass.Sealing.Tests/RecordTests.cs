using System.Buffers;
using CsCheck;

namespace Leadglass.Sealing.Tests;

/// <summary>A record opens to exactly what was sealed, or not at all.</summary>
public sealed class RecordTests
{
    private const int Chunk = 64 * 1024;
    private static readonly Token Instance = new(42);

    /// <summary>Lengths around the borders of chunks, where off-by-one errors live.</summary>
    private static readonly Gen<int> Lengths = Gen.Frequency(
        (1, Gen.Const(0)),
        (2, Gen.Int[0, 40]),
        (4, Gen.Select(Gen.Int[1, 4], Gen.Int[-2, 2], (chunks, off) => (chunks * Chunk) + off)),
        (2, Gen.Int[0, 5 * Chunk])
    );

    [Fact]
    public void WhatWasSealedIsWhatIsOpened()
    {
        using var master = MasterKey.Create();
        using var key = master.DeriveDataKey(KeyPurpose.Archive);
        Gen.Select(Lengths, Lengths, Lengths, Gen.Int[1, 3 * Chunk])
            .Sample(
                (descriptor, attributes, pixels, piece) =>
                {
                    var contents = new[] { Content(descriptor, 1), Content(attributes, 2), Content(pixels, 3) };
                    var record = Seal(key, contents, piece);
                    Assert.Equal(RecordSealer.SealedLength(descriptor, attributes, pixels), record.Length);
                    var opened = Records.OpenAll(record, key, contents.Length);
                    for (var run = 0; run < contents.Length; run++)
                    {
                        Assert.Equal(contents[run], opened[run]);
                    }
                },
                iter: 60,
                threads: 1
            );
    }

    private static byte[] Content(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Attributes and pixel data first, the descriptor last, in pieces of the given size.</summary>
    private static byte[] Seal(DataKey key, byte[][] contents, int piece)
    {
        var output = new ArrayBufferWriter<byte>();
        using var sealer = new RecordSealer(key, Instance, output);
        foreach (var run in new[] { RecordRun.Attributes, RecordRun.PixelData, RecordRun.Descriptor })
        {
            var rest = contents[(int)run].AsSpan();
            sealer.Write(run, []);
            while (!rest.IsEmpty)
            {
                var taken = Math.Min(piece, rest.Length);
                sealer.Write(run, rest[..taken]);
                rest = rest[taken..];
            }
        }

        sealer.Complete();
        return output.WrittenSpan.ToArray();
    }
}
