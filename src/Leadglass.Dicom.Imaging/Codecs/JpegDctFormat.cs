using System.Buffers;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>
/// JPEG with discrete cosine transform, baseline, extended and progressive (ISO/IEC 10918-1), of 8 bits in grey or colour
/// and of 12 in grey. Colour leaves as RGB, as DCMTK's dcmdjpeg gives it.
/// </summary>
internal sealed class JpegDctFormat : IFrameFormat
{
    private const byte ExtendedProcess = 0xC1;
    private const byte ProgressiveProcess = 0xC2;

    public NativeCodec? Native => NativeCodec.Jpeg;

    public PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded)
    {
        var header = JpegHeader.Read(encoded);
        if (header.Process > ProgressiveProcess)
        {
            throw PixelDataException.NotSupported(
                $"The codestream is of JPEG process {header.Process:X2}; C0, C1 and C2 are decoded for this syntax."
            );
        }

        header.RequireAgreement(stored);
        var isDecodable = (header.Precision, stored.SamplesPerPixel) switch
        {
            (8, 1 or 3) => true,
            (12, 1) => header.Process <= ExtendedProcess,
            _ => false,
        };
        if (!isDecodable)
        {
            throw PixelDataException.NotSupported(
                $"JPEG process {header.Process:X2} with {stored.SamplesPerPixel} components of {header.Precision} bits."
            );
        }

        return JpegOutput.Describe(
            stored,
            stored.SamplesPerPixel == 3 ? PhotometricInterpretation.Rgb : stored.Photometric
        );
    }

    public async ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken)
    {
        var header = JpegHeader.Read(work.Encoded.Span);
        if (header.Precision == 12)
        {
            await JpegOutput.DecodeAsync(work, NativeCodec.JpegTwelveBits, work.Encoded, 2, cancellationToken);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(work.Encoded.Length + JpegColorMarker.LengthAdded);
        try
        {
            var length = JpegColorMarker.Rewrite(work.Encoded.Span, rented, IsYcc(header, work.Stored));
            await JpegOutput.DecodeAsync(
                work,
                NativeCodec.Jpeg,
                rented.AsMemory(0, length),
                sampleBytes: 1,
                cancellationToken
            );
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    // The data set is asked first, as the peers do.
    private static bool IsYcc(JpegHeader header, PixelDescription stored) =>
        stored.Photometric != PhotometricInterpretation.Rgb || header.AdobeTransform == 1;
}
