namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>How frames of a transfer syntax are encoded.</summary>
internal interface IFrameFormat
{
    /// <summary>The foreign decoder that frames of this format need; null where ours does.</summary>
    NativeCodec? Native { get; }

    /// <summary>
    /// Reads the codestream's own header, holds it against the data set's, and says what decoding gives. Takes no memory to
    /// speak of.
    /// </summary>
    /// <exception cref="PixelDataException">They contradict each other, or this variant has no decoder.</exception>
    PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded);

    /// <summary>Decodes into exactly the bytes that the description asks for.</summary>
    /// <exception cref="PixelDataException">The codestream is damaged.</exception>
    ValueTask DecodeAsync(FrameWork work, CancellationToken cancellationToken);
}

/// <summary>A frame to be decoded.</summary>
/// <param name="Stored">What the data set says.</param>
/// <param name="Decoded">What <see cref="IFrameFormat.Describe"/> gave.</param>
/// <param name="Target">As many bytes as the decoded frame has.</param>
/// <param name="Foreign">Runs the decoders that are not ours.</param>
internal sealed record FrameWork(
    PixelDescription Stored,
    PixelDescription Decoded,
    ReadOnlyMemory<byte> Encoded,
    Memory<byte> Target,
    INativeDecoder Foreign
);
