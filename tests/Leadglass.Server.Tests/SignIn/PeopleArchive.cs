using Leadglass.Access;
using Leadglass.Server.SignIn;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.People;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>A served archive whose people the tests know.</summary>
public sealed class PeopleArchive : IAsyncLifetime
{
    public const string Password = "plainly made up phrase";

    internal ServedArchive Archive { get; private set; } = null!;

    internal People People => Archive.Host.Registries.People;

    public async ValueTask InitializeAsync() => Archive = await ServedArchive.StartAsync();

    public ValueTask DisposeAsync() => Archive.DisposeAsync();

    internal TestBrowser Open() => TestBrowser.Open(Archive);

    internal AccessGrant Grant(Operation operation) =>
        Assert
            .IsType<AccessDecision.Granted>(
                Archive.Host.Policy.Decide(AccessPolicy.Operator("tester", isRoot: true), operation)
            )
            .Grant;

    /// <summary>A person with the password and, where the role asks for one, a second factor.</summary>
    internal async Task<Account> AddAsync(string name, Role role = Role.Researcher)
    {
        var invited = await InviteAsync(name, role);
        return await People.ChangeAsync(
            invited.Account.Id,
            account =>
                account with
                {
                    PasswordHash = Argon2idPasswords.Hash(Password),
                    AuthenticatorKey = role is Role.Researcher ? null : OneTimePassword.NewKey(),
                    TwoFactorEnabled = role is not Role.Researcher,
                    Link = null,
                },
            CancellationToken.None
        );
    }

    /// <summary>A person who has a one-time link and nothing else; the role is confirmed.</summary>
    internal async Task<InvitedPerson> InviteAsync(string name, Role role = Role.Researcher)
    {
        var administration = new PersonAdministration(Archive.Host);
        var invited = await administration.AddAsync(
            Grant(Operation.Administer),
            new PersonRequest(name, string.Empty, [], [role], []),
            CancellationToken.None
        );
        await administration.ConfirmAllAsync(Grant(Operation.Confirm), invited.Account, CancellationToken.None);
        return invited;
    }

    /// <summary>A browser in which somebody has signed in.</summary>
    internal async Task<TestBrowser> SignInAsync(Account account)
    {
        var browser = Open();
        var answer = await PasswordAsync(browser, account.Name, Password);
        if (account.AuthenticatorKey is { } key)
        {
            answer = await browser.SubmitAsync(
                "/signin/code",
                null,
                ("code", OneTimePassword.At(key, TimeProvider.System.GetUtcNow()))
            );
        }

        Assert.Equal("/", answer.Location);
        Assert.NotNull(browser.Cookie(BrowserCookies.Session));
        return browser;
    }

    internal static Task<PageAnswer> PasswordAsync(
        TestBrowser browser,
        string name,
        string password,
        string returnTo = "/"
    ) => browser.SubmitAsync("/signin", null, ("name", name), ("password", password), ("return", returnTo));
}
