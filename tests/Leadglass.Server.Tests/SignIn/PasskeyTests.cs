using System.Net;
using System.Text.RegularExpressions;
using Leadglass.Access;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>What people do with their passkeys, and what they must prove for it.</summary>
public sealed partial class PasskeyTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    private const string Path = "/account/passkeys";

    [Fact]
    public async Task APasskeyIsOfferedForThePresentPasswordOnly()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("adder"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await OfferAsync(browser, "{}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await OfferAsync(browser, """{"password":"wrong"}""")).Status);
        var offered = await OfferAsync(browser, $$"""{"password":"{{PeopleArchive.Password}}"}""");
        Assert.Equal(HttpStatusCode.OK, offered.Status);
        Assert.Contains("challenge", offered.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APasskeyIsRemovedForThePresentPasswordOnlyAndOtherSessionsEnd()
    {
        var account = await people.AddAsync("remover");
        account = await people.People.ChangeAsync(
            account.Id,
            known => known with { Passkeys = [new Passkey { CredentialId = [1, 2, 3], PublicKey = [4] }] },
            CancellationToken.None
        );
        using var browser = await people.SignInAsync(account);
        using var other = await people.SignInAsync(account);
        var wrong = await RemoveAsync(browser, "wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.Status);
        Assert.Single(people.People.Current.Find(account.Id)!.Passkeys);
        Assert.Equal(Path, (await RemoveAsync(browser, PeopleArchive.Password)).Location);
        Assert.Empty(people.People.Current.Find(account.Id)!.Passkeys);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(Path)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task PasskeysBelongToTheConfiguredName()
    {
        await using var archive = await ServedArchive.StartAsync(options => options with { Names = ["pacs.example"] });
        using var browser = TestBrowser.Open(archive);
        var page = (await browser.GetAsync("/signin")).Body;
        var offered = await browser.PostJsonAsync("/signin/passkey/options", "{}", TestBrowser.TokenOf(page));
        Assert.Equal(HttpStatusCode.OK, offered.Status);
        Assert.Contains("\"rpId\":\"pacs.example\"", offered.Body, StringComparison.Ordinal);
    }

    private static Task<PageAnswer> RemoveAsync(TestBrowser browser, string password) =>
        browser.SubmitAsync($"{Path}/remove", Path, ("credential", "010203"), ("password", password));

    private static async Task<PageAnswer> OfferAsync(TestBrowser browser, string json)
    {
        var token = ScriptToken().Match((await browser.GetAsync(Path)).Body);
        Assert.True(token.Success, "the page has no token for its script");
        return await browser.PostJsonAsync($"{Path}/options", json, WebUtility.HtmlDecode(token.Groups["token"].Value));
    }

    [GeneratedRegex("data-token=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex ScriptToken();
}
