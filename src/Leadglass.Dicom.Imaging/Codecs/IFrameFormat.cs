namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>How frames of a transfer syntax are encoded.</summary>
internal interface IFrameFormat
{
    /// <summary>
    /// Reads the codestream's own header, holds it against the data set's, and says what decoding gives. Takes no memory to
    /// speak of.
    /// </summary>
    /// <exception cref="PixelDataException">They contradict each other, or this variant has no decoder.</exception>
    PixelDescription Describe(PixelDescription stored, ReadOnlySpan<byte> encoded);

    /// <summary>Decodes into a span of exactly the bytes that the description asks for.</summary>
    /// <param name="decoded">What <see cref="Describe"/> gave.</param>
    /// <exception cref="PixelDataException">The codestream is damaged.</exception>
    void Decode(
        PixelDescription decoded,
        ReadOnlySpan<byte> encoded,
        Span<byte> native,
        CancellationToken cancellationToken
    );
}
