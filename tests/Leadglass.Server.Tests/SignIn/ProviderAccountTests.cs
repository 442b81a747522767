using System.Net;
using Leadglass.Access;
using Leadglass.Server.SignIn;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.Provider;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>People who come from the hospital's provider come from nowhere else.</summary>
public sealed class ProviderAccountTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    [Fact]
    public async Task APasswordOfAProvidersPersonLetsNobodyIn()
    {
        var account = await people.AddAsync("provided");
        using (await people.SignInAsync(account))
        {
            // The same password is good until the account is the provider's.
        }

        await ProvideAsync(account);
        using var browser = people.Open();
        var answer = await PeopleArchive.PasswordAsync(browser, account.Name, PeopleArchive.Password);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        Assert.Null(browser.Cookie(BrowserCookies.Session));
    }

    [Fact]
    public async Task ALinkOfAProvidersPersonLetsNobodyIn()
    {
        var invited = await people.InviteAsync("linked");
        await ProvideAsync(invited.Account);
        using var browser = people.Open();
        var secret = invited.Link[(invited.Link.IndexOf('#', StringComparison.Ordinal) + 1)..];
        var answer = await browser.SubmitAsync("/signin/link", null, ("secret", secret));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        Assert.Null(browser.Cookie(BrowserCookies.Step));
    }

    [Fact]
    public async Task NobodyMakesALinkForAProvidersPerson()
    {
        var account = await ProvideAsync(await people.AddAsync("linkless", Role.Radiologist));
        var refused = await Assert.ThrowsAsync<StateException>(() =>
            new PersonAdministration(people.Archive.Host).ResetAsync(
                people.Grant(Operation.Administer),
                account.Id,
                CancellationToken.None
            )
        );
        Assert.Contains("provider", refused.Message, StringComparison.Ordinal);
        Assert.Null(people.People.Current.Find(account.Id)!.Link);
    }

    [Theory]
    [InlineData("müller@klinik", true)]
    [InlineData("mul\u200bler", false)]
    [InlineData("\u202erellum", false)]
    [InlineData("mul\u0007ler", false)]
    [InlineData("mul\U000E0041ler", false)]
    public void ANameWithInvisibleMarksIsNotTakenOver(string name, bool isTaken) =>
        Assert.Equal(isTaken, ProviderSignIn.IsName(name));

    private async Task<Account> ProvideAsync(Account account) =>
        await people.People.ChangeAsync(
            account.Id,
            known => known with { ExternalLogins = [new ExternalLogin("https://idp.example", known.Id)] },
            CancellationToken.None
        );
}
