namespace Leadglass.Exposure;

/// <summary>What a host is taken for, and why. Unknown is a result.</summary>
public sealed record ProductIdentification
{
    /// <summary>What stands where nothing is known.</summary>
    public const string UnknownProduct = "unknown";

    /// <summary>The product's name, or <see cref="UnknownProduct"/>.</summary>
    public required string Product { get; init; }

    /// <summary>The id of its entry among the fingerprints; null where unknown.</summary>
    public string? ProductId { get; init; }

    /// <summary>Its version, where a sign told one.</summary>
    public string? Version { get; init; }

    /// <summary>Who makes it.</summary>
    public string? Vendor { get; init; }

    /// <summary>0 (unknown) to 1. Signs that contradict each other lower it.</summary>
    public double Confidence { get; init; }

    /// <summary>The signs, one sentence each, those against it too.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>0 to 1; below 0.5 unless at least three signs agree.</summary>
    public double HoneypotLikelihood { get; init; }

    /// <summary>The signs of a honeypot, one sentence each.</summary>
    public IReadOnlyList<string> HoneypotSigns { get; init; } = [];

    /// <summary>0 to 1; below 0.5 unless at least two signs agree.</summary>
    public double DemoLikelihood { get; init; }

    /// <summary>The signs of a demonstration or test system, one sentence each.</summary>
    public IReadOnlyList<string> DemoSigns { get; init; } = [];

    /// <summary>Nothing is known.</summary>
    public static ProductIdentification Unknown { get; } = new() { Product = UnknownProduct };
}
