using Leadglass.Archive;

namespace Leadglass.Server.Pages.Studies;

/// <summary>What the study list is asked for. Holds what people search by, so it shows nothing of itself.</summary>
public sealed class StudyListQuery
{
    /// <summary>The most characters of the search box.</summary>
    public const int WordsLengthMax = 200;

    /// <summary>Studies on one page.</summary>
    public const int PageSize = 50;

    /// <summary>The last page that can be asked for: whoever looks further narrows the search.</summary>
    public const int PageMax = 200;

    /// <summary>The search box: name, ID, accession number, date, modality in any order.</summary>
    public string Words { get; init; } = "";

    /// <summary>Exactly this Patient ID; empty: any. Not from the search form: from links of other pages.</summary>
    public string PatientId { get; init; } = "";

    /// <summary>First study date; null: any.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Last study date; null: any.</summary>
    public DateOnly? To { get; init; }

    /// <summary>A modality in the study, as CT; empty: any.</summary>
    public string Modality { get; init; } = "";

    /// <summary>The referring physician's name or its beginning; empty: any.</summary>
    public string Referring { get; init; } = "";

    /// <summary>Only studies with a series of this department; empty: any.</summary>
    public string Department { get; init; } = "";

    /// <summary>In which order.</summary>
    public SearchOrder Order { get; init; } = SearchOrder.NewestStudyFirst;

    /// <summary>Which page, from 1.</summary>
    public int Page { get; init; } = 1;

    /// <summary>Nothing narrows it: the latest studies.</summary>
    public bool IsEverything =>
        Words.Length == 0
        && PatientId.Length == 0
        && From is null
        && To is null
        && Modality.Length == 0
        && Referring.Length == 0
        && Department.Length == 0;

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study list query";
}
