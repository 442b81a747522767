using System.Globalization;

namespace Leadglass.Server.Pages.Studies;

/// <summary>Days, months and years as people write them. Day before month, as in both languages of the pages.</summary>
internal static class SearchDates
{
    private const int YearMin = 1880;
    private const int YearMax = 2199;

    private static readonly string[] DayForms =
    [
        "yyyy-MM-dd",
        "yyyy-M-d",
        "d.M.yyyy",
        "d/M/yyyy",
        "d-M-yyyy",
        "yyyyMMdd",
    ];

    private static readonly string[] MonthForms = ["yyyy-MM", "M.yyyy", "M/yyyy"];

    /// <summary>The first and last day that a word names.</summary>
    public static bool TryParse(string word, DateOnly today, out (DateOnly From, DateOnly To) dates)
    {
        var found = ByName(word, today) ?? AsDay(word) ?? AsShortDay(word, today) ?? AsMonth(word) ?? AsYear(word);
        dates = found ?? default;
        return found is not null;
    }

    private static (DateOnly, DateOnly)? ByName(string word, DateOnly today) =>
        word.ToLowerInvariant() switch
        {
            "heute" or "today" => (today, today),
            "gestern" or "yesterday" => (today.AddDays(-1), today.AddDays(-1)),
            _ => null,
        };

    private static (DateOnly, DateOnly)? AsDay(string word) =>
        DateOnly.TryParseExact(word, DayForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        && IsPlausible(day)
            ? (day, day)
            : null;

    // 5.3. or 05.03.26: of this century unless that lies ahead.
    private static (DateOnly, DateOnly)? AsShortDay(string word, DateOnly today)
    {
        var parts = word.Split('.');
        if (
            parts.Length != 3
            || !int.TryParse(parts[0], NumberStyles.None, null, out var day)
            || !int.TryParse(parts[1], NumberStyles.None, null, out var month)
        )
        {
            return null;
        }
        int year;
        if (parts[2].Length == 0)
        {
            year = today.Year;
        }
        else if (parts[2].Length == 2 && int.TryParse(parts[2], NumberStyles.None, null, out var two))
        {
            year = two + (today.Year / 100 * 100);
            year -= year > today.Year ? 100 : 0;
        }
        else
        {
            return null;
        }
        return month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month)
            ? (new DateOnly(year, month, day), new DateOnly(year, month, day))
            : null;
    }

    private static (DateOnly, DateOnly)? AsMonth(string word) =>
        DateOnly.TryParseExact(word, MonthForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
        && IsPlausible(month)
            ? (month, month.AddMonths(1).AddDays(-1))
            : null;

    private static (DateOnly, DateOnly)? AsYear(string word) =>
        word.Length == 4
        && int.TryParse(word, NumberStyles.None, null, out var year)
        && year is >= YearMin and <= YearMax
            ? (new DateOnly(year, 1, 1), new DateOnly(year, 12, 31))
            : null;

    private static bool IsPlausible(DateOnly day) => day.Year is >= YearMin and <= YearMax;
}
