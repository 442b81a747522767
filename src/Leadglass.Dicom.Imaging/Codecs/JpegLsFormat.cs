using Leadglass.Dicom.Imaging.Native;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>JPEG-LS, lossless and near-lossless (ISO/IEC 14495-1).</summary>
internal sealed class JpegLsFormat : IFrameFormat
{
    public NativeCodec? Native => NativeCodec.JpegLs;

    public PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded)
    {
        var header = JpegHeader.Read(encoded);
        if (header.Process != JpegMarker.JpegLs)
        {
            throw PixelDataException.NotSupported(
                $"The codestream is of JPEG process {header.Process:X2}, its transfer syntax promises JPEG-LS."
            );
        }

        header.RequireAgreement(stored);
        if (header.Precision < 2)
        {
            throw PixelDataException.Malformed("JPEG-LS has 2 to 16 bits (14495-1 C.2.2).");
        }

        return JpegOutput.Describe(stored, stored.Photometric);
    }

    public ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken)
    {
        var precision = JpegHeader.Read(work.Encoded.Span).Precision;
        return JpegOutput.DecodeAsync(work, NativeCodec.JpegLs, work.Encoded, (precision + 7) / 8, cancellationToken);
    }
}
