using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>
/// A value of VR TM (PS3.5 6.2): HH, HHMM, HHMMSS or HHMMSS.F to microseconds, and as older devices wrote it HH:MM:SS. What
/// it leaves out is open, so it is a span of time.
/// </summary>
/// <param name="Earliest">The first moment that it may mean.</param>
/// <param name="Latest">The last, to the microsecond.</param>
public readonly record struct DicomTime(TimeOnly Earliest, TimeOnly Latest)
{
    private static ReadOnlySpan<long> TicksOfFraction => [1_000_000, 100_000, 10_000, 1_000, 100, 10];

    /// <summary>Reads a time; a leap second counts as the second before it. Spaces around it mean nothing.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DicomTime time)
    {
        time = default;
        text = text.Trim(" \0");
        if (text.Length is >= 5 and <= 15 && text[2] == ':')
        {
            if (text.Length is not 5 and < 8 || (text.Length >= 8 && text[5] != ':'))
            {
                return false;
            }

            text = text.ToString().Replace(":", "", StringComparison.Ordinal);
        }

        return TryParseDigits(text, out time);
    }

    /// <summary>The time as HHMMSS, or HHMMSS.FFFFFF where it has parts of a second.</summary>
    public static string Format(TimeOnly time) =>
        time.ToString(
            time.Ticks % TimeSpan.TicksPerSecond == 0 ? "HHmmss" : "HHmmss.ffffff",
            CultureInfo.InvariantCulture
        );

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => nameof(DicomTime);

    internal static bool TryParseDigits(ReadOnlySpan<char> text, out DicomTime time)
    {
        time = default;
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? [] : text[(point + 1)..];
        if (
            whole.Length is not (2 or 4 or 6)
            || (point >= 0 && (whole.Length != 6 || fraction.Length is 0 or > 6))
            || !TryNumber(whole[..2], 23, out var hour)
        )
        {
            return false;
        }

        var (minute, second, ticks) = (0, 0, 0L);
        var precision = whole.Length switch
        {
            2 => TimeSpan.TicksPerHour,
            4 => TimeSpan.TicksPerMinute,
            _ => TimeSpan.TicksPerSecond,
        };
        if (
            (whole.Length >= 4 && !TryNumber(whole[2..4], 59, out minute))
            || (whole.Length == 6 && !TryNumber(whole[4..], 60, out second))
        )
        {
            return false;
        }

        for (var i = 0; i < fraction.Length; i++)
        {
            if (!char.IsAsciiDigit(fraction[i]))
            {
                return false;
            }

            precision = TicksOfFraction[i];
            ticks += (fraction[i] - '0') * precision;
        }

        var earliest = new TimeOnly(hour, minute, Math.Min(second, 59)).Ticks + ticks;
        time = new DicomTime(new TimeOnly(earliest), new TimeOnly(earliest + precision - TimeSpan.TicksPerMicrosecond));
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, int highest, out int number) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= highest;
}

/// <summary>A key of VR TM: one time or a range, both ends included to their precision (PS3.4 C.2.2.2.5). The default is universal.</summary>
public readonly record struct DicomTimeRange(TimeOnly? From, TimeOnly? To)
{
    public bool IsUniversal => From is null && To is null;

    /// <summary>Reads T, T-T, T- or -T; the empty key is universal. False for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> key, out DicomTimeRange range)
    {
        range = default;
        key = key.Trim(" \0");
        if (key.IsEmpty)
        {
            return true;
        }

        var dash = key.IndexOf('-');
        if (dash < 0)
        {
            var isTime = DicomTime.TryParse(key, out var time);
            range = isTime ? new DicomTimeRange(time.Earliest, time.Latest) : default;
            return isTime;
        }

        var from = key[..dash].Trim();
        var to = key[(dash + 1)..].Trim();
        DicomTime first = default;
        DicomTime last = default;
        var isRange =
            key.Length > 1
            && (from.IsEmpty || DicomTime.TryParse(from, out first))
            && (to.IsEmpty || DicomTime.TryParse(to, out last));
        range = isRange
            ? new DicomTimeRange(from.IsEmpty ? null : first.Earliest, to.IsEmpty ? null : last.Latest)
            : default;
        return isRange;
    }

    /// <summary>True when a stored value, as far as it is precise, lies in the range.</summary>
    public bool Matches(ReadOnlySpan<char> stored) =>
        IsUniversal
        || (
            DicomTime.TryParse(stored, out var time)
            && (From is not { } from || time.Latest >= from)
            && (To is not { } to || time.Earliest <= to)
        );

    public override string ToString() => nameof(DicomTimeRange);
}
