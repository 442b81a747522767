namespace Leadglass.Exposure;

/// <summary>A CVSS 3.1 base vector: metrics, score and rating as the specification computes them (sections 2, 5, 7.1, 7.4 and Appendix A).</summary>
internal sealed class CvssBase
{
    private readonly string _metrics;

    private CvssBase(string metrics, double score)
    {
        _metrics = metrics;
        Score = score;
    }

    /// <summary>0.0 to 10.0 in steps of 0.1.</summary>
    public double Score { get; }

    /// <summary>The qualitative rating (section 5).</summary>
    public string Rating =>
        Score switch
        {
            0 => "none",
            < 4 => "low",
            < 7 => "medium",
            < 9 => "high",
            _ => "critical",
        };

    /// <summary>Computes the score of base metrics in their fixed order.</summary>
    /// <param name="metrics"><c>AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</c></param>
    /// <exception cref="FormatException">Not the eight base metrics in order.</exception>
    public static CvssBase Of(string metrics)
    {
        var values = Values(metrics);
        var isChanged = values[4] == 'C';
        var unharmed = (1 - Impact(values[5])) * (1 - Impact(values[6])) * (1 - Impact(values[7]));
        var subScore = 1 - unharmed;
        var impact = isChanged ? (7.52 * (subScore - 0.029)) - (3.25 * Math.Pow(subScore - 0.02, 15)) : 6.42 * subScore;
        var exploitability =
            8.22
            * Vector(values[0])
            * Complexity(values[1])
            * Privileges(values[2], isChanged)
            * Interaction(values[3]);
        var sum = (isChanged ? 1.08 : 1) * (impact + exploitability);
        return new CvssBase(metrics, impact <= 0 ? 0 : RoundUp(Math.Min(sum, 10)));
    }

    /// <inheritdoc/>
    public override string ToString() => "CVSS:3.1/" + _metrics;

    /// <summary>
    /// Appendix A: the smallest number with one decimal that is not below the input, by way of integers, so that the error of
    /// a binary fraction does not raise it by a tenth.
    /// </summary>
    internal static double RoundUp(double input)
    {
        var whole = (long)Math.Round(input * 100_000, MidpointRounding.AwayFromZero);
        return whole % 10_000 == 0 ? whole / 100_000.0 : ((whole / 10_000) + 1) / 10.0;
    }

    private static char[] Values(string metrics)
    {
        ReadOnlySpan<string> names = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
        ReadOnlySpan<string> allowed = ["NALP", "LH", "NLH", "NR", "UC", "HLN", "HLN", "HLN"];
        var parts = metrics.Split('/');
        var values = new char[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            var isKnown =
                parts.Length == names.Length
                && parts[i].Length == names[i].Length + 2
                && parts[i].StartsWith(names[i] + ":", StringComparison.Ordinal)
                && allowed[i].Contains(parts[i][^1], StringComparison.Ordinal);
            values[i] = isKnown ? parts[i][^1] : throw new FormatException($"no CVSS 3.1 base metrics: {metrics}");
        }
        return values;
    }

    private static double Vector(char value) =>
        value switch
        {
            'N' => 0.85,
            'A' => 0.62,
            'L' => 0.55,
            _ => 0.2,
        };

    private static double Complexity(char value) => value == 'L' ? 0.77 : 0.44;

    private static double Privileges(char value, bool isChanged) =>
        value switch
        {
            'N' => 0.85,
            'L' => isChanged ? 0.68 : 0.62,
            _ => isChanged ? 0.5 : 0.27,
        };

    private static double Interaction(char value) => value == 'N' ? 0.85 : 0.62;

    private static double Impact(char value) =>
        value switch
        {
            'H' => 0.56,
            'L' => 0.22,
            _ => 0,
        };
}
