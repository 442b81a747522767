using System.Net;
using Leadglass.Access;
using Leadglass.Server.SignIn.Browser;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>Sessions that are replayed, planted, forged, withdrawn.</summary>
public sealed class SessionTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    private const string OwnPage = "/account/password";

    [Fact]
    public async Task ACookieOfASessionIsForThisHostAndNoScript()
    {
        await people.AddAsync("cookie");
        using var browser = people.Open();
        var answer = await PeopleArchive.PasswordAsync(browser, "cookie", PeopleArchive.Password);
        var cookie = Assert.Single(
            answer.Cookies,
            one => one.StartsWith("__Host-leadglass=", StringComparison.Ordinal)
        );
        Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("expires", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task AReplayedSessionIsNothingAfterSigningOut()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("leaver"));
        var stolen = browser.Cookie(BrowserCookies.Session)!;
        var answer = await browser.SubmitAsync("/signout", OwnPage);
        Assert.Equal("/signin?notice=out", answer.Location);

        using var thief = people.Open();
        thief.Plant(BrowserCookies.Session, stolen);
        Assert.Equal(HttpStatusCode.Unauthorized, (await thief.GetAsync(OwnPage)).Status);
    }

    [Fact]
    public async Task APlantedSessionDoesNotBecomeThePersons()
    {
        var account = await people.AddAsync("victim");
        using var attacker = await people.SignInAsync(await people.AddAsync("attacker"));
        var planted = attacker.Cookie(BrowserCookies.Session)!;

        using var victim = people.Open();
        victim.Plant(BrowserCookies.Session, planted);
        await PeopleArchive.PasswordAsync(victim, account.Name, PeopleArchive.Password);
        Assert.NotEqual(planted, victim.Cookie(BrowserCookies.Session));
        Assert.Equal(HttpStatusCode.OK, (await victim.GetAsync(OwnPage)).Status);

        using var again = people.Open();
        again.Plant(BrowserCookies.Session, planted);
        Assert.Equal(HttpStatusCode.Unauthorized, (await again.GetAsync(OwnPage)).Status);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task AForgedSessionIsAStranger(string forged)
    {
        using var browser = people.Open();
        browser.Plant(BrowserCookies.Session, forged);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(OwnPage)).Status);
    }

    [Fact]
    public async Task DisablingAnAccountEndsItsSessionsAtOnce()
    {
        var account = await people.AddAsync("dismissed");
        using var browser = await people.SignInAsync(account);
        await people.Archive.Host.Registries.Appointments.SetEnabledAsync(
            people.Grant(Operation.Administer),
            account.Id,
            enabled: false,
            CancellationToken.None
        );
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync(OwnPage)).Status);
    }

    [Fact]
    public async Task APersonEndsTheOtherSessions()
    {
        var account = await people.AddAsync("twice");
        using var here = await people.SignInAsync(account);
        using var there = await people.SignInAsync(account);
        await here.SubmitAsync("/account/sessions/end", OwnPage, ("session", "others"));
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync(OwnPage)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await there.GetAsync(OwnPage)).Status);
    }

    [Fact]
    public async Task NobodyEndsSomebodyElsesSession()
    {
        var other = await people.AddAsync("bystander");
        using var theirs = await people.SignInAsync(other);
        using var browser = await people.SignInAsync(await people.AddAsync("meddler"));
        var id = Assert.Single(people.Archive.Host.Registries.Sessions.Of(other.Id)).Id;
        await browser.SubmitAsync("/account/sessions/end", OwnPage, ("session", id));
        Assert.Equal(HttpStatusCode.OK, (await theirs.GetAsync(OwnPage)).Status);
    }

    [Fact]
    public async Task ChangingThePasswordKeepsThisSessionAndEndsTheOthers()
    {
        const string Changed = "quite another phrase";
        var account = await people.AddAsync("changer");
        using var here = await people.SignInAsync(account);
        using var there = await people.SignInAsync(account);
        var before = here.Cookie(BrowserCookies.Session);
        var answer = await here.SubmitAsync(
            OwnPage,
            null,
            ("present", PeopleArchive.Password),
            ("password", Changed),
            ("again", Changed)
        );
        Assert.Equal($"{OwnPage}?done=1", answer.Location);
        Assert.NotEqual(before, here.Cookie(BrowserCookies.Session));
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync(OwnPage)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await there.GetAsync(OwnPage)).Status);
        using var anew = people.Open();
        var former = await PeopleArchive.PasswordAsync(anew, account.Name, PeopleArchive.Password);
        Assert.Equal(HttpStatusCode.Unauthorized, former.Status);
        Assert.Equal("/", (await PeopleArchive.PasswordAsync(anew, account.Name, Changed)).Location);
    }

    [Fact]
    public async Task AChangeTakesThePresentPassword()
    {
        using var browser = await people.SignInAsync(await people.AddAsync("unwatched"));
        var answer = await browser.SubmitAsync(
            OwnPage,
            null,
            ("present", "not the phrase at all"),
            ("password", "quite another phrase"),
            ("again", "quite another phrase")
        );
        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
    }
}
