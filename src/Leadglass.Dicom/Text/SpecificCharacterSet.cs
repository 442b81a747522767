using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// The character sets that Specific Character Set (0008,0005) names (PS3.3 C.12.1.1.2, PS3.5 6.1): turns the bytes of text
/// values into strings and back. Reading tolerates everything, writing refuses what the sets cannot hold.
/// </summary>
public sealed class SpecificCharacterSet
{
    private readonly Encoding encoding;

    private SpecificCharacterSet(IReadOnlyList<string> definedTerms, Encoding encoding)
    {
        DefinedTerms = definedTerms;
        this.encoding = encoding;
    }

    /// <summary>ISO 646, which applies where the attribute is absent or empty.</summary>
    public static SpecificCharacterSet Default { get; } = new([], Encoding.Latin1);

    /// <summary>ISO_IR 192.</summary>
    public static SpecificCharacterSet Utf8 { get; } = new(["ISO_IR 192"], new UTF8Encoding(false));

    /// <summary>The defined terms, as the attribute holds them.</summary>
    public IReadOnlyList<string> DefinedTerms { get; }

    /// <summary>The sets of the attribute's values; unknown terms are tolerated.</summary>
    public static SpecificCharacterSet Parse(IReadOnlyList<string> definedTerms) =>
        definedTerms.Contains("ISO_IR 192") ? Utf8 : new SpecificCharacterSet([.. definedTerms], Encoding.Latin1);

    /// <summary>
    /// All of a value as text, backslashes and padding included. Invalid bytes become U+FFFD; nothing throws.
    /// </summary>
    public string Decode(ReadOnlySpan<byte> bytes, ValueRepresentation vr) =>
        (vr.UsesSpecificCharacterSet ? encoding : Encoding.Latin1).GetString(bytes);

    /// <summary>
    /// The single values, parted where a backslash is one (PS3.5 6.1.2.3: it may also be half of a character), with
    /// padding. One empty value for no bytes.
    /// </summary>
    public string[] DecodeValues(ReadOnlySpan<byte> bytes, ValueRepresentation vr) =>
        vr.IsMultiValuedText ? Decode(bytes, vr).Split('\\') : [Decode(bytes, vr)];

    /// <summary>The bytes of a value, backslashes between its values included, without padding.</summary>
    /// <exception cref="EncoderFallbackException">The sets do not have one of the characters.</exception>
    public byte[] Encode(string text, ValueRepresentation vr) =>
        (vr.UsesSpecificCharacterSet ? encoding : Encoding.Latin1).GetBytes(text);
}
