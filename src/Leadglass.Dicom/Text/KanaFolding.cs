using System.Text;

namespace Leadglass.Dicom;

/// <summary>Half-width katakana and hiragana become full-width katakana, with their voicing marks composed.</summary>
internal static class KanaFolding
{
    // U+FF65 to U+FF9D in their order.
    private const string HalfWidth =
        "・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

    public static bool TryAppend(StringBuilder folded, char character)
    {
        switch (character)
        {
            case >= '\uFF65' and <= '\uFF9D':
                folded.Append(HalfWidth[character - '\uFF65']);
                return true;
            case (>= '\u3041' and <= '\u3096') or '\u309D' or '\u309E':
                folded.Append((char)(character + 0x60));
                return true;
            case '\uFF9E' or '\u3099' or '\u309B':
                AppendMark(folded, Voiced(Last(folded)), '\u309B');
                return true;
            case '\uFF9F' or '\u309A' or '\u309C':
                AppendMark(folded, SemiVoiced(Last(folded)), '\u309C');
                return true;
            default:
                return character is >= '\u30A0' and <= '\u30FF' && Kept(folded, character);
        }
    }

    private static bool Kept(StringBuilder folded, char character)
    {
        folded.Append(character);
        return true;
    }

    private static char Last(StringBuilder folded) => folded.Length > 0 ? folded[^1] : '\0';

    private static void AppendMark(StringBuilder folded, char composed, char alone)
    {
        if (composed == '\0')
        {
            folded.Append(alone);
        }
        else
        {
            folded[^1] = composed;
        }
    }

    private static char Voiced(char kana) =>
        kana switch
        {
            'ウ' => 'ヴ',
            >= 'カ' and <= 'チ' when (kana - 'カ') % 2 == 0 => (char)(kana + 1),
            'ツ' or 'テ' or 'ト' or 'ハ' or 'ヒ' or 'フ' or 'ヘ' or 'ホ' => (char)(kana + 1),
            'ヽ' => 'ヾ',
            _ => '\0',
        };

    private static char SemiVoiced(char kana) => kana is 'ハ' or 'ヒ' or 'フ' or 'ヘ' or 'ホ' ? (char)(kana + 2) : '\0';
}
