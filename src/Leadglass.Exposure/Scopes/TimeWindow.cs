using System.Collections.Immutable;

namespace Leadglass.Exposure;

/// <summary>When probing is allowed, in the time of a named zone. It may pass midnight; then it belongs to the day it began on.</summary>
public sealed class TimeWindow
{
    private const int MinutesAhead = 8 * 24 * 60;

    internal TimeWindow(TimeZoneInfo zone, TimeOnly from, TimeOnly until, ImmutableArray<DayOfWeek> weekdays) =>
        (Zone, From, Until, Weekdays) = (zone, from, until, weekdays);

    /// <summary>The zone whose clock counts.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>When it opens.</summary>
    public TimeOnly From { get; }

    /// <summary>When it shuts, not included.</summary>
    public TimeOnly Until { get; }

    /// <summary>The days it opens on.</summary>
    public ImmutableArray<DayOfWeek> Weekdays { get; }

    /// <summary>Whether it is open.</summary>
    public bool Holds(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, Zone);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        if (From < Until)
        {
            return time >= From && time < Until && Weekdays.Contains(local.DayOfWeek);
        }

        return time >= From
            ? Weekdays.Contains(local.DayOfWeek)
            : time < Until && Weekdays.Contains(local.AddDays(-1).DayOfWeek);
    }

    /// <summary>When it opens next, to the minute; the same moment when it is open.</summary>
    public DateTimeOffset NextOpening(DateTimeOffset at)
    {
        if (Holds(at))
        {
            return at;
        }

        var minute = new DateTimeOffset(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        return Enumerable.Range(1, MinutesAhead).Select(minutes => minute.AddMinutes(minutes)).First(Holds);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{From:HH\\:mm} to {Until:HH\\:mm} {Zone.Id}, {string.Join(' ', Weekdays.Select(day => day.ToString()[..3]))}";
}
