namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>JPEG lossless, process 14 with every selection value (ISO/IEC 10918-1 H), 2 to 16 bits.</summary>
internal sealed class JpegLosslessFormat : IFrameFormat
{
    public NativeCodec? Native => null;

    public PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded)
    {
        var header = JpegHeader.Read(encoded);
        if (header.Process != JpegMarker.Lossless)
        {
            throw PixelDataException.NotSupported(
                $"The codestream is of JPEG process {header.Process:X2}, its transfer syntax promises C3, lossless."
            );
        }

        header.RequireAgreement(stored);
        if (header.Precision < 2)
        {
            throw PixelDataException.Malformed("JPEG lossless has 2 to 16 bits (10918-1 B.2.2).");
        }

        if (Array.Exists(header.Components, component => component is not { Horizontal: 1, Vertical: 1 }))
        {
            throw PixelDataException.NotSupported("Subsampled components in JPEG lossless (PS3.5 8.2.1).");
        }

        return JpegOutput.Describe(stored, stored.Photometric);
    }

    public ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken)
    {
        new JpegLosslessDecoder(work.Decoded, work.Target.Span).Decode(work.Encoded.Span, cancellationToken);
        return ValueTask.CompletedTask;
    }
}
