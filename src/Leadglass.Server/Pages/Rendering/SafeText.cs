using System.Globalization;
using System.Text;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>
/// Values of data sets as a page may show them. Whoever sends an instance chooses its text: markup is encoded by the
/// renderer; here go the characters that are harmless as markup and still deceive the eye or break a line.
/// </summary>
public static class SafeText
{
    /// <summary>What stands for a character that is not shown.</summary>
    public const char Replacement = '\uFFFD';

    private const int LengthMax = 4096;
    private const int NonJoiner = 0x200C;
    private const int Joiner = 0x200D;
    private const int LeftToRightMark = 0x200E;
    private const int RightToLeftMark = 0x200F;
    private const int ArabicLetterMark = 0x061C;
    private const int SoftHyphen = 0x00AD;
    private const int ByteOrderMark = 0xFEFF;

    /// <summary>
    /// One line without controls and without marks that turn the direction of what follows: each of them shows as U+FFFD.
    /// Marks that only shape their neighbours stay, or go where they show nothing. At most 4096 characters, the rest is
    /// an ellipsis.
    /// </summary>
    public static string Line(string? value) => Clean(value, keepsLines: false, LengthMax);

    /// <summary>The same with its line breaks.</summary>
    /// <param name="lengthMax">The most characters that are shown.</param>
    public static string Lines(string? value, int lengthMax = LengthMax) => Clean(value, keepsLines: true, lengthMax);

    private static string Clean(string? value, bool keepsLines, int lengthMax)
    {
        if (string.IsNullOrEmpty(value))
        {
            return "";
        }
        var text = new StringBuilder(Math.Min(value.Length, lengthMax));
        foreach (var rune in value.EnumerateRunes())
        {
            if (text.Length >= lengthMax)
            {
                text.Append('…');
                break;
            }
            if (keepsLines && rune.Value is '\n')
            {
                text.Append('\n');
            }
            else if (rune.Value is not '\r' || !keepsLines)
            {
                text.Append(Shown(rune));
            }
        }
        return text.ToString();
    }

    private static string Shown(Rune rune) =>
        rune.Value is '\t' or '\n' or '\r' ? " "
        : rune.Value is Joiner or NonJoiner ? rune.ToString()
        : rune.Value is LeftToRightMark or RightToLeftMark or ArabicLetterMark or SoftHyphen or ByteOrderMark ? ""
        : Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.Surrogate
            ? Replacement.ToString()
        : rune.ToString();
}
