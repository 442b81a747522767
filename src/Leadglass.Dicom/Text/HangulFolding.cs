using System.Text;

namespace Leadglass.Dicom;

/// <summary>Hangul letters become the syllables they spell (the Unicode Standard 3.12).</summary>
internal static class HangulFolding
{
    private const int FirstSyllable = 0xAC00;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Tails = 28;

    public static bool TryAppend(StringBuilder folded, char character)
    {
        var last = folded.Length > 0 ? folded[^1] : '\0';
        var lead = last - 0x1100;
        var vowel = character - 0x1161;
        var tail = character - 0x11A7;
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels)
        {
            folded[^1] = (char)(FirstSyllable + (((lead * Vowels) + vowel) * Tails));
            return true;
        }

        var syllable = last - FirstSyllable;
        if (syllable is >= 0 and < Leads * Vowels * Tails && syllable % Tails == 0 && tail is > 0 and < Tails)
        {
            folded[^1] = (char)(last + tail);
            return true;
        }

        return false;
    }
}
