using Leadglass.Browser.Tests;
using Leadglass.Testing.Processes;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace Leadglass.Browser.Tests;

/// <summary>The one browser of these tests; every test opens a context of its own in it, with no cookie and no cache.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string ExecutablePath = "/usr/bin/chromium";
    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>A page that nobody has used before.</summary>
    /// <param name="archive">the one archive that it may talk to</param>
    /// <param name="storageState">cookies of an earlier page, to be signed in from the start</param>
    public Task<WatchedPage> OpenAsync(
        ArchiveProcess archive,
        string locale = "en-US",
        bool isDark = false,
        string? storageState = null
    ) => OpenAsync($"{archive.Host}:{archive.HttpPort}", locale, isDark, storageState);

    /// <inheritdoc cref="OpenAsync(ArchiveProcess, string, bool, string?)"/>
    /// <param name="authority">host and port of the one archive that it may talk to</param>
    public async Task<WatchedPage> OpenAsync(
        string authority,
        string locale = "en-US",
        bool isDark = false,
        string? storageState = null
    )
    {
        var context = await browser!.NewContextAsync(
            new BrowserNewContextOptions
            {
                BaseURL = $"https://{authority}",
                // The archive's own authority is not among those that the browser knows.
                IgnoreHTTPSErrors = true,
                Locale = locale,
                ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
                StorageState = storageState,
                ViewportSize = new ViewportSize { Width = 1400, Height = 900 },
            }
        );
        return await WatchedPage.OpenAsync(context, authority);
    }

    public async ValueTask InitializeAsync()
    {
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = ExecutablePath,
                Headless = false,
                Args =
                [
                    "--headless=new",
                    "--no-sandbox",
                    "--use-gl=angle",
                    "--use-angle=swiftshader",
                    "--enable-unsafe-swiftshader",
                    "--ignore-gpu-blocklist",
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-quic",
                    "--no-first-run",
                ],
            }
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
        {
            await browser.DisposeAsync();
        }

        playwright?.Dispose();
    }
}
