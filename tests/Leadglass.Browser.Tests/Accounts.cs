using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Leadglass.Testing.Processes;
using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>An account as its owner knows it.</summary>
internal sealed record Account(string Name, string Password, string? AuthenticatorKey, string Cookies);

/// <summary>
/// Makes the accounts of the tests as an operator and their owners do: a command makes the account, its one-time link is
/// followed in the browser, a password chosen, an authenticator enrolled where the role wants one.
/// </summary>
internal sealed partial class Accounts(ArchiveProcess archive) : IDisposable
{
    public const string SessionCookie = "__Host-leadglass";

    private readonly ConcurrentDictionary<Staff, Account> known = new();
    private readonly SemaphoreSlim one = new(1, 1);

    public async Task<Account> GetAsync(Chromium chromium, Staff staff)
    {
        await one.WaitAsync();
        try
        {
            return known.TryGetValue(staff, out var account)
                ? account
                : known[staff] = await MakeAsync(chromium, staff);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Makes an account and returns its one-time link.</summary>
    public async Task<string> AddAsync(string name, string role, params string[] options)
    {
        var added = await archive.RunHereAsync(["user", "add", name, "--role", role, .. options]);
        Assert.True(added.ExitCode == 0, added.ToString());
        return LinkText().Match(added.Output) is { Success: true } link
            ? link.Value
            : throw new InvalidOperationException($"no link\n{added}");
    }

    /// <summary>What a second person would do, on a machine with one: root confirms.</summary>
    public async Task ConfirmAsync(string name)
    {
        var confirmed = await archive.RunHereAsync("user", "confirm", name);
        Assert.True(confirmed.ExitCode == 0, confirmed.ToString());
    }

    /// <summary>Follows a one-time link to its end: a password, and a second factor when the page asks for one.</summary>
    public static async Task<(string Password, string? Key)> FollowLinkAsync(WatchedPage watched, string link)
    {
        var page = watched.Page;
        var password = $"made up for a test {Guid.NewGuid():N}";
        watched.KeepSecret(password);
        // The link names the host that people use; here it is an address.
        await page.GotoAsync($"/signin/link{new Uri(link).Fragment}");
        await SubmitAsync(page);
        await page.Locator("input[name=password]").FillAsync(password);
        await page.Locator("input[name=again]").FillAsync(password);
        await SubmitAsync(page);
        if (await page.Locator("input[name=code]").CountAsync() == 0)
        {
            return (password, null);
        }

        var key = await page.Locator("main code").First.InnerTextAsync();
        await page.Locator("input[name=code]").FillAsync(Totp.Code(key));
        await SubmitAsync(page);
        return (password, key);
    }

    public static Task SubmitAsync(IPage page) => page.Locator("main form button[type=submit]").First.ClickAsync();

    public void Dispose() => one.Dispose();

    private async Task<Account> MakeAsync(Chromium chromium, Staff staff)
    {
        var role =
            staff == Staff.DataProtectionOfficer ? "data-protection-officer" : staff.ToString().ToLowerInvariant();
        var name = $"test-{role}";
        var link = await AddAsync(name, role);
        await ConfirmAsync(name);
        await using var watched = await chromium.OpenAsync(archive);
        var (password, key) = await FollowLinkAsync(watched, link);
        Assert.Contains(await watched.Context.CookiesAsync(), cookie => cookie.Name == SessionCookie);
        watched.AssertQuiet();
        return new Account(name, password, key, await watched.Context.StorageStateAsync());
    }

    [GeneratedRegex(@"https://\S+#[A-Za-z0-9_\-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LinkText();
}
