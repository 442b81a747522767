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
)
{
    /// <summary>
    /// Those among <see cref="CalledAeTitles"/> that the scope lists for this host alone, not for a network of several. A
    /// neighbour's title proves nothing here, so that only these are known to be right.
    /// </summary>
    public IReadOnlyList<string> OwnAeTitles { get; init; } = [];
}
