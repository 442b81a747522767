using System.Collections.Frozen;

namespace Leadglass.Server.Pages.Studies;

/// <summary>
/// The search box, read word by word: dates in the ways people write them, modalities by their code, words with digits as
/// the beginning of an ID or accession number, the rest as a name.
/// </summary>
public sealed class SearchWords
{
    private const int WordsMax = 12;

    private static readonly FrozenDictionary<string, string> Modalities = new Dictionary<string, string>(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["MRT"] = "MR",
        ["MRI"] = "MR",
        ["PET"] = "PT",
        ["Sono"] = "US",
        ["Mammo"] = "MG",
    }
        .Concat(StudyModalities.Codes.Select(code => KeyValuePair.Create(code, code)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private SearchWords(
        IReadOnlyList<string> names,
        IReadOnlyList<string> numbers,
        IReadOnlyList<string> modalities,
        (DateOnly, DateOnly)? dates
    ) => (Names, Numbers, InStudy, Dates) = (names, numbers, modalities, dates);

    /// <summary>Words of a name, or of an ID without digits.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Words with digits: beginnings of an ID or accession number.</summary>
    public IReadOnlyList<string> Numbers { get; }

    /// <summary>Modalities.</summary>
    public IReadOnlyList<string> InStudy { get; }

    /// <summary>A day, a month or a year; the last that was written.</summary>
    public (DateOnly From, DateOnly To)? Dates { get; }

    /// <summary>Reads the box; never fails.</summary>
    /// <param name="text">As it was entered.</param>
    /// <param name="today">For today and yesterday.</param>
    public static SearchWords Parse(string text, DateOnly today)
    {
        List<string> names = [];
        List<string> numbers = [];
        List<string> modalities = [];
        (DateOnly, DateOnly)? dates = null;
        var words = text.Split(
            [' ', '\t', ',', ';', '^', '='],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
        );
        foreach (var word in words.Take(WordsMax))
        {
            if (SearchDates.TryParse(word, today, out var found))
            {
                dates = found;
            }
            else if (IsModality(word, words.Length) is { } modality)
            {
                modalities.Add(modality);
            }
            else
            {
                (word.Any(char.IsDigit) ? numbers : names).Add(word);
            }
        }
        return new SearchWords(names, numbers, modalities, dates);
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "search words";

    // "Mr" or "Us" alone may begin a name; in capitals, or beside other words, it is what radiologists mean by it.
    private static string? IsModality(string word, int words) =>
        Modalities.TryGetValue(word, out var code) && (words > 1 || word.All(char.IsUpper) || word.Length > 2)
            ? code
            : null;
}

/// <summary>Modalities that people choose from and search by (PS3.3 C.7.3.1.1.1).</summary>
public static class StudyModalities
{
    /// <summary>Those that stand in the filter, most used first.</summary>
    public static IReadOnlyList<string> Offered { get; } =
    ["CT", "MR", "CR", "DX", "US", "MG", "XA", "RF", "NM", "PT", "IO", "PX", "ES", "OP", "SM", "ECG", "RTSTRUCT", "SR"];

    /// <summary>Those that the search box knows.</summary>
    public static IReadOnlyList<string> Codes { get; } =
    [.. Offered, "RTPLAN", "RTDOSE", "RTIMAGE", "SEG", "OPT", "IVUS", "IVOCT", "BMD", "XC", "GM", "KO", "PR", "DOC"];
}
