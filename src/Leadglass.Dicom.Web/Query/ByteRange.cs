using System.Globalization;

namespace Leadglass.Dicom.Web;

/// <summary>A part of a bulk data value (RFC 9110 14).</summary>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Length">How many bytes, at least one.</param>
/// <param name="Total">Of how many.</param>
public readonly record struct ByteRange(long Offset, long Length, long Total)
{
    /// <summary>The Content-Range of a 206 response.</summary>
    public string ContentRange =>
        string.Create(CultureInfo.InvariantCulture, $"bytes {Offset}-{Offset + Length - 1}/{Total}");

    /// <summary>The Content-Range of a 416 response.</summary>
    public static string Unsatisfied(long total) => string.Create(CultureInfo.InvariantCulture, $"bytes */{total}");

    /// <summary>
    /// Reads a Range header. Null means: send it whole, since the header is absent, of another unit, malformed, or of
    /// several ranges, which a server may ignore (RFC 9110 14.2).
    /// </summary>
    /// <exception cref="DicomWebException">416: nothing of the value is in the range.</exception>
    public static ByteRange? Parse(string? header, long total)
    {
        if (
            header is not { Length: > 6 and <= 128 }
            || !header.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase)
        )
        {
            return null;
        }

        var range = header.AsSpan(6).Trim(" \t");
        var dash = range.IndexOf('-');
        if (dash < 0 || range.Contains(','))
        {
            return null;
        }

        var hasFirst = TryNumber(range[..dash], out var first);
        var hasLast = TryNumber(range[(dash + 1)..], out var last);
        if ((dash > 0 && !hasFirst) || (dash < range.Length - 1 && !hasLast) || (!hasFirst && !hasLast))
        {
            return null;
        }

        if (hasFirst && hasLast && last < first)
        {
            return null;
        }

        // A suffix: the last so many bytes.
        var (from, to) = hasFirst
            ? (first, hasLast ? Math.Min(last, total - 1) : total - 1)
            : (Math.Max(0, total - last), total - 1);
        return from >= total || (!hasFirst && last == 0)
            ? throw new DicomWebException(416, "Range not satisfiable", "The value has no byte in that range.")
            : new ByteRange(from, to - from + 1, total);
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
