using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// A key for names or descriptions with the wildcards * and ? (PS3.4 C.2.2.2.4), matched in the normal form of
/// <see cref="NameFolding"/>. <see cref="ScanPattern"/> finds candidates among folded names, <see cref="Matches"/> decides.
/// </summary>
public sealed class NamePattern
{
    private readonly string plain;
    private readonly string writtenOut;
    private readonly string collapsed;

    private NamePattern(string key)
    {
        plain = Letters(key);
        writtenOut = Letters(UmlautSpelling.WriteOut(key));
        var safely = new StringBuilder(plain);
        UmlautSpelling.Collapse(safely, besideWildcards: true);
        collapsed = safely.ToString();
        HasWildcards = plain.AsSpan().ContainsAny('*', '?');
        IsUniversal = plain.AsSpan().Trim('*').IsEmpty;
        ScanPattern =
            IsUniversal ? "*"
            : HasWildcards ? Widened(plain)
            : NameFolding.Fold(key);
    }

    /// <summary>
    /// Over names that <see cref="NameFolding.Fold"/> made: every name that matches the key matches this (with * only), and
    /// few others do. Without wildcards it is the folded key itself.
    /// </summary>
    public string ScanPattern { get; }

    public bool HasWildcards { get; }

    /// <summary>It matches everything: empty, or nothing but *.</summary>
    public bool IsUniversal { get; }

    /// <summary>Reads a key. A group or component that has only a wildcard, at the end, may be absent.</summary>
    public static NamePattern Parse(string key) => new(key);

    /// <summary>True when a text, or a name in one of its spellings or all together, is what the key asks for.</summary>
    public bool Matches(string text)
    {
        if (IsUniversal || MatchesWhole(text))
        {
            return true;
        }

        return !plain.Contains('=')
            && text.Contains('=')
            && text.Split('=').Any(group => group.Length > 0 && MatchesWhole(group));
    }

    /// <summary>Matches * and ? against a text as they stand, in time proportional to both lengths multiplied.</summary>
    public static bool Like(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (p, t) = (0, 0);
        var (star, resume) = (-1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, t);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == text[t]))
            {
                (p, t) = (p + 1, t + 1);
            }
            else if (star >= 0)
            {
                (p, t) = (star + 1, ++resume);
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].Trim('*').IsEmpty;
    }

    public override string ToString() => nameof(NamePattern);

    private static string Letters(string key)
    {
        var letters = NameFolding.Letters(key).ToString();
        var end = letters.Length;
        while (end >= 2 && letters[end - 1] == '*' && letters[end - 2] is '^' or '=')
        {
            end -= 2;
        }

        letters = end == letters.Length ? letters : letters[..end] + '*';

        // A component group that a key leaves empty before another asks for nothing (PS3.4 C.2.2.2.1).
        return letters.Contains('=', StringComparison.Ordinal)
            ? string.Join('=', letters.Split('=').Select(group => group.Length == 0 ? "*" : group))
            : letters;
    }

    // A and E behind a wildcard may be the second half of a pair that folding made one letter, and whether UE is a pair
    // depends on a letter that the wildcard hides.
    private static string Widened(string plain)
    {
        var letters = new StringBuilder(plain.Length + 8);
        for (var i = 0; i < plain.Length; i++)
        {
            var isBehindWildcard = letters.Length > 0 && letters[^1] == '*';
            if (plain[i] is '*' or '?')
            {
                letters.Append(isBehindWildcard ? "" : "*");
            }
            else if (isBehindWildcard && plain[i] == 'U')
            {
                letters.Append("U*");
            }
            else if (!isBehindWildcard || plain[i] is not ('A' or 'E'))
            {
                letters.Append(plain[i]);
            }
        }

        UmlautSpelling.Collapse(letters);
        return letters.ToString();
    }

    // The plain comparison decides nearly always; the spellings of umlauts are made when it does not.
    private bool MatchesWhole(string text)
    {
        var letters = NameFolding.Letters(text).ToString();
        if (Like(plain, letters))
        {
            return true;
        }

        var spelled = NameFolding.Letters(UmlautSpelling.WriteOut(text)).ToString();
        return Like(plain, spelled)
            || Like(writtenOut, letters)
            || Like(writtenOut, spelled)
            || Like(collapsed, NameFolding.Fold(text));
    }
}
