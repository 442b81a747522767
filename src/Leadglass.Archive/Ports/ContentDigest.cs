namespace Leadglass.Archive;

/// <summary>
/// What an instance says, as keyed digests: of the attributes, of the pixel data, and in which form the pixel data came.
/// Two instances say the same when <see cref="SaysTheSameAs"/>.
/// </summary>
/// <param name="Attributes">Of all attributes that no change of transfer syntax touches.</param>
/// <param name="PixelData">Of the pixel data: native values in little endian, or the fragments.</param>
/// <param name="Form">0 for native or none; else a number of the encapsulated transfer syntax.</param>
public readonly record struct ContentDigest(UInt128 Attributes, UInt128 PixelData, int Form)
{
    /// <summary>
    /// True if the other is the same instance, perhaps recompressed: equal attributes, and equal pixel data unless one of
    /// them was compressed in another way, which hides what the pixels are.
    /// </summary>
    public bool SaysTheSameAs(ContentDigest other) =>
        Attributes == other.Attributes && (Form != other.Form || PixelData == other.PixelData);
}
