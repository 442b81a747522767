using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>The way of a reader from the study list to the image, by mouse and by keyboard alone.</summary>
public sealed class StudyListTests(ServedArchive served, Chromium chromium)
{
    [Theory]
    [InlineData("müller-ph", "de-DE")]
    [InlineData("MUELLER", "en-US")]
    [InlineData("änne muller", "en-US")]
    public async Task Finds_a_name_with_an_umlaut_while_it_is_typed(string words, string locale)
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist, locale);
        watched.KeepSecret(words);
        watched.KeepSecret(Uri.EscapeDataString(words));
        await watched.Page.GotoAsync("/");
        await watched.Page.Locator("#words").PressSequentiallyAsync(words, new() { Delay = 30 });
        var row = await OnlyRowAsync(watched.Page);
        Assert.Contains("MÜLLER-PHANTOM", await row.InnerTextAsync(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Schädel nativ", await row.InnerTextAsync(), StringComparison.Ordinal);
        await watched.PhotographAsync($"study-list-{locale}");
        watched.AssertQuiet();
    }

    [Fact]
    public async Task Leads_to_the_image_without_a_mouse()
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist);
        var page = watched.Page;
        await page.GotoAsync("/");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("mueller");
        await OnlyRowAsync(page);
        await TabToAsync(page, $"a[href='/studies/{TestImages.Head[0].StudyUid}']");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync($"**/studies/{TestImages.Head[0].StudyUid}");
        await watched.PhotographAsync("study-page");

        await TabToAsync(
            page,
            $"[formaction='/studies/{TestImages.Head[0].StudyUid}/viewer'], form[action='/studies/{TestImages.Head[0].StudyUid}/viewer'] button"
        );
        var opened = await watched.Context.RunAndWaitForPageAsync(() => page.Keyboard.PressAsync("Enter"));
        await opened.Locator("[data-cy=viewport-pane] canvas").First.WaitForAsync();
        watched.AssertQuiet();
    }

    private static async Task<ILocator> OnlyRowAsync(IPage page)
    {
        var rows = page.Locator("tr[data-row]");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        return rows.First;
    }

    /// <summary>Presses Tab until the element has the focus, and looks that somebody can see that it has.</summary>
    private static async Task TabToAsync(IPage page, string selector)
    {
        for (var i = 0; i < 80; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>("s => !!document.activeElement?.matches(s)", selector))
            {
                Assert.True(
                    await page.EvaluateAsync<bool>(
                        """
                        () => {
                          const style = getComputedStyle(document.activeElement);
                          return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
                        }
                        """
                    ),
                    $"the focus cannot be seen on {selector}"
                );
                return;
            }
        }

        Assert.Fail($"80 times Tab do not reach {selector}");
    }
}
