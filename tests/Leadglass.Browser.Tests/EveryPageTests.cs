using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>
/// Walks from the first page to every page that the role finds a link to, with a patient in the archive whose every text is
/// markup and script. Each page is looked at by axe and by the watch over requests, policies and dialogs.
/// </summary>
public sealed class EveryPageTests(ServedArchive served, Chromium chromium)
{
    /// <summary>Pages of one kind differ by their data; two of each kind are looked at.</summary>
    private const int PagesOfOneKindMax = 2;

    [Theory]
    [InlineData(Staff.Radiologist, "en-US", false)]
    [InlineData(Staff.Radiologist, "de-DE", true)]
    [InlineData(Staff.Technician, "de-DE", false)]
    [InlineData(Staff.Records, "en-US", true)]
    [InlineData(Staff.DataProtectionOfficer, "de-DE", false)]
    [InlineData(Staff.Administrator, "en-US", false)]
    [InlineData(Staff.Administrator, "de-DE", true)]
    public async Task Is_accessible_and_takes_markup_for_text(Staff staff, string locale, bool isDark)
    {
        await using var watched = await served.SignInAsync(chromium, staff, locale, isDark);
        var faults = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>(["/", "/account", $"/studies/{TestImages.Hostile.StudyUid}"]);
        while (waiting.TryDequeue(out var path))
        {
            if (seen.Count(other => Kind(other) == Kind(path)) >= PagesOfOneKindMax || !seen.Add(path))
            {
                continue;
            }

            watched.Expect($"{served.Origin}{path}:0"); // A page of another role answers 403, and the console says so.
            var answer = await watched.Page.GotoAsync(path);
            if (answer is not { Ok: true } || !IsPage(answer))
            {
                continue;
            }

            Assert.StartsWith(locale[..2], await watched.Page.Locator("html").GetAttributeAsync("lang"));
            faults.AddRange((await Axe.FaultsAsync(watched.Page)).Select(fault => $"{path}: {fault}"));
            foreach (var link in await LinksAsync(watched.Page))
            {
                waiting.Enqueue(link);
            }
        }

        await watched.PhotographAsync($"last-of-{staff}-{locale}");
        Assert.True(seen.Count > 2, string.Join('\n', seen));
        Assert.True(faults.Count == 0, string.Join('\n', faults.Distinct()));
        watched.AssertQuiet();
    }

    [Theory]
    [InlineData("en-US", false)]
    [InlineData("de-DE", true)]
    public async Task The_sign_in_page_is_accessible(string locale, bool isDark)
    {
        await using var watched = await chromium.OpenAsync(served.Archive, locale, isDark);
        await watched.Page.GotoAsync("/studies");
        Assert.Contains("/signin", watched.Page.Url, StringComparison.Ordinal);
        await watched.PhotographAsync($"signin-{locale}");
        Assert.Empty(await Axe.FaultsAsync(watched.Page));
        watched.AssertQuiet();
    }

    /// <summary>The path without its UIDs and query.</summary>
    private static string Kind(string path) =>
        string.Join('/', path.Split('?')[0].Split('/').Select(part => part.Any(char.IsAsciiDigit) ? "*" : part));

    private static bool IsPage(IResponse answer) =>
        answer.Headers.GetValueOrDefault("content-type")?.StartsWith("text/html", StringComparison.Ordinal) is true;

    /// <summary>Links of the archive's own pages; the viewer has tests of its own.</summary>
    private static async Task<IEnumerable<string>> LinksAsync(IPage page)
    {
        var links = await page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll('a[href]')]
              .filter(a => a.origin === location.origin && !a.hasAttribute('download'))
              .map(a => a.pathname + a.search)
            """
        );
        return links
            .Where(link =>
                !link.Contains("/viewer", StringComparison.Ordinal)
                && !link.StartsWith("/sign", StringComparison.Ordinal)
                && !link.StartsWith("/dicom-web", StringComparison.Ordinal)
            )
            .Distinct(StringComparer.Ordinal);
    }
}
