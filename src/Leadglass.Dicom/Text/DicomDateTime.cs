using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>
/// A value of VR DT (PS3.5 6.2): YYYY to YYYYMMDDHHMMSS.FFFFFF, with an offset from UTC or without. What it leaves out is
/// open, so it is a span of time.
/// </summary>
/// <param name="Earliest">The first moment that it may mean, by its own clock.</param>
/// <param name="Latest">The last, to the microsecond.</param>
/// <param name="Offset">Its clock's offset from UTC; null where it does not say.</param>
public readonly record struct DicomDateTime(DateTime Earliest, DateTime Latest, TimeSpan? Offset)
{
    /// <summary>Reads a date and time; spaces around it mean nothing.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DicomDateTime value)
    {
        value = default;
        text = text.Trim(" \0");
        TimeSpan? offset = null;
        if (text.IndexOfAny('+', '-') is >= 0 and var sign)
        {
            if (!TryOffset(text[sign..], out var parsed))
            {
                return false;
            }

            offset = parsed;
            text = text[..sign];
        }

        var dateLength = Math.Min(8, text.Length);
        if (!TryDate(text[..dateLength], out var first, out var last))
        {
            return false;
        }

        if (text.Length <= 8)
        {
            value = new DicomDateTime(
                first.ToDateTime(TimeOnly.MinValue),
                last.ToDateTime(TimeOnly.MaxValue).AddTicks(-(TimeSpan.TicksPerMicrosecond - 1)),
                offset
            );
            return true;
        }

        var isTime = DicomTime.TryParseDigits(text[8..], out var time);
        value = isTime
            ? new DicomDateTime(first.ToDateTime(time.Earliest), first.ToDateTime(time.Latest), offset)
            : default;
        return isTime;
    }

    /// <summary>The moment by its own clock, with the offset where given.</summary>
    public static string Format(DateTimeOffset moment) =>
        moment.ToString("yyyyMMddHHmmss.ffffff", CultureInfo.InvariantCulture)
        + moment.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => nameof(DicomDateTime);

    private static bool TryDate(ReadOnlySpan<char> text, out DateOnly first, out DateOnly last)
    {
        (first, last) = (default, default);
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit(character))
            {
                return false;
            }
        }

        switch (text.Length)
        {
            case 4 when int.Parse(text, CultureInfo.InvariantCulture) is > 0 and var year:
                (first, last) = (new DateOnly(year, 1, 1), new DateOnly(year, 12, 31));
                return true;
            case 6 when DicomDate.TryParse($"{text}01", out first):
                last = new DateOnly(first.Year, first.Month, DateTime.DaysInMonth(first.Year, first.Month));
                return true;
            case 8 when DicomDate.TryParse(text, out first):
                last = first;
                return true;
            default:
                return false;
        }
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = default;
        if (
            text.Length != 5
            || !int.TryParse(text[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(text[3..], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            || hours > 14
            || minutes > 59
        )
        {
            return false;
        }

        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return true;
    }
}

/// <summary>A key of VR DT: one moment or a range, both ends included to their precision (PS3.4 C.2.2.2.5). The default is universal.</summary>
public readonly record struct DicomDateTimeRange(DicomDateTime? From, DicomDateTime? To)
{
    public bool IsUniversal => From is null && To is null;

    /// <summary>Reads M, M-M, M- or -M, where the dash of a range is told from that of an offset. The empty key is universal.</summary>
    public static bool TryParse(ReadOnlySpan<char> key, out DicomDateTimeRange range)
    {
        range = default;
        key = key.Trim(" \0");
        if (key.IsEmpty)
        {
            return true;
        }

        if (DicomDateTime.TryParse(key, out var moment))
        {
            range = new DicomDateTimeRange(moment, moment);
            return true;
        }

        for (var dash = key.IndexOf('-'); dash >= 0 && key.Length > 1; )
        {
            var from = key[..dash].Trim();
            var to = key[(dash + 1)..].Trim();
            DicomDateTime last = default;
            if (
                (from.IsEmpty || DicomDateTime.TryParse(from, out moment))
                && (to.IsEmpty || DicomDateTime.TryParse(to, out last))
            )
            {
                range = new DicomDateTimeRange(from.IsEmpty ? null : moment, to.IsEmpty ? null : last);
                return true;
            }

            var next = key[(dash + 1)..].IndexOf('-');
            dash = next < 0 ? -1 : dash + 1 + next;
        }

        return false;
    }

    /// <summary>True when a stored value lies in the range; clocks without an offset run by the one given.</summary>
    public bool Matches(ReadOnlySpan<char> stored, TimeSpan defaultOffset = default) =>
        IsUniversal
        || (
            DicomDateTime.TryParse(stored, out var value)
            && (
                From is not { } from
                || Utc(value.Latest, value, defaultOffset) >= Utc(from.Earliest, from, defaultOffset)
            )
            && (To is not { } to || Utc(value.Earliest, value, defaultOffset) <= Utc(to.Latest, to, defaultOffset))
        );

    public override string ToString() => nameof(DicomDateTimeRange);

    // In ticks, since the first and last day of the calendar have no room for an offset.
    private static long Utc(DateTime moment, DicomDateTime value, TimeSpan defaultOffset) =>
        moment.Ticks - (value.Offset ?? defaultOffset).Ticks;
}
