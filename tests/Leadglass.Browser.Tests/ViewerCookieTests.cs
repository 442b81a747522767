using System.Text.Json;
using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>What somebody could do who had taken the viewer's cookie out of a browser: read what was opened, nothing else.</summary>
public sealed class ViewerCookieTests(ServedArchive served, Chromium chromium)
{
    private const string ViewerCookie = "__Host-leadglass-viewer";

    [Fact]
    public async Task Reads_the_studies_that_were_opened_and_nothing_else()
    {
        var link = await served.AddAccountAsync("opener", "technician");
        await using var watched = await chromium.OpenAsync(served.Archive);
        await Accounts.FollowLinkAsync(watched, link);
        await Viewer.OpenAsync(watched, TestImages.Head[0].StudyUid);
        var cookie = Assert.Single(
            await watched.Context.CookiesAsync(),
            cookie => cookie.Name == ViewerCookie && cookie is { HttpOnly: true, Secure: true }
        );

        await using var thief = await chromium.OpenAsync(served.Archive);
        await thief.Context.AddCookiesAsync([
            new Cookie
            {
                Name = cookie.Name,
                Value = cookie.Value,
                Url = served.Origin,
                Secure = true,
                HttpOnly = true,
            },
        ]);
        var http = thief.Page.APIRequest;
        Assert.Equal(200, await StatusAsync($"/dicom-web/studies/{TestImages.Head[0].StudyUid}/metadata"));
        Assert.Contains(
            await StatusAsync($"/dicom-web/studies/{TestImages.Clip.StudyUid}/metadata"),
            (int[])[403, 404]
        );
        var all = await http.GetAsync("/dicom-web/studies");
        var found = JsonDocument.Parse(await all.TextAsync()).RootElement;
        Assert.Equal(1, found.GetArrayLength());
        Assert.Contains(await StatusAsync("/api/changes"), (int[])[401, 403, 404]);
        Assert.Equal(401, await StatusAsync("/account"));
        var store = await http.PostAsync("/dicom-web/studies", new() { Data = "anything" });
        Assert.Contains(store.Status, (int[])[400, 401, 403]);

        await watched.Page.GotoAsync("/");
        await watched.SignOutAsync();
        await watched.Page.WaitForURLAsync("**/signin**");
        Assert.Equal(401, await StatusAsync($"/dicom-web/studies/{TestImages.Head[0].StudyUid}/metadata"));

        async Task<int> StatusAsync(string path) => (await http.GetAsync(path)).Status;
    }
}
