using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>
/// A page whose every request, message and dialog is looked at: it may talk to one archive only, carry no secret in an
/// address, break no content policy and fail at nothing.
/// </summary>
public sealed partial class WatchedPage : IAsyncDisposable
{
    private readonly string authority;
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly ConcurrentQueue<Uri> requests = new();
    private readonly ConcurrentBag<string> secrets = [];
    private readonly ConcurrentBag<string> expected = [];

    private WatchedPage(IBrowserContext context, IPage page, string authority)
    {
        Context = context;
        Page = page;
        this.authority = authority;
    }

    public IBrowserContext Context { get; }

    public IPage Page { get; }

    /// <summary>Everything that was asked over the network, from pages and workers.</summary>
    public IReadOnlyCollection<Uri> Requests => requests;

    public static async Task<WatchedPage> OpenAsync(IBrowserContext context, string authority)
    {
        var watched = new WatchedPage(context, await context.NewPageAsync(), authority);
        await watched.WatchAsync();
        return watched;
    }

    /// <summary>Must not stand in any address from now on.</summary>
    public void KeepSecret(string secret) => secrets.Add(secret);

    /// <summary>Another authority that this page may visit: the hospital's sign-in provider.</summary>
    public string? AlsoVisits { get; set; }

    /// <summary>Console messages that contain this text are part of the test.</summary>
    public void Expect(string text) => expected.Add(text);

    /// <summary>Nothing happened that should not.</summary>
    public void AssertQuiet()
    {
        var told = complaints.Where(text => !expected.Any(text.Contains)).ToArray();
        Assert.True(told.Length == 0, string.Join('\n', told));
    }

    /// <summary>Signs out as people do: the menu at their name, its last line.</summary>
    public async Task SignOutAsync()
    {
        await Page.Locator("header details.menu > summary").ClickAsync();
        await Page.Locator("form[action='/signout'] button").ClickAsync();
    }

    /// <summary>The page as it looks, kept where somebody can look at it when a folder for that is named.</summary>
    public async Task PhotographAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("LEADGLASS_TEST_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") });
        }
    }

    public async ValueTask DisposeAsync() => await Context.DisposeAsync();

    private async Task WatchAsync()
    {
        await Context.ExposeFunctionAsync<string, bool>(
            "reportPolicyViolation",
            violation =>
            {
                complaints.Enqueue($"content policy: {violation}");
                return true;
            }
        );
        await Context.AddInitScriptAsync(
            """
            document.addEventListener('securitypolicyviolation', e =>
              window.reportPolicyViolation(`${e.effectiveDirective} ${e.blockedURI} on ${location.pathname}`));
            """
        );
        Context.Request += (_, request) => Look(new Uri(request.Url));
        Context.Console += (_, message) => Hear(message);
        Context.WebError += (_, problem) => complaints.Enqueue($"error on a page: {problem.Error}");
        Context.Dialog += async (_, dialog) =>
        {
            complaints.Enqueue($"dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
    }

    private void Look(Uri address)
    {
        if (address.Scheme is "data" or "blob")
        {
            return;
        }

        requests.Enqueue(address);
        if (address.Authority != authority && address.Authority != AlsoVisits)
        {
            complaints.Enqueue($"asked another host: {address.GetLeftPart(UriPartial.Path)}");
        }

        var text = address.PathAndQuery;
        if (secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal)))
        {
            complaints.Enqueue($"a secret in an address: {address.AbsolutePath}");
        }

        if (address.Authority == authority && TokenInQuery().IsMatch(address.Query))
        {
            complaints.Enqueue($"something like a token in an address: {address.AbsolutePath}");
        }
    }

    private void Hear(IConsoleMessage message)
    {
        if (message.Type == "error")
        {
            complaints.Enqueue($"console: {message.Text} ({message.Location})");
        }
    }

    [GeneratedRegex(
        @"[?&](access_?token|id_token|token|secret|password|session|ticket|key)=",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex TokenInQuery();
}
