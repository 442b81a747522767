using System.Collections.Immutable;
using System.Globalization;

namespace Leadglass.Exposure.Tests;

public sealed class TimeWindowTests
{
    [Theory]
    // Sunday 25 October 2026: clocks in Berlin go back at 03:00 summer time.
    [InlineData("22:00", "05:00", "2026-10-25T03:59:00Z", true)]
    [InlineData("22:00", "05:00", "2026-10-25T04:00:00Z", false)]
    // Sunday 28 March 2027: they go forward.
    [InlineData("22:00", "05:00", "2027-03-28T02:59:00Z", true)]
    [InlineData("22:00", "05:00", "2027-03-28T03:00:00Z", false)]
    [InlineData("08:00", "17:00", "2026-11-23T07:00:00Z", true)]
    [InlineData("08:00", "17:00", "2026-11-23T06:59:59Z", false)]
    [InlineData("08:00", "17:00", "2026-11-23T16:00:00Z", false)]
    [InlineData("00:00", "23:59", "2026-11-23T22:58:59Z", true)]
    public void The_clock_of_its_zone_counts(string from, string until, string at, bool isOpen) =>
        Assert.Equal(isOpen, Window(from, until, [.. Enum.GetValues<DayOfWeek>()]).Holds(At(at)));

    [Theory]
    [InlineData("2026-11-23T21:30:00Z", true)] // Monday evening
    [InlineData("2026-11-24T03:30:00Z", true)] // Tuesday morning, Monday's window
    [InlineData("2026-11-24T21:30:00Z", false)] // Tuesday evening
    [InlineData("2026-11-23T03:30:00Z", false)] // Monday morning, Sunday's window
    public void A_window_past_midnight_belongs_to_the_day_it_began_on(string at, bool isOpen) =>
        Assert.Equal(isOpen, Window("22:00", "05:00", [DayOfWeek.Monday]).Holds(At(at)));

    [Fact]
    public void The_next_opening_is_found_within_the_week()
    {
        var window = Window("22:00", "05:00", [DayOfWeek.Monday]);
        Assert.Equal(At("2026-11-30T21:00:00Z"), window.NextOpening(At("2026-11-24T04:00:30Z")));
        Assert.Equal(At("2026-11-24T03:00:30Z"), window.NextOpening(At("2026-11-24T03:00:30Z")));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static TimeWindow Window(string from, string until, ImmutableArray<DayOfWeek> days) =>
        new(
            TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
            TimeOnly.Parse(from, CultureInfo.InvariantCulture),
            TimeOnly.Parse(until, CultureInfo.InvariantCulture),
            days
        );
}
