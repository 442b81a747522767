namespace Leadglass.Exposure.Tests;

/// <summary>The scores of CVSS 3.1, against published ones of real defects.</summary>
public sealed class CvssBaseTests
{
    /// <summary>Vectors and scores of the examples that FIRST publishes beside the specification, and of the National Vulnerability Database.</summary>
    [Theory]
    [InlineData("AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "medium")] // CVE-2013-1937
    [InlineData("AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, "medium")] // CVE-2013-0375
    [InlineData("AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, "low")] // CVE-2014-3566
    [InlineData("AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9, "critical")] // CVE-2012-1516
    [InlineData("AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", 4.2, "medium")] // CVE-2009-0783
    [InlineData("AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 8.8, "high")] // CVE-2012-0384
    [InlineData("AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.8, "high")] // CVE-2015-1098
    [InlineData("AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N", 6.8, "medium")] // CVE-2008-1447
    [InlineData("AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 6.8, "medium")] // CVE-2014-2005
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:C/C:L/I:N/A:N", 5.8, "medium")] // CVE-2010-0467
    [InlineData("AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N", 5.4, "medium")] // CVE-2014-9253
    [InlineData("AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 8.8, "high")] // CVE-2011-1265
    [InlineData("AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", 4.6, "medium")] // CVE-2014-2019
    [InlineData("AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N", 7.4, "high")] // CVE-2014-0224
    [InlineData("AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H", 9.6, "critical")] // CVE-2012-5376
    [InlineData("AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:N", 6.8, "medium")] // CVE-2016-0128
    [InlineData("AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.5, "high")] // CVE-2016-2118
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, "critical")]
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", 5.3, "medium")]
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, "high")] // CVE-2014-0160
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:L/A:N", 8.2, "high")]
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "critical")] // CVE-2014-6271
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, "none")]
    public void Computes_the_published_score(string metrics, double score, string rating)
    {
        var vector = CvssBase.Of(metrics);
        Assert.Equal((score, rating), (vector.Score, vector.Rating));
        Assert.Equal("CVSS:3.1/" + metrics, vector.ToString());
    }

    /// <summary>Appendix A: 4.02 becomes 4.1, 4.0 stays, and the error of a binary fraction (0.1 + 0.2) raises nothing.</summary>
    [Theory]
    [InlineData(4.02, 4.1)]
    [InlineData(4.0, 4.0)]
    [InlineData(0.1 + 0.2, 0.3)]
    [InlineData(8.600_000_000_000_001, 8.6)]
    [InlineData(0, 0)]
    public void Rounds_up_by_the_specification(double input, double expected) =>
        Assert.Equal(expected, CvssBase.RoundUp(input));

    /// <summary>More access or more harm never lowers a score, over all 2,592 vectors.</summary>
    [Fact]
    public void Never_rates_the_worse_vector_lower()
    {
        // Each metric's values from the mildest to the worst.
        string[][] values =
        [
            ["AV:P", "AV:L", "AV:A", "AV:N"],
            ["AC:H", "AC:L"],
            ["PR:H", "PR:L", "PR:N"],
            ["UI:R", "UI:N"],
            ["S:U", "S:C"],
            ["C:N", "C:L", "C:H"],
            ["I:N", "I:L", "I:H"],
            ["A:N", "A:L", "A:H"],
        ];
        IEnumerable<int[]> all =
        [
            [],
        ];
        foreach (var metric in values)
        {
            all = all.SelectMany(head => Enumerable.Range(0, metric.Length).Select(value => (int[])[.. head, value]));
        }
        double Score(int[] choice) =>
            CvssBase.Of(string.Join('/', choice.Select((value, i) => values[i][value]))).Score;
        foreach (var choice in all)
        {
            var score = Score(choice);
            Assert.InRange(score, 0, 10);
            for (var i = 0; i < choice.Length; i++)
            {
                if (choice[i] + 1 < values[i].Length)
                {
                    int[] worse = [.. choice];
                    worse[i]++;
                    Assert.True(Score(worse) >= score, string.Join('/', choice));
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N")]
    [InlineData("AC:L/AV:N/PR:N/UI:N/S:U/C:H/I:N/A:N")]
    [InlineData("AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N")]
    [InlineData("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/E:P")]
    public void Refuses_what_is_no_base_vector(string metrics) =>
        Assert.Throws<FormatException>(() => CvssBase.Of(metrics));
}
