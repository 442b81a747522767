using Leadglass.Dicom;
using Leadglass.Server.Pages.Texts;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>
/// How dates, times, numbers and names are written in a language. Written out here, since the program carries no cultures.
/// </summary>
/// <param name="language">The language.</param>
/// <param name="zone">In which moments are told: the archive's own.</param>
public sealed class Wording(Language language, TimeZoneInfo zone)
{
    private static readonly string[] EnglishMonths =
    [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ];

    /// <summary>The language.</summary>
    public Language Language => language;

    /// <summary>05.03.2026, 05 Mar 2026: as wide in every row of a table.</summary>
    public string Date(DateOnly date) =>
        language is Language.German
            ? $"{date.Day:00}.{date.Month:00}.{date.Year:0000}"
            : $"{date.Day:00} {EnglishMonths[date.Month - 1]} {date.Year:0000}";

    /// <summary>14:07.</summary>
    public string Time(TimeOnly time) => $"{time.Hour:00}:{time.Minute:00}";

    /// <summary>Date and time of a moment, in the archive's time zone.</summary>
    public string Moment(DateTimeOffset moment)
    {
        var local = TimeZoneInfo.ConvertTime(moment, zone);
        return $"{Date(DateOnly.FromDateTime(local.DateTime))} {Time(TimeOnly.FromDateTime(local.DateTime))}";
    }

    /// <summary>Date and time of a moment to the second, in the archive's time zone.</summary>
    public string ExactMoment(DateTimeOffset moment)
    {
        var local = TimeZoneInfo.ConvertTime(moment, zone);
        return $"{Moment(moment)}:{local.Second:00}";
    }

    /// <summary>For the machine-readable half of a time element.</summary>
    public static string Machine(DateTimeOffset moment) =>
        moment.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    /// <summary>12.345 or 12,345.</summary>
    public string Number(long number)
    {
        var text = number.ToString("#,##0");
        return language is Language.German ? text.Replace(',', '.') : text;
    }

    /// <summary>1,5 GB or 1.5 GB: decimal units, one digit after the point at most.</summary>
    public string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1000 && unit < units.Length - 1)
        {
            (value, unit) = (value / 1000, unit + 1);
        }
        var text = unit == 0 || value >= 100 ? value.ToString("0") : value.ToString("0.#");
        return $"{(language is Language.German ? text.Replace('.', ',') : text)} {units[unit]}";
    }

    /// <summary>A value of VR DA as a date; as it stands where it is none.</summary>
    public string DicomDay(string? value) =>
        value is null ? ""
        : DicomDate.TryParse(value, out var date) ? Date(date)
        : value;

    /// <summary>A value of VR TM as hours and minutes; as it stands where it is none.</summary>
    public string DicomClock(string? value)
    {
        var digits = value?.Replace(":", "", StringComparison.Ordinal) ?? "";
        return digits.Length >= 4 && digits[..4].All(char.IsAsciiDigit) ? $"{digits[..2]}:{digits[2..4]}" : value ?? "";
    }

    /// <summary>A value of VR DT as date and time, as far as it goes; as it stands where it is none.</summary>
    public string DicomMoment(string? value) =>
        value is { Length: >= 8 } && DicomDate.TryParse(value.AsSpan(0, 8), out var date)
            ? $"{Date(date)} {(value.Length >= 12 ? DicomClock(value[8..]) : "")}".TrimEnd()
            : value ?? "";

    /// <summary>Sex (0010,0040) in a word; as it stands where the standard knows no such value.</summary>
    public string Sex(string? value) =>
        value switch
        {
            null => "",
            "F" => CommonTexts.Female.In(language),
            "M" => CommonTexts.Male.In(language),
            "O" => CommonTexts.OtherSex.In(language),
            _ => value,
        };

    /// <summary>
    /// The age on a day: in years, under two years in months, under two months in days. Empty where the birth lies after it.
    /// </summary>
    public string Age(DateOnly birth, DateOnly day)
    {
        if (birth > day)
        {
            return "";
        }
        var months = ((day.Year - birth.Year) * 12) + day.Month - birth.Month - (day.Day < birth.Day ? 1 : 0);
        return months >= 24 ? CommonTexts.Years.In(language, months / 12)
            : months >= 2 ? CommonTexts.Months.In(language, months)
            : CommonTexts.Days.In(language, day.DayNumber - birth.DayNumber);
    }

    /// <summary>Age (0010,1010) as it was given, 045Y, in words; as it stands where it is none.</summary>
    public string DicomAge(string? value) =>
        value is { Length: 4 } && int.TryParse(value.AsSpan(0, 3), out var count)
            ? value[3] switch
            {
                'Y' => CommonTexts.Years.In(language, count),
                'M' => CommonTexts.Months.In(language, count),
                'W' => CommonTexts.Weeks.In(language, count),
                'D' => CommonTexts.Days.In(language, count),
                _ => value,
            }
            : value ?? "";

    /// <summary>Family, Given Middle (Prefix, Suffix): how a list of patients is read.</summary>
    public static string Name(PersonNameGroup group)
    {
        var given = string.Join(' ', new[] { group.GivenName, group.MiddleName }.Where(part => part.Length > 0));
        var titles = string.Join(", ", new[] { group.Prefix, group.Suffix }.Where(part => part.Length > 0));
        var name =
            given.Length == 0 ? group.FamilyName
            : group.FamilyName.Length == 0 ? given
            : $"{group.FamilyName}, {given}";
        return titles.Length == 0 ? name
            : name.Length == 0 ? titles
            : $"{name} ({titles})";
    }
}
