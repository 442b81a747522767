using System.Net;
using Leadglass.Access;
using Leadglass.Server.SignIn.Browser;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>What the viewer's cookie opens, and what it does not.</summary>
public sealed class ViewerCookieTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    private const string Study = "2.25.301";

    [Fact]
    public async Task TheViewersCookieIsRefusedEverywhereElse()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("looker", Role.Radiologist));
        var answer = await browser.GetAsync($"/studies/{Study}/viewer");
        Assert.Equal($"/viewer/basic?StudyInstanceUIDs={Study}", answer.Location);
        using var viewer = people.Open();
        viewer.Plant(BrowserCookies.Viewer, browser.Cookie(BrowserCookies.Viewer)!);
        foreach (var path in new[] { "/", "/account", "/account/password", $"/studies/{Study}/viewer", "/upload" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await viewer.GetAsync(path)).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync("/dicom-web/studies")).Status);
        viewer.Plant(BrowserCookies.Session, browser.Cookie(BrowserCookies.Viewer)!);
        Assert.Equal(HttpStatusCode.Unauthorized, (await viewer.GetAsync("/account/password")).Status);
    }

    [Fact]
    public async Task TheViewerStoresNothing()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("looker2", Role.Radiologist));
        await browser.GetAsync($"/studies/{Study}/viewer");
        using var viewer = people.Open();
        viewer.Plant(BrowserCookies.Viewer, browser.Cookie(BrowserCookies.Viewer)!);
        var answer = await viewer.PostAsync("/dicom-web/studies", []);
        Assert.True(answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized, $"{answer.Status}");
    }

    [Theory]
    [InlineData("navigate", "document", HttpStatusCode.SeeOther)]
    [InlineData("navigate", "iframe", HttpStatusCode.Forbidden)]
    [InlineData("cors", "empty", HttpStatusCode.Forbidden)]
    [InlineData("no-cors", "image", HttpStatusCode.Forbidden)]
    public async Task AScriptOpensNoStudyInTheViewer(string mode, string destination, HttpStatusCode expected)
    {
        using var browser = await people.SignInAsync(await people.AddAsync($"script-{destination}", Role.Radiologist));
        var answer = await browser.GetAsync(
            $"/studies/{Study}/viewer",
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", destination)
        );
        Assert.Equal(expected, answer.Status);
        Assert.Equal(expected is HttpStatusCode.SeeOther, browser.Cookie(BrowserCookies.Viewer) is not null);
    }

    [Fact]
    public async Task TheViewersCookieEndsWithTheSession()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("looker3", Role.Radiologist));
        await browser.GetAsync($"/studies/{Study}/viewer");
        using var viewer = people.Open();
        viewer.Plant(BrowserCookies.Viewer, browser.Cookie(BrowserCookies.Viewer)!);
        await browser.SubmitAsync("/signout", "/account/password");
        Assert.Equal(HttpStatusCode.Unauthorized, (await viewer.GetAsync("/dicom-web/studies")).Status);
    }

    [Fact]
    public async Task AViewersCookieThatIsOverIsNotReplacedByTheSession()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("looker4", Role.Radiologist));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/dicom-web/studies")).Status);
        browser.Plant(BrowserCookies.Viewer, AccessSecret.Create());
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/dicom-web/studies")).Status);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account/password")).Status);
    }

    [Fact]
    public async Task AScriptInTheViewerMayFetchItsOwnPathsOnlyAndOpenNoWindow()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("looker5", Role.Radiologist));
        var policy = (await browser.GetAsync("/viewer/basic")).Policy;
        var origin = $"https://localhost:{people.Archive.Server.Https.Port}";
        Assert.Contains($"connect-src {origin}/dicom-web/ {origin}/viewer/;", policy, StringComparison.Ordinal);
        Assert.Contains("frame-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("form-action 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("sandbox ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-popups", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-top-navigation", policy, StringComparison.Ordinal);
    }
}
