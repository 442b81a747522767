using System.Net;
using Leadglass.Access;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.People;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>Name, password and second factor, over the network.</summary>
public sealed class PasswordSignInTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    [Fact]
    public async Task APasswordAloneLetsNobodyInWhoseRoleReachesPatients()
    {
        var reader = await people.AddAsync("reader", Role.Radiologist);
        using var browser = people.Open();
        var answer = await PeopleArchive.PasswordAsync(browser, "Reader", PeopleArchive.Password);
        Assert.Equal("/signin/code", answer.Location);
        Assert.Null(browser.Cookie(BrowserCookies.Session));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/account")).Status);

        var code = OneTimePassword.At(reader.AuthenticatorKey!, TimeProvider.System.GetUtcNow());
        Assert.Equal("/", (await browser.SubmitAsync("/signin/code", null, ("code", code))).Location);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account/password")).Status);
    }

    [Fact]
    public async Task ACodeCountsOnce()
    {
        var reader = await people.AddAsync("reader2", Role.Technician);
        using var first = await people.SignInAsync(reader);
        using var second = people.Open();
        await PeopleArchive.PasswordAsync(second, reader.Name, PeopleArchive.Password);
        var step = people.People.Traces.Of(reader.Id).LastTimeStep;
        var seen = OneTimePassword.At(reader.AuthenticatorKey!, DateTimeOffset.FromUnixTimeSeconds(step * 30));
        var answer = await second.SubmitAsync("/signin/code", null, ("code", seen));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        Assert.Null(second.Cookie(BrowserCookies.Session));
    }

    [Fact]
    public async Task ARecoveryCodeReplacesTheSecondFactorOnce()
    {
        var code = AccessSecret.CreateCode();
        var reader = await people.AddAsync("reader3", Role.Radiologist);
        await people.People.ChangeAsync(
            reader.Id,
            account => account with { RecoveryCodeHashes = [AccessSecret.DigestOf(code)] },
            CancellationToken.None
        );
        foreach (var expected in new[] { HttpStatusCode.SeeOther, HttpStatusCode.Unauthorized })
        {
            using var browser = people.Open();
            await PeopleArchive.PasswordAsync(browser, reader.Name, PeopleArchive.Password);
            var answer = await browser.SubmitAsync(
                "/signin/code",
                null,
                ("code", $"{code[..5]}-{code[5..].ToLowerInvariant()}")
            );
            Assert.Equal(expected, answer.Status);
        }
    }

    [Fact]
    public async Task FiveFailuresLockAnAccountEvenForTheRightPassword()
    {
        var locked = await people.AddAsync("locked");
        using var browser = people.Open();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var wrong = await PeopleArchive.PasswordAsync(browser, locked.Name, "not the phrase at all");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.Status);
        }

        var right = await PeopleArchive.PasswordAsync(browser, locked.Name, PeopleArchive.Password);
        Assert.Equal(HttpStatusCode.Unauthorized, right.Status);
        Assert.True(people.People.Traces.Of(locked.Id).LockedUntil > TimeProvider.System.GetUtcNow());

        people.People.Traces.Change(locked.Id, trace => trace with { LockedUntil = null });
        Assert.Equal("/", (await PeopleArchive.PasswordAsync(browser, locked.Name, PeopleArchive.Password)).Location);
    }

    [Fact]
    public async Task CodesTriedAtOnceDoNotOutrunTheLock()
    {
        var reader = await people.AddAsync("hurried", Role.Radiologist);
        using var browser = people.Open();
        await PeopleArchive.PasswordAsync(browser, reader.Name, PeopleArchive.Password);
        var token = TestBrowser.TokenOf((await browser.GetAsync("/signin/code")).Body);
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(_ => browser.PostAsync("/signin/code", [("code", "not-a-code"), ("form-token", token)]))
        );
        Assert.Equal(4, answers.Count(answer => answer.Status is HttpStatusCode.Unauthorized));
        Assert.True(people.People.Traces.Of(reader.Id).LockedUntil > TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task WhoIsUnknownDisabledOrWrongGetsOneAnswer()
    {
        await people.AddAsync("somebody");
        var disabled = await people.AddAsync("somenody");
        await people.Archive.Host.Registries.Appointments.SetEnabledAsync(
            people.Grant(Operation.Administer),
            disabled.Id,
            enabled: false,
            CancellationToken.None
        );
        var answers = new List<string>();
        foreach (
            var (name, password) in new[]
            {
                ("somebody", "not the phrase at all"),
                ("someoody", "not the phrase at all"),
                ("somenody", PeopleArchive.Password),
            }
        )
        {
            using var browser = people.Open();
            var page = await browser.GetAsync("/signin");
            var token = TestBrowser.TokenOf(page.Body);
            var answer = await browser.PostAsync(
                "/signin",
                [("name", name), ("password", password), ("return", "/"), ("form-token", token)]
            );
            Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
            var next = TestBrowser.TokenOf(answer.Body);
            answers.Add(
                answer
                    .Body.Replace(WebUtility.HtmlEncode(next), "", StringComparison.Ordinal)
                    .Replace(next, "", StringComparison.Ordinal)
                    .Replace(name, "", StringComparison.Ordinal)
            );
        }

        Assert.Single(answers.Distinct(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("//elsewhere.example/")]
    [InlineData("https://elsewhere.example/")]
    [InlineData("/\\elsewhere.example")]
    public async Task SigningInLeadsToNoOtherHost(string returnTo)
    {
        var name = $"traveller{Math.Abs(returnTo.GetHashCode(StringComparison.Ordinal))}";
        await people.AddAsync(name);
        using var browser = people.Open();
        var answer = await PeopleArchive.PasswordAsync(browser, name, PeopleArchive.Password, returnTo);
        Assert.Equal("/", answer.Location);
    }
}
