using Leadglass.Dicom.Imaging.Native;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>What decoders of the JPEG family give: pixel by pixel, in 8 or 16 bits.</summary>
internal static class JpegOutput
{
    /// <exception cref="PixelDataException">Samples have another size.</exception>
    public static PixelDescription Describe(PixelDescription stored, PhotometricInterpretation photometric) =>
        stored.BitsAllocated is 8 or 16
            ? stored with
            {
                IsPlanar = false,
                Photometric = photometric,
            }
            : throw PixelDataException.NotSupported(
                $"The JPEG family is decoded into 8 or 16 bits, not the {stored.BitsAllocated} that are allocated."
            );

    /// <summary>Has a foreign decoder decode, and puts its samples into the containers that are allocated.</summary>
    /// <param name="sampleBytes">Bytes of a sample as the decoder gives it.</param>
    public static async ValueTask DecodeAsync(
        FrameWork work,
        NativeCodec codec,
        ReadOnlyMemory<byte> encoded,
        int sampleBytes,
        CancellationToken cancellationToken
    )
    {
        var decoded = work.Decoded;
        var frame = new NativeFrame(codec, decoded.Rows, decoded.Columns, decoded.SamplesPerPixel, sampleBytes);
        await work.Foreign.DecodeAsync(frame, encoded, work.Target[..(int)frame.Bytes], cancellationToken);
        if (sampleBytes < decoded.SampleBytes)
        {
            Samples.Widen(work.Target.Span, (int)frame.Bytes / sampleBytes, sampleBytes, decoded.SampleBytes);
        }
    }
}
