namespace Leadglass.Server.Pages.Studies;

/// <summary>What the study list shows.</summary>
public sealed record StudyListModel
{
    /// <summary>What was asked for.</summary>
    public required StudyListQuery Query { get; init; }

    /// <summary>One page of studies.</summary>
    public IReadOnlyList<StudySummary> Studies { get; init; } = [];

    /// <summary>How many there are in all; null: not counted.</summary>
    public long? Total { get; init; }

    /// <summary>More follow.</summary>
    public bool HasMore { get; init; }

    /// <summary>The search looked at too much and was not carried out.</summary>
    public bool IsTooBroad { get; init; }

    /// <summary>The day on which the list is shown.</summary>
    public required DateOnly Today { get; init; }

    /// <summary>The visitor's department; null: none, or they look for one patient only.</summary>
    public string? OwnDepartment { get; init; }

    /// <summary>The visitor sees the patients assigned to them alone.</summary>
    public bool IsLimitedToAssigned { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Studies.Count} studies";
}
