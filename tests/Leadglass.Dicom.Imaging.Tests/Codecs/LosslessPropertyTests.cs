using System.Runtime.InteropServices;
using CsCheck;

namespace Leadglass.Dicom.Imaging.Tests.Codecs;

/// <summary>What is encoded comes back, whatever the picture and the variant.</summary>
public sealed class LosslessPropertyTests
{
    private static readonly TransferSyntax JpegLossless = TransferSyntax.Find("1.2.840.10008.1.2.4.57")!;
    private static readonly TransferSyntax Rle = TransferSyntax.Find("1.2.840.10008.1.2.5")!;

    /// <summary>Samples of a pixel and bytes of a sample.</summary>
    private static readonly (int Samples, int Bytes)[] Shapes =
    [
        (1, 1),
        (1, 2),
        (1, 4),
        (3, 1),
        (3, 2),
        (3, 4),
        (4, 1),
        (1, 3),
        (1, 8),
    ];

    [Fact]
    public async Task JPEG_lossless_of_every_variant_comes_back()
    {
        using var decoder = Decoders.New();
        await Gen.Select(
                Gen.Select(Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int[1, 4]),
                Gen.Select(Gen.Int[2, 16], Gen.Int[1, 7], Gen.Int[0, 15]),
                Gen.Select(Gen.Int[0, 5], Gen.Bool, Gen.Bool, Gen.Int[0, int.MaxValue])
            )
            .SampleAsync(
                async sample =>
                {
                    var ((rows, columns, components), (bits, selection, transform), (restart, together, isLong, seed)) =
                        sample;
                    transform = Math.Min(transform, bits - 1);
                    var samples = Random(rows * columns * components, bits, transform, seed);
                    var encoder = new JpegLosslessEncoder(bits, selection, transform, restart, together, isLong);
                    var encoded = encoder.Encode(samples, rows, columns, components);
                    var stored = Description(rows, columns, components, 16, bits);
                    var decoded = await DecodeAsync(decoder, JpegLossless, stored, encoded);
                    Assert.True(MemoryMarshal.AsBytes(samples.AsSpan()).SequenceEqual(decoded), "other samples");
                },
                iter: 2000,
                threads: 2
            );
    }

    [Fact]
    public async Task RLE_of_every_shape_comes_back()
    {
        using var decoder = Decoders.New();
        await Gen.Select(
                Gen.Select(Gen.Int[1, 20], Gen.Int[1, 40]),
                Gen.Int[0, Shapes.Length - 1].Select(index => Shapes[index]),
                Gen.Bool,
                Gen.Int[0, int.MaxValue]
            )
            .SampleAsync(
                async sample =>
                {
                    var ((rows, columns), (samples, size), isPlanar, seed) = sample;
                    var stored = Description(rows, columns, samples, size * 8, size * 8) with
                    {
                        IsPlanar = isPlanar && samples > 1,
                    };
                    var native = RunsAndNoise(stored.FrameBytes, seed);
                    var encoded = RleEncoder.Encode(native, stored, new Random(seed));
                    Assert.Equal(native, await DecodeAsync(decoder, Rle, stored, encoded));
                },
                iter: 2000,
                threads: 2
            );
    }

    private static async Task<byte[]> DecodeAsync(
        FrameDecoder decoder,
        TransferSyntax syntax,
        PixelDescription stored,
        byte[] encoded
    )
    {
        using var frame = await decoder.DecodeAsync(syntax, stored, encoded, CancellationToken.None);
        return frame.Bytes.ToArray();
    }

    private static PixelDescription Description(int rows, int columns, int samples, int allocated, int bits) =>
        new()
        {
            Rows = rows,
            Columns = columns,
            SamplesPerPixel = samples,
            BitsAllocated = allocated,
            BitsStored = bits,
            HighBit = bits - 1,
            IsSigned = false,
            IsPlanar = false,
            Photometric = samples == 3 ? PhotometricInterpretation.Rgb : PhotometricInterpretation.Monochrome2,
            FrameCount = 1,
        };

    private static ushort[] Random(int count, int bits, int transform, int seed)
    {
        var random = new Random(seed);
        var isWild = random.Next(2) == 0;
        var (value, samples) = (0, new ushort[count]);
        for (var i = 0; i < count; i++)
        {
            value = isWild ? random.Next(1 << bits) : Math.Clamp(value + random.Next(-3, 4), 0, (1 << bits) - 1);
            samples[i] = (ushort)(value >> transform << transform);
        }

        return samples;
    }

    private static byte[] RunsAndNoise(int length, int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[length];
        for (var at = 0; at < length; )
        {
            var run = Math.Min(random.Next(1, 300), length - at);
            if (random.Next(2) == 0)
            {
                bytes.AsSpan(at, run).Fill((byte)random.Next(256));
            }
            else
            {
                random.NextBytes(bytes.AsSpan(at, run));
            }

            at += run;
        }

        return bytes;
    }
}
