namespace Leadglass.Exposure.Tests;

/// <summary>What a terminal shows after an audit.</summary>
public sealed class AuditSummaryTests
{
    [Fact]
    public void The_worst_comes_first_in_either_language()
    {
        var open = Seen.Finding(
            Seen.Dicom(104, Answer.Open, Answer.Open, records: Seen.Counted(CountKind.ExactOverDated, 1234, 5678))
        ) with
        {
            Address = "192.0.2.7",
        };
        var closed = Seen.Finding(Seen.Dicom(104, Answer.Closed, Answer.Closed, Answer.Closed)) with
        {
            Address = "192.0.2.1",
        };
        var document = AuditFileTests.Of([closed, open]);

        string[] english = [.. AuditSummary.Lines(document, "en")];
        Assert.Equal("systems: 2   open: 1   with visible records: 1   unknown: 0", english[0]);
        Assert.Equal(
            "studies: 1,234 (exact over dated studies)   images: 5,678 (exact over dated studies)",
            english[1]
        );
        Assert.Equal("7.5   192.0.2.7:104  dicom     unknown  open    open      ≥ 1,234", english[4]);
        Assert.Equal("0.0   192.0.2.1:104  dicom     unknown  closed  closed", english[5]);
        Assert.Contains("A stranger could search", english[^1], StringComparison.Ordinal);

        string[] german = [.. AuditSummary.Lines(document, "de")];
        Assert.Contains("1.234 (genau über datierte Studien)", german[1], StringComparison.Ordinal);
        Assert.Contains("Ein Fremder könnte", german[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_servers_words_steer_no_terminal_and_the_table_ends()
    {
        var finding = Seen.Finding(Seen.Dicom(104, Answer.Open));
        finding = finding with { Product = finding.Product with { Version = "1\e[2J\n" + new string('x', 500) } };
        var document = AuditFileTests.Of([
            .. Enumerable.Range(1, 200).Select(number => finding with { Address = $"192.0.2.{number}" }),
        ]);
        string[] lines = [.. AuditSummary.Lines(document, "en")];
        Assert.DoesNotContain(lines, line => line.Any(char.IsControl) || line.Length > 160);
        Assert.True(lines.Length < AuditSummary.RowsMax + 10);
        Assert.Contains("160 more are in audit.json", lines);
    }

    [Fact]
    public void Says_why_it_ended_early()
    {
        var document = AuditFileTests.Of([]) with { StoppedEarly = "the scope is over" };
        Assert.Contains("stopped early: the scope is over", AuditSummary.Lines(document, "en"));
    }
}
