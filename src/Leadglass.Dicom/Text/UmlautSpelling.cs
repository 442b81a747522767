using System.Text;

namespace Leadglass.Dicom;

/// <summary>German, Danish, Norwegian, Swedish: AE, OE, UE and AA are spellings of ä/æ, ö/ø, ü and å, which also lose their marks.</summary>
internal static class UmlautSpelling
{
    /// <summary>Makes each such pair one letter, in place. What it gives it leaves alone when applied again.</summary>
    public static void Collapse(StringBuilder letters, bool besideWildcards = false)
    {
        var written = 0;
        for (var i = 0; i < letters.Length; i++)
        {
            var isSecond =
                written > 0
                && IsPair(letters[written - 1], letters[i], written > 1 ? letters[written - 2] : '^')
                && !(besideWildcards && TouchesWildcard(letters, written, i));
            if (!isSecond)
            {
                letters[written++] = letters[i];
            }
        }

        letters.Length = written;
    }

    /// <summary>Writes out the marks: Ü as UE, Å as AA. Given composed or decomposed letters of either case.</summary>
    public static string WriteOut(ReadOnlySpan<char> text)
    {
        var written = new StringBuilder(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? text[i + 1] : '\0';
            var pair = (text[i], next) switch
            {
                ('ä' or 'Ä', _) or ('a' or 'A', '\u0308') => "AE",
                ('ö' or 'Ö' or 'ø' or 'Ø', _) or ('o' or 'O', '\u0308') => "OE",
                ('ü' or 'Ü', _) or ('u' or 'U', '\u0308') => "UE",
                ('å' or 'Å', _) or ('a' or 'A', '\u030A') => "AA",
                _ => null,
            };
            if (pair is null)
            {
                written.Append(text[i]);
            }
            else
            {
                written.Append(pair);
                i += next is '\u0308' or '\u030A' ? 1 : 0;
            }
        }

        return written.ToString();
    }

    // UE after A, E, O and Q is no umlaut: Bauer, Neuer, Louet, Marquez.
    private static bool IsPair(char first, char second, char before) =>
        (first, second) switch
        {
            ('A', 'E') or ('A', 'A') or ('O', 'E') => true,
            ('U', 'E') => before is not ('A' or 'E' or 'O' or 'Q'),
            _ => false,
        };

    // In a pattern the letter beyond a wildcard is unknown: what is no pair there stays two letters.
    private static bool TouchesWildcard(StringBuilder letters, int written, int second) =>
        (written > 1 && letters[written - 2] is '*' or '?')
        || (second + 1 < letters.Length && letters[second + 1] is '*' or '?');
}
