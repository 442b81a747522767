namespace Leadglass.Server.Pages.Studies;

/// <summary>What the page of a study shows.</summary>
public sealed class StudyPageModel
{
    /// <summary>The study and its patient.</summary>
    public required StudySummary Study { get; init; }

    /// <summary>Its series.</summary>
    public IReadOnlyList<SeriesSummary> Series { get; init; } = [];

    /// <summary>Reports, key object selections, documents.</summary>
    public IReadOnlyList<InstanceSummary> Documents { get; init; } = [];

    /// <summary>How many key images there are in each series, by its UID.</summary>
    public IReadOnlyDictionary<string, int> KeyImages { get; init; } =
        new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>The patient's other studies.</summary>
    public IReadOnlyList<StudySummary> Priors { get; init; } = [];

    /// <summary>Accounts to whom the study, or its patient, is assigned.</summary>
    public IReadOnlyList<AssignedTo> Assigned { get; init; } = [];

    /// <summary>Accounts to whom it can be assigned: id and name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Referrers { get; init; } = [];

    /// <summary>Whether the visitor may ask who saw it.</summary>
    public bool MaySeeNames { get; init; }

    /// <summary>The day on which the page is shown.</summary>
    public required DateOnly Today { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study page";
}

/// <summary>What the page of a series shows.</summary>
public sealed class SeriesPageModel
{
    /// <summary>The study and its patient.</summary>
    public required StudySummary Study { get; init; }

    /// <summary>The series.</summary>
    public required SeriesSummary Series { get; init; }

    /// <summary>One page of its instances.</summary>
    public IReadOnlyList<InstanceSummary> Instances { get; init; } = [];

    /// <summary>Which page, from 1.</summary>
    public int Page { get; init; } = 1;

    /// <summary>More follow.</summary>
    public bool HasMore { get; init; }

    /// <summary>Titles of key object selections by the UID of the instance that they name.</summary>
    public IReadOnlyDictionary<string, string> KeyObjects { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The day on which the page is shown.</summary>
    public required DateOnly Today { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "series page";
}

/// <summary>An assignment as the study page shows it.</summary>
/// <param name="Id">Of the assignment.</param>
/// <param name="Name">The account's name.</param>
/// <param name="IsWholePatient">The patient is assigned, with all studies.</param>
/// <param name="Until">From when on it counts no more.</param>
public sealed record AssignedTo(string Id, string Name, bool IsWholePatient, DateTimeOffset? Until);
