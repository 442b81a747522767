using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>Days from the first to the last, both within.</summary>
internal readonly record struct DateRange(DateOnly First, DateOnly Last)
{
    /// <summary>How many.</summary>
    public int Days => Last.DayNumber - First.DayNumber + 1;

    /// <summary>As a range key (PS3.4 C.2.2.2.5).</summary>
    public string Key => Text(First) + "-" + Text(Last);

    /// <summary>Both halves of a range of two days or more.</summary>
    public (DateRange Earlier, DateRange Later) Halve()
    {
        var middle = DateOnly.FromDayNumber(First.DayNumber + ((Days - 1) / 2));
        return (new(First, middle), new(middle.AddDays(1), Last));
    }

    /// <summary>A date as it came, as year, month and day in one number, lies within.</summary>
    public bool Holds(int date) => date >= Number(First) && date <= Number(Last);

    private static string Text(DateOnly day) => day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private static int Number(DateOnly day) => (day.Year * 10_000) + (day.Month * 100) + day.Day;
}
