using Leadglass.Testing.Processes;

namespace Leadglass.Browser.Tests;

/// <summary>What somebody sees who runs the demonstration and follows the link at its end.</summary>
public sealed class DemoTests(Chromium chromium)
{
    [Fact]
    public async Task Ends_with_a_link_that_shows_the_phantoms()
    {
        using var scratch = new ScratchFolder("demo");
        await using var demo = BackgroundProcess.Start(
            "dotnet",
            [ArchiveProcess.ProgramPath, "demo", "--data", scratch.File("data")],
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["HOME"] = scratch.Folder("home"),
                ["XDG_CONFIG_HOME"] = null,
                ["TMPDIR"] = scratch.Folder("tmp"),
            }
        );
        var line = await demo.WaitForLineAsync(text => text.Contains("/signin/link#"), TimeSpan.FromMinutes(4));
        var link = new Uri(line.Trim());

        await using var watched = await chromium.OpenAsync(link.Authority);
        var page = watched.Page;
        watched.KeepSecret(link.Fragment[1..]);
        await page.GotoAsync(link.AbsoluteUri);
        await Accounts.SubmitAsync(page);
        await page.WaitForURLAsync($"https://{link.Authority}/");
        var list = await page.Locator("main").InnerTextAsync();
        foreach (var name in (string[])["PHANTOM", "PHÄNTOM", "RÜCKEN", "HEAD", "CHEST", "BREAST"])
        {
            Assert.Contains(name, list, StringComparison.OrdinalIgnoreCase);
        }

        await watched.PhotographAsync("demo-list");
        var head = page.Locator("tr[data-row]", new() { HasText = "head" });
        var opened = await watched.Context.RunAndWaitForPageAsync(() => head.Locator("[data-view]").ClickAsync());
        await opened.Locator("[data-cy=viewport-pane] canvas").First.WaitForAsync();
        watched.AssertQuiet();

        await using var second = await chromium.OpenAsync(link.Authority);
        await second.Page.GotoAsync(link.AbsoluteUri);
        await Accounts.SubmitAsync(second.Page);
        await second.Page.WaitForURLAsync("**/signin**");
        Assert.Equal(0, await demo.StopAsync(TimeSpan.FromSeconds(30)));
    }
}
