using System.Collections.Frozen;
using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// One set of graphic characters that ISO/IEC 2022 can designate (PS3.3 Tables C.12-2 to C.12-4): its escape sequence, the
/// half of the byte range it fills, and its characters of one or two bytes. All of them lie in the basic plane of Unicode.
/// </summary>
internal sealed class GraphicSet
{
    private readonly Lazy<char[]> decoding;
    private readonly Lazy<FrozenDictionary<char, ushort>> encoding;

    private GraphicSet(
        string escape,
        Half half,
        Func<char[]> characters,
        Func<int, bool>? isReadOnly = null,
        params (char Character, ushort Code)[] alsoWritten
    )
    {
        Escape = [0x1B, .. Encoding.ASCII.GetBytes(escape)];
        IsG1 = half == Half.Upper;
        IsDouble = escape[0] == '$';
        decoding = new Lazy<char[]>(characters);
        encoding = new Lazy<FrozenDictionary<char, ushort>>(() =>
            Invert(decoding.Value, IsDouble, isReadOnly, alsoWritten)
        );
    }

    private enum Half
    {
        Lower,
        Upper,
    }

    public static GraphicSet Ascii { get; } = new("(B", Half.Lower, GraphicSetTables.SevenBit);

    /// <summary>ISO-IR 14. Yen sign and overline are read as the backslash and tilde that DICOM needs there.</summary>
    public static GraphicSet Romaji { get; } = new("(J", Half.Lower, GraphicSetTables.SevenBit);

    /// <summary>ISO-IR 13 in the upper half, where DICOM has it.</summary>
    public static GraphicSet Katakana { get; } = new(")I", Half.Upper, GraphicSetTables.Katakana);

    /// <summary>ISO-IR 13 in the lower half: not in DICOM, but found.</summary>
    public static GraphicSet KatakanaInG0 { get; } = new("(I", Half.Lower, GraphicSetTables.Katakana);

    /// <summary>JIS X 0208, ISO-IR 87; written from the characters of Windows' mapping too.</summary>
    public static GraphicSet Kanji { get; } =
        new(
            "$B",
            Half.Lower,
            GraphicSetTables.Kanji,
            GraphicSetTables.IsVendorKanji,
            ('\uFF5E', 0x2141),
            ('\u2225', 0x2142),
            ('\uFF0D', 0x215D),
            ('\uFFE0', 0x2171),
            ('\uFFE1', 0x2172),
            ('\uFFE2', 0x224C)
        );

    /// <summary>JIS X 0212, ISO-IR 159.</summary>
    public static GraphicSet SupplementaryKanji { get; } =
        new("$(D", Half.Lower, GraphicSetTables.SupplementaryKanji, GraphicSetTables.IsVendorSupplementaryKanji);

    /// <summary>KS X 1001, ISO-IR 149.</summary>
    public static GraphicSet Korean { get; } = new("$)C", Half.Upper, GraphicSetTables.Korean);

    /// <summary>GB 2312, ISO-IR 58; written from both mappings of its dot and dash.</summary>
    public static GraphicSet Chinese { get; } =
        new(
            "$)A",
            Half.Upper,
            GraphicSetTables.Chinese,
            GraphicSetTables.IsVendorChinese,
            ('\u30FB', 0x2124),
            ('\u2015', 0x212A)
        );

    private static FrozenDictionary<int, GraphicSet> ByNumber { get; } =
        new Dictionary<int, GraphicSet>
        {
            [13] = Katakana,
            [58] = Chinese,
            [87] = Kanji,
            [149] = Korean,
            [159] = SupplementaryKanji,
            [100] = UpperHalf('A', 100),
            [101] = UpperHalf('B', 101),
            [109] = UpperHalf('C', 109),
            [110] = UpperHalf('D', 110),
            [126] = UpperHalf('F', 126),
            [127] = UpperHalf('G', 127),
            [138] = UpperHalf('H', 138),
            [144] = UpperHalf('L', 144),
            [148] = UpperHalf('M', 148),
            [166] = UpperHalf('T', 166),
            [203] = UpperHalf('b', 203),
        }.ToFrozenDictionary();

    /// <summary>Every set that an escape sequence may designate, whatever the attribute declares.</summary>
    public static IReadOnlyList<GraphicSet> Designable { get; } = [Ascii, Romaji, KatakanaInG0, .. ByNumber.Values];

    /// <summary>What designates it: ESC and two or three bytes.</summary>
    public byte[] Escape { get; }

    /// <summary>It fills the upper half of the byte range (G1, GR), else the lower (G0, GL).</summary>
    public bool IsG1 { get; }

    /// <summary>Two bytes make a character.</summary>
    public bool IsDouble { get; }

    /// <summary>The set of an ISO-IR number that DICOM names; null for others and for 6, which is ASCII.</summary>
    public static GraphicSet? ByIsoIr(int number) => ByNumber.GetValueOrDefault(number);

    /// <summary>The character of a byte, or of two, with or without their high bits; U+FFFD where there is none.</summary>
    public char Decode(int first, int second = 0)
    {
        var index = IsDouble
            ? (((first & 0x7F) - 0x21) * GraphicSetTables.Side) + (second & 0x7F) - 0x21
            : first & 0x7F;
        return (uint)index < (uint)decoding.Value.Length ? decoding.Value[index] : GraphicSetTables.None;
    }

    /// <summary>The byte or bytes of a character, with the high bits of its half.</summary>
    public bool TryEncode(char character, Span<byte> bytes, out int written)
    {
        written = 0;
        if (!encoding.Value.TryGetValue(character, out var code))
        {
            return false;
        }

        var high = IsG1 ? 0x80 : 0;
        if (IsDouble)
        {
            bytes[written++] = (byte)((code >> 8) | high);
        }

        bytes[written++] = (byte)((code & 0x7F) | high);
        return true;
    }

    private static GraphicSet UpperHalf(char final, int isoIr) =>
        new($"-{final}", Half.Upper, () => GraphicSetTables.UpperHalf(isoIr));

    private static FrozenDictionary<char, ushort> Invert(
        char[] characters,
        bool isDouble,
        Func<int, bool>? isReadOnly,
        (char Character, ushort Code)[] alsoWritten
    )
    {
        var codes = new Dictionary<char, ushort>();
        for (var index = 0; index < characters.Length; index++)
        {
            var (row, column) = Math.DivRem(index, GraphicSetTables.Side);
            var code = isDouble ? ((row + 0x21) << 8) + column + 0x21 : index;
            if (characters[index] != GraphicSetTables.None && isReadOnly?.Invoke(code) != true)
            {
                codes.TryAdd(characters[index], (ushort)code);
            }
        }

        foreach (var (character, code) in alsoWritten)
        {
            codes.TryAdd(character, code);
        }

        return codes.ToFrozenDictionary();
    }
}
