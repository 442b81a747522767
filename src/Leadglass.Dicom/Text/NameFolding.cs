using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// The normal form in which names and descriptions are searched (PS3.4 C.2.2.2.1 allows case- and accent-insensitive
/// matching of PN): Müller, MUELLER and muller are the same. See <see cref="NamePattern"/> for matching.
/// </summary>
/// <remarks>
/// Capitals; no diacritics, composed or not; ß is SS; ä, ö, ü, å, æ and ø are the same as ae, oe, ue, aa and as a, o, u;
/// half-width and hiragana become katakana; full-width letters plain ones; Hangul letters syllables. Ideographs stay,
/// and so do the vowel signs of Thai and Indic scripts, which are no accents. The process runs without ICU, where the
/// framework neither composes nor decomposes: the tables are ours.
/// </remarks>
public static class NameFolding
{
    /// <summary>
    /// The normal form of a text, names included: spaces around carets and equals signs and those at the ends go, and so
    /// do empty components at the end of a group.
    /// </summary>
    public static string Fold(ReadOnlySpan<char> text)
    {
        var letters = Letters(text);
        UmlautSpelling.Collapse(letters);
        return letters.ToString();
    }

    /// <summary>The normal form before ae, oe, ue and aa are taken for one letter.</summary>
    internal static StringBuilder Letters(ReadOnlySpan<char> text)
    {
        var folded = new StringBuilder(text.Length + 8);
        foreach (var character in text)
        {
            if (char.IsAscii(character))
            {
                AppendAscii(folded, character);
            }
            else if (!KanaFolding.TryAppend(folded, character) && !HangulFolding.TryAppend(folded, character))
            {
                AppendFolded(folded, character);
            }
        }

        TrimEnd(folded, '=');
        return folded;
    }

    private static void AppendAscii(StringBuilder folded, char character)
    {
        switch (character)
        {
            case ' ' or '\t' or '\r' or '\n' or '\f':
                if (folded.Length > 0 && folded[^1] is not (' ' or '^' or '='))
                {
                    folded.Append(' ');
                }

                break;
            case '=':
                TrimEnd(folded, '^');
                folded.Append(character);
                break;
            case '^':
                TrimEnd(folded, ' ');
                folded.Append(character);
                break;
            case '`':
                folded.Append('\'');
                break;
            case '\0':
                break;
            default:
                folded.Append(char.ToUpperInvariant(character));
                break;
        }
    }

    private static void AppendFolded(StringBuilder folded, char character)
    {
        var index = FoldingData.Characters.BinarySearch(character);
        if (index < 0)
        {
            folded.Append(char.ToUpperInvariant(character));
            return;
        }

        var start = index == 0 ? 0 : FoldingData.Ends[index - 1];
        foreach (var part in FoldingData.Folded[start..FoldingData.Ends[index]])
        {
            if (char.IsAscii(part))
            {
                AppendAscii(folded, part);
            }
            else
            {
                folded.Append(part);
            }
        }
    }

    // Spaces and carets mean nothing at the end of a group, equals signs nothing at the end of a name.
    private static void TrimEnd(StringBuilder folded, char delimiter)
    {
        var length = folded.Length;
        while (length > 0 && (folded[length - 1] is ' ' || Trims(folded[length - 1], delimiter)))
        {
            length--;
        }

        folded.Length = length;
    }

    private static bool Trims(char character, char delimiter) =>
        delimiter switch
        {
            '=' => character is '^' or '=',
            '^' => character is '^',
            _ => false,
        };
}
