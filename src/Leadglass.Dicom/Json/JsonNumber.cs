using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>Numbers between DICOM's texts and JSON's grammar (RFC 8259 6).</summary>
internal static class JsonNumber
{
    /// <summary>
    /// The text of DS or IS as a JSON number with all its digits; null when it is no number. A plus sign, leading zeros
    /// and a bare point are put right.
    /// </summary>
    public static string? FromText(string text)
    {
        var rest = text.AsSpan();
        var sign = rest is ['-', ..] ? "-" : "";
        rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
        var exponentAt = rest.IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? rest : rest[..exponentAt];
        var exponent = exponentAt < 0 ? [] : rest[(exponentAt + 1)..];
        var point = mantissa.IndexOf('.');
        var whole = point < 0 ? mantissa : mantissa[..point];
        var fraction = point < 0 ? [] : mantissa[(point + 1)..];
        var exponentDigits = exponent is ['-' or '+', ..] ? exponent[1..] : exponent;
        if (
            whole.Length + fraction.Length == 0
            || !IsDigits(whole)
            || !IsDigits(fraction)
            || !IsDigits(exponentDigits)
            || (exponentAt >= 0 && exponentDigits.IsEmpty)
        )
        {
            return null;
        }

        var significant = whole.TrimStart('0');
        var number = string.Concat(sign, significant.IsEmpty ? "0" : significant);
        number = fraction.IsEmpty ? number : string.Concat(number, ".", fraction);
        return exponentAt < 0 ? number : string.Concat(number, "E", exponent);
    }

    /// <summary>NaN, Infinity or -Infinity, for which JSON has strings only.</summary>
    public static string NotFinite(double number) =>
        double.IsNaN(number) ? "NaN"
        : number > 0 ? "Infinity"
        : "-Infinity";

    /// <summary>Reads a number, or one of the names of those that are not finite.</summary>
    public static bool TryDouble(string text, out double number)
    {
        number = text.Trim().ToUpperInvariant() switch
        {
            "NAN" => double.NaN,
            "INFINITY" or "INF" or "+INFINITY" or "+INF" => double.PositiveInfinity,
            "-INFINITY" or "-INF" => double.NegativeInfinity,
            _ => 0,
        };
        return !double.IsFinite(number) || DecimalString.TryParse(text, out number);
    }

    /// <summary>Reads a whole number of either sign of 64 bits, also where it is written with a point or exponent.</summary>
    public static bool TryInteger(string text, out Int128 number)
    {
        if (
            Int128.TryParse(
                text.AsSpan().Trim(),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out number
            )
        )
        {
            return true;
        }

        var isWhole = DecimalString.TryParse(text, out var value) && double.IsInteger(value) && Math.Abs(value) < 1e15;
        number = isWhole ? (Int128)value : 0;
        return isWhole;
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');
}
