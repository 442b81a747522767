using System.Buffers;
using Leadglass.Dicom.Imaging.Native;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>
/// JPEG 2000 and HTJ2K, lossless and not (ISO/IEC 15444-1, 15444-15). A colour transform within the codestream is undone:
/// what was YBR_RCT or YBR_ICT leaves as RGB.
/// </summary>
internal sealed class Jpeg2000Format : IFrameFormat
{
    // A slide of 9,000 x 9,000 pixels in tiles of 256 x 256 has 1,300.
    private const int TilesMax = 4096;

    // Of about 100 bytes each; the same slide in precincts of 64 x 64 has 80,000.
    private const int PrecinctsMax = 1 << 19;

    public NativeCodec? Native => NativeCodec.Jpeg2000;

    public PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded)
    {
        var header = Jpeg2000Header.Read(encoded);
        RequireAgreement(header, stored);
        if (header.IsSubsampled)
        {
            throw PixelDataException.NotSupported("JPEG 2000 with subsampled components.");
        }

        if (header.Tiles > TilesMax || header.Precincts > PrecinctsMax)
        {
            throw PixelDataException.TooLarge(
                $"The codestream has {header.Tiles} tiles and up to {header.Precincts} precincts; "
                    + $"{TilesMax} and {PrecinctsMax} are allowed."
            );
        }

        if (stored.BitsAllocated is not (1 or 8 or 16 or 32))
        {
            throw PixelDataException.NotSupported(
                $"JPEG 2000 is decoded into 1, 8, 16 or 32 bits, not the {stored.BitsAllocated} that are allocated."
            );
        }

        if (stored.PixelCount * stored.SamplesPerPixel * stored.SampleBytes > PixelLimits.FrameBytesMax)
        {
            throw PixelDataException.TooLarge(
                "Samples of one bit are decoded as bytes, and there are too many of them."
            );
        }

        var isTransformed = stored.Photometric is PhotometricInterpretation.YbrRct or PhotometricInterpretation.YbrIct;
        return stored with
        {
            IsPlanar = false,
            Photometric = isTransformed ? PhotometricInterpretation.Rgb : stored.Photometric,
        };
    }

    public async ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken)
    {
        var decoded = work.Decoded;
        var codestream = work.Encoded[Jpeg2000Header.Read(work.Encoded.Span).Offset..];
        var frame = new NativeFrame(
            NativeCodec.Jpeg2000,
            decoded.Rows,
            decoded.Columns,
            decoded.SamplesPerPixel,
            decoded.SampleBytes
        );
        if (decoded.BitsAllocated > 1)
        {
            await work.Foreign.DecodeAsync(frame, codestream, work.Target, cancellationToken);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent((int)frame.Bytes);
        try
        {
            var bytes = rented.AsMemory(0, (int)frame.Bytes);
            await work.Foreign.DecodeAsync(frame, codestream, bytes, cancellationToken);
            Samples.PackBits(bytes.Span, work.Target.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void RequireAgreement(Jpeg2000Header header, PixelDescription stored)
    {
        if (header.Rows != stored.Rows || header.Columns != stored.Columns)
        {
            throw PixelDataException.Malformed(
                $"The codestream has {header.Columns} x {header.Rows} pixels, "
                    + $"the data set says {stored.Columns} x {stored.Rows}."
            );
        }

        if (header.Components != stored.SamplesPerPixel)
        {
            throw PixelDataException.Malformed(
                $"The codestream has {header.Components} components, the data set says {stored.SamplesPerPixel}."
            );
        }

        if (header.Precision > stored.BitsAllocated)
        {
            throw PixelDataException.Malformed(
                $"The codestream has {header.Precision} bits per sample, the data set allocates {stored.BitsAllocated}."
            );
        }
    }
}
