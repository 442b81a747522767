using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// The characters of the graphic sets, from the code pages of the framework, with what those add to the standards or map
/// otherwise put right.
/// </summary>
internal static class GraphicSetTables
{
    /// <summary>Rows and columns of a set of two bytes.</summary>
    public const int Side = 94;

    public const char None = '\uFFFD';

    /// <summary>JIS X 0208 as the Unicode Consortium maps it, where Windows differs.</summary>
    private static ReadOnlySpan<(ushort Code, char Character)> KanjiCorrections =>
        new (ushort, char)[]
        {
            (0x2141, '\u301C'),
            (0x2142, '\u2016'),
            (0x215D, '\u2212'),
            (0x2171, '\u00A2'),
            (0x2172, '\u00A3'),
            (0x224C, '\u00AC'),
        };

    private static ReadOnlySpan<(ushort Code, char Character)> SupplementaryKanjiCorrections =>
        new (ushort, char)[] { (0x2237, '~'), (0x2271, '\u2116') };

    // The framework's tables of ISO 8859-7 and -8 are of their first editions.
    private static ReadOnlySpan<(ushort Code, char Character)> GreekCorrections =>
        new (ushort, char)[] { (0x22, '\u2019'), (0x24, '\u20AC'), (0x25, '\u20AF'), (0x2A, '\u037A') };

    private static ReadOnlySpan<(ushort Code, char Character)> HebrewCorrections =>
        new (ushort, char)[] { (0x2F, '\u00AF'), (0x7D, '\u200E'), (0x7E, '\u200F') };

    public static char[] SevenBit() => [.. Enumerable.Range(0, 128).Select(code => (char)code)];

    /// <summary>JIS X 0201's half-width kana.</summary>
    public static char[] Katakana() =>
        [.. Enumerable.Range(0, 128).Select(code => code is >= 0x21 and <= 0x5F ? (char)(0xFF40 + code) : None)];

    // The code page has JIS X 0212 with the second byte in the lower half.
    public static char[] SupplementaryKanji() => Corrected(Pairs(20932, 0x00), SupplementaryKanjiCorrections);

    public static char[] Kanji() => Corrected(Pairs(20932, 0x80), KanjiCorrections);

    public static char[] Korean() => Pairs(949, 0x80);

    public static char[] Chinese() => Pairs(936, 0x80);

    /// <summary>The upper half of a part of ISO 8859, or of TIS 620, by its ISO-IR number.</summary>
    public static char[] UpperHalf(int isoIr) =>
        isoIr switch
        {
            100 => UpperHalfOf(Encoding.Latin1),
            101 => UpperHalfOf(CodePage(28592)),
            109 => UpperHalfOf(CodePage(28593)),
            110 => UpperHalfOf(CodePage(28594)),
            144 => UpperHalfOf(CodePage(28595)),
            127 => UpperHalfOf(CodePage(28596)),
            126 => Corrected(UpperHalfOf(CodePage(28597)), GreekCorrections),
            138 => Corrected(UpperHalfOf(CodePage(28598)), HebrewCorrections),
            148 => UpperHalfOf(CodePage(28599)),
            166 => UpperHalfOf(CodePage(874)),
            203 => UpperHalfOf(CodePage(28605)),
            _ => throw new ArgumentOutOfRangeException(nameof(isoIr)),
        };

    /// <summary>What a vendor added: read, but not written, since a reader that keeps to the standard lacks it.</summary>
    public static bool IsVendorKanji(int code) => code >> 8 is 0x2D or > 0x74;

    public static bool IsVendorSupplementaryKanji(int code) => code >> 8 is 0x73 or 0x74;

    public static bool IsVendorChinese(int code) =>
        code is (>= 0x2221 and <= 0x222A) or (>= 0x2660 and <= 0x2675) or (>= 0x283B and <= 0x2840);

    private static char[] UpperHalfOf(Encoding page)
    {
        var characters = new char[128];
        Array.Fill(characters, None);
        Span<char> one = stackalloc char[2];
        for (var code = 0x20; code < 128; code++)
        {
            if (page.GetChars([(byte)(code | 0x80)], one) == 1 && !char.IsControl(one[0]) && !IsPrivateUse(one[0]))
            {
                characters[code] = one[0];
            }
        }

        return characters;
    }

    private static char[] Pairs(int codePage, int highBitOfSecond)
    {
        var page = CodePage(codePage);
        var characters = new char[Side * Side];
        Array.Fill(characters, None);
        Span<char> decoded = stackalloc char[4];
        for (var index = 0; index < characters.Length; index++)
        {
            var first = (byte)((index / Side + 0x21) | 0x80);
            var second = (byte)((index % Side + 0x21) | highBitOfSecond);
            if (page.GetChars([first, second], decoded) == 1 && !IsPrivateUse(decoded[0]))
            {
                characters[index] = decoded[0];
            }
        }

        return characters;
    }

    private static char[] Corrected(char[] characters, ReadOnlySpan<(ushort Code, char Character)> corrections)
    {
        foreach (var (code, character) in corrections)
        {
            characters[code > 0xFF ? (((code >> 8) - 0x21) * Side) + (code & 0xFF) - 0x21 : code] = character;
        }

        return characters;
    }

    private static bool IsPrivateUse(char character) => character is >= '\uE000' and <= '\uF8FF';

    // Two replacement characters cannot be taken for one character.
    private static Encoding CodePage(int number) =>
        CodePagesEncodingProvider.Instance.GetEncoding(
            number,
            new EncoderReplacementFallback(""),
            new DecoderReplacementFallback("\uFFFD\uFFFD")
        )!;
}
