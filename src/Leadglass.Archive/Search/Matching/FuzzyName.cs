using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// A name as a search field takes it, matched when it is near (PS3.18 8.3.4.2). Each word of the key has to be near a word
/// of the name, in any order: the word begins with it, or differs by one letter where it has four or more, by two where it
/// has eight or more. Two letters that changed places count as one.
/// </summary>
internal sealed class FuzzyName
{
    private const int WordsMax = 8;
    private const int WordLengthMax = 64;
    private readonly string[] _words;

    private FuzzyName(string[] words) => _words = words;

    /// <summary>It asks for nothing.</summary>
    public bool IsUniversal => _words.Length == 0;

    public static FuzzyName Parse(string key) =>
        new([
            .. WordsOf(NameFolding.Fold(key))
                .Take(WordsMax)
                .Select(word => word.Length > WordLengthMax ? word[..WordLengthMax] : word),
        ]);

    /// <summary>Whether a folded name is near.</summary>
    public bool Matches(string folded)
    {
        foreach (var word in _words)
        {
            if (!IsNearOne(word, folded))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNearOne(string word, ReadOnlySpan<char> folded)
    {
        while (!folded.IsEmpty)
        {
            var end = folded.IndexOfAny(Separators);
            var other = end < 0 ? folded : folded[..end];
            if (IsNear(word, other))
            {
                return true;
            }

            folded = end < 0 ? default : folded[(end + 1)..];
        }

        return false;
    }

    private static bool IsNear(ReadOnlySpan<char> word, ReadOnlySpan<char> other)
    {
        if (other.StartsWith(word, StringComparison.Ordinal))
        {
            return true;
        }

        var allowed =
            word.Length >= 8 ? 2
            : word.Length >= 4 ? 1
            : 0;
        return allowed > 0 && Math.Abs(word.Length - other.Length) <= allowed && Distance(word, other) <= allowed;
    }

    /// <summary>Letters to insert, to drop, to replace, or pairs to turn round (optimal string alignment).</summary>
    private static int Distance(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        Span<int> rows = stackalloc int[3 * (WordLengthMax + 3)];
        var width = WordLengthMax + 3;
        var before = rows[..width];
        var last = rows.Slice(width, width);
        var row = rows.Slice(2 * width, width);
        for (var j = 0; j <= other.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var change = one[i - 1] == other[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + change);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            var free = before;
            before = last;
            last = row;
            row = free;
        }

        return last[other.Length];
    }

    private static string Separators => "^= ,*?-.";

    private static string[] WordsOf(string folded) =>
        folded.Split(Separators.ToCharArray(), StringSplitOptions.RemoveEmptyEntries);
}
