using System.Globalization;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Dates, times and both together: single value and range matching (PS3.4 C.2.2.2.1, C.2.2.2.5). A value that leaves out
/// its end stands for the whole span that it names: 1015 in a key is 10:15:00 to 10:15:59.999999.
/// </summary>
internal sealed class TemporalMatcher : AttributeMatcher
{
    private readonly ValueRepresentation _vr;
    private readonly long _from;
    private readonly long _to;

    private TemporalMatcher(DicomTag tag, ValueRepresentation vr, long from, long to, bool isRange)
        : base(tag)
    {
        (_vr, _from, _to, IsRange) = (vr, from, to, isRange);
    }

    /// <summary>Whether the key has a hyphen that parts two ends.</summary>
    public bool IsRange { get; }

    /// <summary>First tick that matches.</summary>
    public long From => _from;

    /// <summary>Last tick that matches.</summary>
    public long To => _to;

    /// <summary>A matcher; for a key that is neither value nor range, one that wants the very same text.</summary>
    public static AttributeMatcher Of(DicomTag tag, ValueRepresentation vr, string key)
    {
        if (TemporalValue.TryParse(key, vr, out var single))
        {
            return new TemporalMatcher(tag, vr, single.First, single.Last, isRange: false);
        }

        for (var hyphen = key.IndexOf('-'); hyphen >= 0; hyphen = key.IndexOf('-', hyphen + 1))
        {
            var (before, after) = (key[..hyphen].Trim(), key[(hyphen + 1)..].Trim());
            TemporalValue from = default;
            TemporalValue to = default;
            if (
                before.Length + after.Length > 0
                && (before.Length == 0 || TemporalValue.TryParse(before, vr, out from))
                && (after.Length == 0 || TemporalValue.TryParse(after, vr, out to))
            )
            {
                return new TemporalMatcher(
                    tag,
                    vr,
                    before.Length == 0 ? long.MinValue : from.First,
                    after.Length == 0 ? long.MaxValue : to.Last,
                    isRange: true
                );
            }
        }

        return new LiteralMatcher(tag, key);
    }

    /// <inheritdoc />
    public override bool Matches(DataSet entity) =>
        entity
            .GetStrings(Tag)
            .Any(text =>
                TemporalValue.TryParse(text, _vr, out var value) && value.First >= _from && value.First <= _to
            );

    private sealed class LiteralMatcher(DicomTag tag, string key) : AttributeMatcher(tag)
    {
        public override bool Matches(DataSet entity) => entity.GetStrings(Tag).Contains(key);
    }
}

/// <summary>The span of ticks (100 ns) that a DA, TM or DT value names (PS3.5 6.2).</summary>
internal readonly record struct TemporalValue(long First, long Last)
{
    /// <summary>Reads a value; of TM the ticks since midnight, of DA and DT since the year 1, DT in UTC if it has an offset.</summary>
    public static bool TryParse(string text, ValueRepresentation vr, out TemporalValue value)
    {
        value = default;
        return vr switch
        {
            ValueRepresentation.DA => TryParseDate(text, out value),
            ValueRepresentation.TM => TryParseTime(text, out value),
            ValueRepresentation.DT => TryParseDateTime(text, out value),
            _ => false,
        };
    }

    private static bool TryParseDate(string text, out TemporalValue value)
    {
        value = default;
        // yyyy.mm.dd is of ACR-NEMA and still to be read (PS3.5 6.2 note).
        string[] forms = ["yyyyMMdd", "yyyy.MM.dd"];
        if (!DateTime.TryParseExact(text, forms, null, DateTimeStyles.None, out var date))
        {
            return false;
        }

        value = new TemporalValue(date.Ticks, date.Ticks + TimeSpan.TicksPerDay - 1);
        return true;
    }

    private static bool TryParseTime(string text, out TemporalValue value)
    {
        value = default;
        var plain = text.Contains(':') ? text.Replace(":", "", StringComparison.Ordinal) : text;
        return TryParseClock(plain, out var first, out var span)
            && (value = new TemporalValue(first, first + span - 1)) != default;
    }

    private static bool TryParseDateTime(string text, out TemporalValue value)
    {
        value = default;
        var offset = TimeSpan.Zero;
        if (text.Length > 5 && text[^5] is '+' or '-' && text.Length - 5 >= 4)
        {
            if (
                !int.TryParse(text.AsSpan(text.Length - 4), NumberStyles.None, null, out var hoursAndMinutes)
                || hoursAndMinutes > 1400
                || hoursAndMinutes % 100 > 59
            )
            {
                return false;
            }

            offset = new TimeSpan(hoursAndMinutes / 100, hoursAndMinutes % 100, 0);
            offset = text[^5] == '-' ? -offset : offset;
            text = text[..^5];
        }

        var digits = text.Split('.')[0].Length;
        if (digits is not (4 or 6 or 8) && digits < 10)
        {
            return false;
        }

        var dateText = (text[..Math.Min(8, digits)] + "0101"[..Math.Max(0, 4 - (Math.Min(8, digits) - 4))])[..8];
        if (!DateTime.TryParseExact(dateText, "yyyyMMdd", null, DateTimeStyles.None, out var date))
        {
            return false;
        }

        long first = 0;
        long span;
        switch (digits)
        {
            case 4:
                span = (date.Year == 9999 ? DateTime.MaxValue : date.AddYears(1)).Ticks - date.Ticks;
                break;
            case 6:
                span = (date is { Year: 9999, Month: 12 } ? DateTime.MaxValue : date.AddMonths(1)).Ticks - date.Ticks;
                break;
            case 8:
                span = TimeSpan.TicksPerDay;
                break;
            default:
                if (!TryParseClock(text[8..], out first, out span))
                {
                    return false;
                }

                break;
        }

        first += date.Ticks - offset.Ticks;
        value = new TemporalValue(first, first + span - 1);
        return true;
    }

    /// <summary>HH, HHMM, HHMMSS or HHMMSS.F to six digits: the first tick and how many it stands for.</summary>
    private static bool TryParseClock(string text, out long first, out long span)
    {
        (first, span) = (0, 0);
        var point = text.IndexOf('.');
        var whole = point < 0 ? text : text[..point];
        if (
            whole.Length is not (2 or 4 or 6)
            || (point >= 0 && (whole.Length != 6 || text.Length - point - 1 is 0 or > 6))
            || !int.TryParse(whole, NumberStyles.None, null, out _)
        )
        {
            return false;
        }

        var hours = int.Parse(whole.AsSpan(0, 2), NumberStyles.None);
        var minutes = whole.Length >= 4 ? int.Parse(whole.AsSpan(2, 2), NumberStyles.None) : 0;
        var seconds = whole.Length == 6 ? int.Parse(whole.AsSpan(4, 2), NumberStyles.None) : 0;
        // 60 is a leap second.
        if (hours > 23 || minutes > 59 || seconds > 60)
        {
            return false;
        }

        first = new TimeSpan(hours, minutes, seconds).Ticks;
        span = whole.Length switch
        {
            2 => TimeSpan.TicksPerHour,
            4 => TimeSpan.TicksPerMinute,
            _ => TimeSpan.TicksPerSecond,
        };
        if (point < 0)
        {
            return true;
        }

        for (var i = point + 1; i < text.Length; i++)
        {
            if (!char.IsAsciiDigit(text[i]))
            {
                return false;
            }

            span /= 10;
            first += (text[i] - '0') * span;
        }

        return true;
    }
}
