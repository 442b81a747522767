using Leadglass.Access;
using Leadglass.Edge;
using Leadglass.Server.Edges;
using Leadglass.Server.Tests.Pages;

namespace Leadglass.Server.Tests.Edges;

/// <summary>What those who run the archive see of its edges.</summary>
public sealed class EdgePostureTests
{
    private static readonly DateTimeOffset Now = new(2030, 3, 4, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 0, 0, false, EdgeProblems.None)]
    [InlineData(14, 0, 0, false, EdgeProblems.None)]
    [InlineData(15, 0, 0, false, EdgeProblems.Silent)]
    [InlineData(0, 61, 0, false, EdgeProblems.QueueOld)]
    [InlineData(10, 50, 0, false, EdgeProblems.QueueOld)]
    [InlineData(0, 0, 3, true, EdgeProblems.QueueFull | EdgeProblems.SetAside)]
    public void AnEdgeIsWellOrSaysWhatItLacks(
        int silentMinutes,
        int oldestMinutes,
        int setAside,
        bool isFull,
        EdgeProblems expected
    ) =>
        Assert.Equal(
            expected,
            EdgeHealth.Of(
                new EdgeState(
                    Now.AddMinutes(-silentMinutes),
                    "1",
                    oldestMinutes == 0 ? 0 : 5,
                    Bytes: 5,
                    oldestMinutes * 60,
                    setAside,
                    isFull,
                    Refused: 0
                ),
                Now
            )
        );

    [Fact]
    public void AnEdgeThatNeverReportedIsSilent() => Assert.Equal(EdgeProblems.Silent, EdgeHealth.Of(null, Now));

    [Theory]
    [InlineData("en", "Last contact", "comes from", "queue full")]
    [InlineData("de", "Letzter Kontakt", "kommt von", "Warteschlange voll")]
    public async Task ThePageListsEdgesAndWhatIsBehindThem(string language, params string[] words)
    {
        var pages = new PagesArchive();
        await pages.InitializeAsync();
        try
        {
            using var edge = await TestEdge.EnrolAsync(pages.Archive, "ward");
            await edge.AddAsync(
                "ct1",
                DeviceRights.Store,
                arguments => arguments with { Institution = "<b>Clinic</b>", DefaultIssuer = "WARD" }
            );
            pages.Archive.Host.EdgeStates.Note(
                "ward",
                new EdgeReport("1.2.3", new EdgeQueueState(3, 5 << 20, 60, 0, Full: true), [], "")
            );
            using var browser = await pages.SignInAsync(Role.Administrator);
            browser.Speak(language);
            var page = await browser.GetAsync("/admin/edges");
            Assert.Equal(200, page.Status);
            var text = page.Document.Body!.TextContent;
            Assert.All(words, word => Assert.Contains(word, text, StringComparison.OrdinalIgnoreCase));
            Assert.Contains("192.0.2.0/28", text, StringComparison.Ordinal);
            Assert.Contains("<b>Clinic</b>", text, StringComparison.Ordinal);
            Assert.Contains("/admin/edges", (await browser.GetAsync("/admin/devices")).Html, StringComparison.Ordinal);
        }
        finally
        {
            await pages.DisposeAsync();
        }
    }

    [Fact]
    public async Task TheLastContactSurvivesARestart()
    {
        await using var archive = await ServedArchive.StartAsync();
        archive.Host.EdgeStates.Note("ward", new EdgeReport("1", new EdgeQueueState(1, 2, 3, 4, Full: false), [], ""));
        var again = await EdgeStates.OpenAsync(
            Sealing.DurableFolder.Open(archive.Folder.State),
            archive.Host.Master,
            TimeProvider.System,
            CancellationToken.None
        );
        Assert.Equal(archive.Host.EdgeStates.Find("ward"), again.Find("WARD"));
    }
}
