namespace Leadglass.Browser.Tests;

/// <summary>Markup and script in every text that a device can send stay text: in the study list, its page, the viewer.</summary>
public sealed class HostileTextTests(ServedArchive served, Chromium chromium)
{
    [Fact]
    public async Task Stays_text_in_the_pages()
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist);
        await watched.Page.GotoAsync($"/studies/{TestImages.Hostile.StudyUid}");
        Assert.Contains(
            TestImages.Markup,
            await watched.Page.Locator("body").InnerTextAsync(),
            StringComparison.Ordinal
        );
        await AssertNothingGrewAsync(watched);
        await watched.PhotographAsync("hostile-study");
        watched.AssertQuiet();
    }

    [Fact]
    public async Task Stays_text_in_the_viewer()
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist);
        var viewer = await Viewer.OpenAsync(watched, TestImages.Hostile.StudyUid);
        await viewer.ImageAsync();
        await watched.Page.GetByText(TestImages.Hostile.SeriesDescription).First.WaitForAsync();
        await watched.Page.GetByText("Patient", new() { Exact = true }).First.ClickAsync();
        await AssertNothingGrewAsync(watched);
        await watched.PhotographAsync("hostile-viewer");
        watched.AssertQuiet();
    }

    /// <summary>No element that the texts would have made.</summary>
    private static async Task AssertNothingGrewAsync(WatchedPage watched)
    {
        var grown = await watched.Page.EvaluateAsync<int>(
            "() => document.querySelectorAll('img[src=x], svg[onload], script:not([src]), [onerror]').length"
        );
        Assert.Equal(0, grown);
    }
}
