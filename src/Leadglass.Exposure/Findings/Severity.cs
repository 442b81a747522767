namespace Leadglass.Exposure;

/// <summary>How bad a finding is, on two axes: what a stranger can do (CVSS), and how much there is to take.</summary>
public sealed record Severity
{
    /// <summary>The CVSS 3.1 base vector of what was shown; null where nothing could be told.</summary>
    public string? Vector { get; init; }

    /// <summary>Its score, 0.0 to 10.0; null where nothing could be told.</summary>
    public double? Score { get; init; }

    /// <summary><c>none</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>critical</c> by CVSS 3.1 section 5; <c>unknown</c>.</summary>
    public required string Rating { get; init; }

    /// <summary>What the vector rests on: <c>administration</c>, <c>query-and-store-accepted</c>, <c>query</c>, <c>retrieve</c>, <c>echo</c>, <c>nothing</c>, <c>unknown</c>.</summary>
    public required string Basis { get; init; }

    /// <summary>The port that showed it; null where nothing was shown.</summary>
    public int? Port { get; init; }

    /// <summary>The second axis; null where nothing was counted.</summary>
    public ExposureExtent? Extent { get; init; }
}

/// <summary>How much there is to take: records x identifiability x years, each in steps.</summary>
/// <param name="Records">0 none, 1 below 100 studies, 2 below 10,000, 3 below 1,000,000, 4 beyond.</param>
/// <param name="Identifiability">1 not shown, 2 identifying fields are filled.</param>
/// <param name="Years">1 one year or not told, 2 up to five years between the first and the last examination, 3 beyond.</param>
/// <param name="Product">The three multiplied, 0 to 24.</param>
/// <param name="Rating"><c>none</c> 0, <c>small</c> up to 3, <c>medium</c> up to 8, <c>large</c> up to 15, <c>very-large</c> beyond.</param>
public sealed record ExposureExtent(int Records, int Identifiability, int Years, int Product, string Rating);
