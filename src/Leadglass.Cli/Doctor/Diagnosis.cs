using System.Collections.Immutable;

namespace Leadglass.Cli.Doctor;

/// <summary>How bad a finding is.</summary>
internal enum Health
{
    /// <summary>It is as it should be.</summary>
    Ok,

    /// <summary>It could not be looked at, and need not.</summary>
    Skipped,

    /// <summary>It will be a problem.</summary>
    Warning,

    /// <summary>It is a problem now.</summary>
    Red,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Check">What.</param>
/// <param name="Health">How it is.</param>
/// <param name="Message">What was seen and, where it is not well, what to do.</param>
internal sealed record Finding(string Check, Health Health, string Message);

/// <summary>Everything that <c>doctor</c> looked at.</summary>
/// <param name="IsHealthy">Nothing is red.</param>
/// <param name="Findings">In the order in which they were looked at.</param>
internal sealed record Diagnosis(bool IsHealthy, ImmutableArray<Finding> Findings)
{
    public static Diagnosis Of(IEnumerable<Finding> findings)
    {
        ImmutableArray<Finding> all = [.. findings];
        return new Diagnosis(all.All(finding => finding.Health != Health.Red), all);
    }
}
