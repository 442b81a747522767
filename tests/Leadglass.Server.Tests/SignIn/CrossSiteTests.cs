using System.Net;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>What a page of another site makes a browser send.</summary>
public sealed class CrossSiteTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    private const string Own = "/account/sessions/end";

    [Fact]
    public async Task AFormWithoutTheTokenOfAPageDoesNothing()
    {
        var account = await people.AddAsync("without");
        using var browser = await people.SignInAsync(account);
        var answer = await browser.PostAsync(Own, [("session", "all")]);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Single(people.Archive.Host.Registries.Sessions.Of(account.Id));
    }

    [Fact]
    public async Task TheTokenOfAnotherSessionDoesNotCount()
    {
        using var attacker = await people.SignInAsync(await people.AddAsync("tokens"));
        var token = TestBrowser.TokenOf((await attacker.GetAsync("/account/password")).Body);
        var account = await people.AddAsync("target");
        using var browser = await people.SignInAsync(account);
        await browser.GetAsync("/account/password");
        var answer = await browser.PostAsync(Own, [("session", "all"), ("form-token", token)]);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Single(people.Archive.Host.Registries.Sessions.Of(account.Id));
    }

    [Fact]
    public async Task SigningSomebodyInFromElsewhereNeedsTheTokenAsWell()
    {
        await people.AddAsync("lured");
        using var browser = people.Open();
        var answer = await browser.PostAsync(
            "/signin",
            [("name", "lured"), ("password", PeopleArchive.Password), ("return", "/")]
        );
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Null(browser.Cookie("__Host-leadglass"));
    }

    [Theory]
    [InlineData("cross-site", "no-cors", "image", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "cors", "empty", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "navigate", "iframe", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "navigate", "document", HttpStatusCode.OK)]
    [InlineData("same-origin", "cors", "empty", HttpStatusCode.OK)]
    [InlineData("none", "navigate", "document", HttpStatusCode.OK)]
    public async Task OnlyALinkThatIsFollowedComesFromElsewhere(
        string site,
        string mode,
        string destination,
        HttpStatusCode expected
    )
    {
        using var browser = await people.SignInAsync(await people.AddAsync($"follower-{site}-{destination}"));
        var answer = await browser.GetAsync(
            "/account/password",
            ("Sec-Fetch-Site", site),
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", destination)
        );
        Assert.Equal(expected, answer.Status);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Origin", "https://elsewhere.example")]
    [InlineData("Origin", "null")]
    public async Task AFormOfAnotherSiteIsRefusedEvenWithAToken(string header, string value)
    {
        var account = await people.AddAsync($"formed-{header}-{value.Length}");
        using var browser = await people.SignInAsync(account);
        var token = TestBrowser.TokenOf((await browser.GetAsync("/account/password")).Body);
        var answer = await browser.PostAsync(Own, [("session", "all"), ("form-token", token)], (header, value));
        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Single(people.Archive.Host.Registries.Sessions.Of(account.Id));
    }
}
