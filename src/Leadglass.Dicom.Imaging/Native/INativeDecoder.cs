namespace Leadglass.Dicom.Imaging;

/// <summary>The decoders that are not ours.</summary>
public enum NativeCodec : byte
{
    /// <summary>JPEG-LS by CharLS.</summary>
    JpegLs = 1,

    /// <summary>JPEG 2000 and HTJ2K by OpenJPEG.</summary>
    Jpeg2000 = 2,

    /// <summary>JPEG with discrete cosine transform and 8 bits, by libjpeg-turbo.</summary>
    Jpeg = 3,

    /// <summary>The same with 12 bits, by JpegLibrary.</summary>
    JpegTwelveBits = 4,
}

/// <summary>What a foreign decoder is to give: samples pixel by pixel, little endian, in 1, 2 or 4 bytes.</summary>
public readonly record struct NativeFrame(NativeCodec Codec, int Rows, int Columns, int Samples, int SampleBytes)
{
    /// <summary>Bytes of the decoded frame.</summary>
    public long Bytes => (long)Rows * Columns * Samples * SampleBytes;
}

/// <summary>Runs decoders that are not ours, in this process or away from it.</summary>
public interface INativeDecoder
{
    /// <summary>Decodes one frame whose header was held against the request before.</summary>
    /// <param name="native">Exactly <see cref="NativeFrame.Bytes"/>.</param>
    /// <exception cref="PixelDataException">The codestream is damaged, or the decoder could not be run.</exception>
    ValueTask DecodeAsync(
        NativeFrame frame,
        ReadOnlyMemory<byte> encoded,
        Memory<byte> native,
        CancellationToken cancellationToken
    );
}
