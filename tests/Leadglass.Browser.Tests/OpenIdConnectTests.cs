using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>Signing in with the hospital's provider, driven in a real browser from both sides.</summary>
public sealed class OpenIdConnectTests(OpenIdProvider provider, Chromium chromium) : IClassFixture<OpenIdProvider>
{
    [Fact]
    public async Task A_group_of_the_hospital_gives_a_role_until_the_sign_out()
    {
        await provider.IssueAsync("good");
        await using var watched = await SignInAsync("reader");
        Assert.Equal($"{provider.Origin}/", watched.Page.Url);
        Assert.NotNull(await SessionAsync(watched));
        await watched.PhotographAsync("openid-signed-in");

        await watched.SignOutAsync();
        await watched.Page.WaitForURLAsync(url =>
            url.StartsWith($"http://{provider.Authority}/", StringComparison.Ordinal)
            || url.Contains("/signin", StringComparison.Ordinal)
        );
        await watched.Page.GotoAsync("/");
        Assert.Contains("/signin", watched.Page.Url, StringComparison.Ordinal);
        watched.AssertQuiet();
    }

    [Fact]
    public async Task Who_is_in_no_group_that_counts_here_is_turned_away()
    {
        await provider.IssueAsync("good");
        await using var watched = await SignInAsync("porter");
        Assert.StartsWith($"{provider.Origin}/signin", watched.Page.Url, StringComparison.Ordinal);
        Assert.Null(await SessionAsync(watched));
        watched.AssertQuiet();
    }

    [Theory]
    [InlineData("forged")]
    [InlineData("expired")]
    [InlineData("audience")]
    [InlineData("unsigned")]
    public async Task A_token_that_is_not_good_lets_nobody_in(string kind)
    {
        await provider.IssueAsync(kind);
        await using var watched = await SignInAsync("reader");
        Assert.StartsWith($"{provider.Origin}/signin", watched.Page.Url, StringComparison.Ordinal);
        Assert.Null(await SessionAsync(watched));
    }

    [Fact]
    public async Task An_answer_of_the_provider_works_once_and_only_where_it_was_asked_for()
    {
        await provider.IssueAsync("good");
        await using var watched = await SignInAsync("reader");
        var answer = watched.Requests.Last(request => request.AbsolutePath == "/signin-oidc");

        await using var thief = await OpenAsync();
        await thief.Page.GotoAsync(answer.AbsoluteUri);
        Assert.Null(await SessionAsync(thief));
    }

    private async Task<WatchedPage> OpenAsync()
    {
        var watched = await chromium.OpenAsync(provider.Archive);
        watched.AlsoVisits = provider.Authority;
        // The provider's own sign-in page asks for a font of somebody else.
        await watched.Context.RouteAsync("https://fonts.googleapis.com/**", route => route.AbortAsync());
        watched.Expect("fonts.googleapis.com");
        return watched;
    }

    private async Task<WatchedPage> SignInAsync(string name)
    {
        var watched = await OpenAsync();
        var page = watched.Page;
        await page.GotoAsync("/signin");
        await page.Locator("a[href^='/signin/openid']").ClickAsync();
        await page.Locator("input[name=login]").FillAsync(name);
        await page.Locator("input[name=password]").FillAsync("anything");
        await page.Locator("button[type=submit]").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await page.WaitForURLAsync(url => url.StartsWith(provider.Origin, StringComparison.Ordinal));
        return watched;
    }

    private static async Task<BrowserContextCookiesResult?> SessionAsync(WatchedPage watched) =>
        (await watched.Context.CookiesAsync()).FirstOrDefault(cookie => cookie.Name == Accounts.SessionCookie);
}
