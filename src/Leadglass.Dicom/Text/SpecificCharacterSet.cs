using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// The character sets that Specific Character Set (0008,0005) names (PS3.3 C.12.1.1.2, PS3.5 6.1): turns the bytes of text
/// values into strings and back. Reading tolerates everything, writing refuses what the sets cannot hold.
/// </summary>
/// <remarks>
/// Tolerated on reading: misspelt terms (ISO-IR 100, UTF-8), unknown terms (taken as the default), escape sequences of sets
/// that were not declared, high bytes where no set is declared (taken as Latin-1, which loses none), Shift JIS where
/// ISO_IR 13 is declared. Text of other VRs (CS, DA, UI...) is ASCII whatever the attribute says.
/// </remarks>
public sealed class SpecificCharacterSet
{
    private readonly IReadOnlyList<GraphicSet> sets;
    private readonly WholeEncoding? whole;

    private SpecificCharacterSet(
        IReadOnlyList<string> terms,
        IReadOnlyList<GraphicSet> sets,
        WholeEncoding? whole,
        bool known
    )
    {
        DefinedTerms = terms;
        HasUnknownTerms = !known;
        this.sets = sets;
        this.whole = whole;
    }

    /// <summary>ISO 646, which applies where the attribute is absent or empty.</summary>
    public static SpecificCharacterSet Default { get; } = new([], [GraphicSet.Ascii], null, known: true);

    /// <summary>ISO_IR 192.</summary>
    public static SpecificCharacterSet Utf8 { get; } = new(["ISO_IR 192"], [], WholeEncoding.Utf8, known: true);

    /// <summary>The defined terms, as the attribute holds them.</summary>
    public IReadOnlyList<string> DefinedTerms { get; }

    /// <summary>A term was none of the standard's, even with tolerance.</summary>
    public bool HasUnknownTerms { get; }

    /// <summary>The sets of the attribute's values, in their order: the first is the one that is active at first.</summary>
    public static SpecificCharacterSet Parse(IReadOnlyList<string> definedTerms)
    {
        var terms = definedTerms.Select(term => CharacterSetTerm.Parse(term)).ToList();
        if (terms.Count == 0 || (terms.Count == 1 && terms[0] == CharacterSetTerm.Default))
        {
            return Default;
        }

        var known = !terms.Contains(null);
        if (terms[0]?.Whole is { } whole)
        {
            return new SpecificCharacterSet([.. definedTerms], [], whole, known);
        }

        // UTF-8 and its kind stand alone (PS3.3 C.12.1.1.2): after another term they say nothing.
        var lower = terms[0] is { IsRomaji: true } ? GraphicSet.Romaji : GraphicSet.Ascii;
        var declared = terms.Select(term => term?.Set).OfType<GraphicSet>().Distinct();
        return new SpecificCharacterSet([.. definedTerms], [lower, .. declared], null, known)
        {
            InitialG1 = terms[0]?.Set is { IsG1: true } upper ? upper : null,
        };
    }

    /// <summary>The set of the upper half that is active at the start of each value, null where none is.</summary>
    private GraphicSet? InitialG1 { get; init; }

    /// <summary>
    /// All of a value as text, backslashes and padding included. Invalid bytes become U+FFFD; nothing throws.
    /// </summary>
    public string Decode(ReadOnlySpan<byte> bytes, ValueRepresentation vr)
    {
        if (!vr.UsesSpecificCharacterSet || (Ascii.IsValid(bytes) && !bytes.Contains((byte)0x1B)))
        {
            return Encoding.Latin1.GetString(bytes);
        }

        if (whole is not null)
        {
            return whole.Decode(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        new CodeExtensionDecoder(sets[0], InitialG1, vr).Decode(bytes, text);
        return text.ToString();
    }

    /// <summary>
    /// The single values, parted where a backslash is one (PS3.5 6.1.2.3: it may also be half of a character), with
    /// padding. One empty value for no bytes.
    /// </summary>
    public string[] DecodeValues(ReadOnlySpan<byte> bytes, ValueRepresentation vr) =>
        vr.IsMultiValuedText ? Decode(bytes, vr).Split('\\') : [Decode(bytes, vr)];

    /// <summary>
    /// The bytes of a value, backslashes between its values included, without padding; false when the sets lack one of
    /// its characters. Nothing is ever replaced by something similar.
    /// </summary>
    public bool TryEncode(ReadOnlySpan<char> text, ValueRepresentation vr, out byte[] bytes)
    {
        bytes = [];
        if (Ascii.IsValid(text) && !text.Contains('\x1B'))
        {
            bytes = new byte[text.Length];
            Encoding.ASCII.GetBytes(text, bytes);
            return true;
        }

        if (!vr.UsesSpecificCharacterSet)
        {
            return false;
        }

        return whole is not null
            ? whole.TryEncode(text, out bytes)
            : new CodeExtensionEncoder(sets, InitialG1, vr).TryEncode(text, out bytes);
    }

    /// <summary>True when the sets have every character of a text.</summary>
    public bool CanEncode(ReadOnlySpan<char> text) => TryEncode(text, ValueRepresentation.UT, out _);

    /// <summary>The bytes of a value, backslashes between its values included, without padding.</summary>
    /// <exception cref="UnencodableTextException">The sets lack one of its characters.</exception>
    public byte[] Encode(string text, ValueRepresentation vr) =>
        TryEncode(text, vr, out var bytes) ? bytes : throw new UnencodableTextException(vr, DefinedTerms);
}
