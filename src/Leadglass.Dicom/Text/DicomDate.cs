using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>Values of VR DA (PS3.5 6.2): YYYYMMDD, and as older devices wrote it YYYY.MM.DD; YYYY-MM-DD is understood too.</summary>
public static class DicomDate
{
    /// <summary>Reads a date of the years 1 to 9999; spaces around it mean nothing.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateOnly date)
    {
        text = text.Trim(" \0");
        if (text.Length == 10 && text[4] == text[7] && text[4] is '.' or '-' or '/')
        {
            text = string.Concat(text[..4], text[5..7], text[8..]);
        }

        date = default;
        return text.Length == 8
            && DateOnly.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);
    }

    /// <summary>The date as YYYYMMDD.</summary>
    public static string Format(DateOnly date) => date.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
}

/// <summary>
/// A key of VR DA: one date, or a range that includes both its ends and may lack one (PS3.4 C.2.2.2.5). The default value
/// is universal.
/// </summary>
public readonly record struct DicomDateRange(DateOnly? From, DateOnly? To)
{
    /// <summary>It asks for nothing: even an absent date matches.</summary>
    public bool IsUniversal => From is null && To is null;

    /// <summary>Reads D, D-D, D- or -D; the empty key is universal. False for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> key, out DicomDateRange range)
    {
        range = default;
        key = key.Trim(" \0");
        if (key.IsEmpty)
        {
            return true;
        }

        if (DicomDate.TryParse(key, out var day))
        {
            range = new DicomDateRange(day, day);
            return true;
        }

        var dash = key.IndexOf('-');
        if (dash < 0 || key.Length == 1)
        {
            return false;
        }

        var from = key[..dash].Trim();
        var to = key[(dash + 1)..].Trim();
        DateOnly last = default;
        var isRange =
            (from.IsEmpty || DicomDate.TryParse(from, out day)) && (to.IsEmpty || DicomDate.TryParse(to, out last));
        range = isRange ? new DicomDateRange(from.IsEmpty ? null : day, to.IsEmpty ? null : last) : default;
        return isRange;
    }

    /// <summary>True when a stored value matches; one that is no date matches a universal key only.</summary>
    public bool Matches(ReadOnlySpan<char> stored) =>
        IsUniversal || (DicomDate.TryParse(stored, out var date) && Contains(date));

    public bool Contains(DateOnly date) => (From is not { } from || date >= from) && (To is not { } to || date <= to);

    /// <summary>Reveals nothing: a date of birth may be in it.</summary>
    public override string ToString() => nameof(DicomDateRange);
}
