using System.Net;
using Leadglass.Access;
using Leadglass.Server.SignIn;
using Leadglass.Server.SignIn.Browser;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>The way in for a new account.</summary>
public sealed class OneTimeLinkTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    [Fact]
    public async Task ALinkLeadsToAPasswordAndForPatientsToASecondFactor()
    {
        var invited = await people.InviteAsync("fresh", Role.Radiologist);
        Assert.StartsWith(
            $"https://localhost:{people.Archive.Server.Https.Port}/signin/link#",
            invited.Link,
            StringComparison.Ordinal
        );
        using var browser = people.Open();
        Assert.Equal("/signin/password", (await OpenAsync(browser, invited)).Location);
        Assert.Equal("/signin/enrol", (await ChooseAsync(browser, "quite another phrase")).Location);
        Assert.Null(browser.Cookie(BrowserCookies.Session));
        var wrong = await browser.SubmitAsync("/signin/enrol", null, ("code", "000000"));
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task ALinkWorksOnce()
    {
        var invited = await people.InviteAsync("once");
        using var first = people.Open();
        Assert.Equal(HttpStatusCode.SeeOther, (await OpenAsync(first, invited)).Status);
        using var second = people.Open();
        Assert.Equal(HttpStatusCode.Unauthorized, (await OpenAsync(second, invited)).Status);
        Assert.Null(second.Cookie(BrowserCookies.Step));
    }

    [Fact]
    public async Task OfManyWhoTryALinkAtOnceOneHasIt()
    {
        var invited = await people.InviteAsync("raced");
        var browsers = Enumerable.Range(0, 8).Select(_ => people.Open()).ToList();
        var tokens = new List<string>();
        foreach (var browser in browsers)
        {
            tokens.Add(TestBrowser.TokenOf((await browser.GetAsync("/signin/link")).Body));
        }

        var answers = await Task.WhenAll(
            browsers.Select(
                (browser, place) =>
                    browser.PostAsync("/signin/link", [("secret", SecretOf(invited)), ("form-token", tokens[place])])
            )
        );
        Assert.Single(answers, answer => answer.Status is HttpStatusCode.SeeOther);
        browsers.ForEach(browser => browser.Dispose());
    }

    [Fact]
    public async Task AnExpiredLinkIsNone()
    {
        var invited = await people.InviteAsync("late");
        await people.People.ChangeAsync(
            invited.Account.Id,
            account => account with { Link = account.Link! with { ValidUntil = TimeProvider.System.GetUtcNow() } },
            CancellationToken.None
        );
        using var browser = people.Open();
        Assert.Equal(HttpStatusCode.Unauthorized, (await OpenAsync(browser, invited)).Status);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("aaaaaaaaaaaaaaaa")]
    [InlineData("weakling-1234")]
    public async Task APasswordThatIsEasyToGuessIsNotTaken(string password)
    {
        var name = password == "weakling-1234" ? "weakling" : $"chooser{password.Length}";
        var invited = await people.InviteAsync(name);
        using var browser = people.Open();
        await OpenAsync(browser, invited);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await ChooseAsync(browser, password)).Status);
    }

    [Fact]
    public async Task AResetTakesEverythingOffAndLetsThePersonBeginAnew()
    {
        var account = await people.AddAsync("forgetful", Role.Technician);
        using var before = await people.SignInAsync(account);
        var invited = await new PersonAdministration(people.Archive.Host).ResetAsync(
            people.Grant(Operation.Administer),
            account.Id,
            CancellationToken.None
        );
        Assert.Equal(HttpStatusCode.Unauthorized, (await before.GetAsync("/account/password")).Status);
        using var browser = people.Open();
        var former = await PeopleArchive.PasswordAsync(browser, account.Name, PeopleArchive.Password);
        Assert.Equal(HttpStatusCode.Unauthorized, former.Status);
        Assert.Equal("/signin/password", (await OpenAsync(browser, invited)).Location);
    }

    [Fact]
    public async Task GuessesAtThePasswordDoNotCostTheOwnerTheLink()
    {
        var invited = await people.InviteAsync("guessed", Role.Radiologist);
        using var stranger = people.Open();
        for (var attempt = 0; attempt < 6; attempt++)
        {
            await PeopleArchive.PasswordAsync(stranger, "guessed", "not the phrase at all");
        }

        Assert.Null(people.People.Traces.Of(invited.Account.Id).LockedUntil);
        var late = TimeProvider.System.GetUtcNow().AddMinutes(5);
        people.People.Traces.Change(invited.Account.Id, trace => trace with { LockedUntil = late });
        using var browser = people.Open();
        Assert.Equal("/signin/password", (await OpenAsync(browser, invited)).Location);
        Assert.Null(people.People.Traces.Of(invited.Account.Id).LockedUntil);

        people.People.Traces.Change(invited.Account.Id, trace => trace with { LockedUntil = late });
        Assert.Equal("/signin/enrol", (await ChooseAsync(browser, "quite another phrase")).Location);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/signin/enrol")).Status);
    }

    private static string SecretOf(InvitedPerson invited) =>
        invited.Link[(invited.Link.IndexOf('#', StringComparison.Ordinal) + 1)..];

    private static Task<PageAnswer> OpenAsync(TestBrowser browser, InvitedPerson invited) =>
        browser.SubmitAsync("/signin/link", null, ("secret", SecretOf(invited)));

    private static Task<PageAnswer> ChooseAsync(TestBrowser browser, string password) =>
        browser.SubmitAsync("/signin/password", null, ("password", password), ("again", password));
}
