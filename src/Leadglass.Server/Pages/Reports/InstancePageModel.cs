using Leadglass.Server.Pages.Studies;

namespace Leadglass.Server.Pages.Reports;

/// <summary>What the page of one instance shows.</summary>
public sealed class InstancePageModel
{
    /// <summary>The study and its patient.</summary>
    public required StudySummary Study { get; init; }

    /// <summary>The series.</summary>
    public required string SeriesUid { get; init; }

    /// <summary>The instance.</summary>
    public required string InstanceUid { get; init; }

    /// <summary>What it is.</summary>
    public required InstanceKind Kind { get; init; }

    /// <summary>Name of its SOP class.</summary>
    public required string ClassName { get; init; }

    /// <summary>Name of the transfer syntax in which it is stored.</summary>
    public required string SyntaxName { get; init; }

    /// <summary>Title of a report or document.</summary>
    public string? Title { get; init; }

    /// <summary>The content of a report or key object selection.</summary>
    public StructuredReport? Report { get; init; }

    /// <summary>Who verified a report: values of VR PN.</summary>
    public IReadOnlyList<string> Verifiers { get; init; } = [];

    /// <summary>Content Date, a value of VR DA.</summary>
    public string? Date { get; init; }

    /// <summary>Content Time, a value of VR TM.</summary>
    public string? Time { get; init; }

    /// <summary>All attributes before the pixel data.</summary>
    public required AttributeRows Attributes { get; init; }

    /// <summary>The day on which the page is shown.</summary>
    public required DateOnly Today { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance page";
}
