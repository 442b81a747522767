namespace Leadglass.Exposure;

/// <summary>What a probe may do at one endpoint, taken from the scope.</summary>
/// <param name="HighestRung">The highest rung allowed there.</param>
/// <param name="CalledAeTitles">Called AE titles of the scope for its network, in order.</param>
/// <param name="TriesPublishedTitles">Whether the identified product's published default title may be tried.</param>
/// <param name="IsThorough">Whether counting goes on to the end, instead of stopping at 2,000 records.</param>
public sealed record ProbePlan(
    Rung HighestRung,
    IReadOnlyList<string> CalledAeTitles,
    bool TriesPublishedTitles,
    bool IsThorough
);
