using Leadglass.Testing.Lab;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>
/// Real products in real settings: what a stranger gets from each, found by tools that are not ours, beside what an audit
/// says. No wrong <c>open</c>, no wrong <c>closed</c>, and <c>unknown</c> only where nobody can know without guessing.
/// </summary>
[Collection(nameof(ProductLabFixture))]
public sealed class ProductTruthTests(ProductLabFixture fixture, ITestOutputHelper output)
{
    private static readonly TimeSpan AuditLimit = TimeSpan.FromMinutes(3);
    private static readonly string[] PublishedTitles = ["ORTHANC"];

    [Fact]
    public async Task The_audit_says_what_is_so()
    {
        var lab = fixture.Lab;
        Assert.SkipUnless(NmapView.IsInstalled, "nmap is not installed");
        var truths = await TruthsAsync(lab);
        var atNull = await AuditAsync(lab, "4");
        var atHighest = await AuditAsync(lab, "6");
        var nmap = await NmapView.LookAsync(lab.Network, lab.Products);
        TruthRow[] rows =
        [
            .. truths.Select(truth => new TruthRow(
                truth,
                atNull.GetValueOrDefault(truth.Address),
                atHighest.GetValueOrDefault(truth.Address),
                nmap[truth.Address]
            )),
        ];
        var found = rows.Select(row => row.ToMarkdown()).ToList();
        found.ForEach(output.WriteLine);
        var mistakes = rows.SelectMany(row => row.Mistakes()).ToList();
        Assert.True(mistakes.Count == 0, string.Join('\n', mistakes));
        Assert.Empty(atNull.Keys.Except(truths.Select(t => t.Address), StringComparer.Ordinal));
        if (Environment.GetEnvironmentVariable("LEADGLASS_WRITE_TRUTH") == "1" && LongForm.IsAsked)
        {
            await File.WriteAllTextAsync(TruthDocument.Path, TruthDocument.Compose(rows, await VersionsAsync(lab)));
        }

        var written = TruthDocument.Rows();
        Assert.All(found, row => Assert.Contains(row, written));
        Assert.True(
            !LongForm.IsAsked || written.Count == found.Count,
            "docs/exposure-truth.md has rows that were not found"
        );
    }

    private static async Task<IReadOnlyList<Truth>> TruthsAsync(ProductLab lab)
    {
        var stranger = new Stranger(
            lab.Network,
            "LEADGLASS-AUDIT",
            [ProductLab.KnownTitle, "LEADGLASS-NOBODY", .. PublishedTitles]
        );
        List<Truth> truths = [];
        foreach (var product in lab.Products)
        {
            truths.Add(await stranger.FindAsync(product));
        }

        return truths;
    }

    private async Task<IReadOnlyDictionary<string, Verdict>> AuditAsync(ProductLab lab, string rung)
    {
        var scope = new LabScope { HighestRung = rung, CalledAeTitles = [ProductLab.KnownTitle] };
        await using var audit = AuditProcess.Start(lab.Network, scope, "--mode", "thorough");
        var document = await audit.FinishAsync(AuditLimit);
        output.WriteLine(document.ToJsonString());
        return Verdict.Read(document);
    }

    private static async Task<string> VersionsAsync(ProductLab lab)
    {
        var dcmtk = await Tool.RunAsync("findscu", ["--version"]);
        var orthanc = lab.Products.First(p => p.Name == "Orthanc").Version;
        return $"Orthanc {orthanc}, DCMTK {dcmtk.Output.Split(' ')[2].TrimStart('v')}, CTN 3.2, nmap {await NmapView.VersionAsync()}, all of Debian.";
    }
}
