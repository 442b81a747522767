using Leadglass.Testing;
using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>What the small scripts of the pages add: keys in the study list, upload.</summary>
public sealed class PageScriptTests(ServedArchive served, Chromium chromium)
{
    [Fact]
    public async Task The_study_list_is_worked_by_keys()
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist);
        var page = watched.Page;
        await page.GotoAsync("/");
        await page.Locator("h1").First.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        await page.Keyboard.PressAsync("/");
        Assert.Equal("words", await page.EvaluateAsync<string>("() => document.activeElement.id"));
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowDown");
        var second = await page.Locator(".studies tbody tr:nth-child(2) th a").GetAttributeAsync("href");
        Assert.Equal(second, await page.EvaluateAsync<string>("() => document.activeElement.getAttribute('href')"));
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync($"**{second}");
        watched.AssertQuiet();
    }

    [Fact]
    public async Task Files_are_uploaded_and_counted()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        await using var watched = await served.SignInAsync(chromium, Staff.Technician);
        var page = watched.Page;
        await page.GotoAsync("/upload");
        await page.Locator("[data-files]")
            .First.SetInputFilesAsync([
                new FilePayload
                {
                    Name = "image.dcm",
                    MimeType = "application/dicom",
                    Buffer = await File.ReadAllBytesAsync(TestImages.Mammogram!),
                },
                new FilePayload
                {
                    Name = "<img src=x onerror=alert(1)>.txt",
                    MimeType = "text/plain",
                    Buffer = "a letter"u8.ToArray(),
                },
            ]);
        await page.Locator("[data-status]", new() { HasText = "Done" }).WaitForAsync();
        Assert.Equal("1", await page.Locator("[data-count=stored]").InnerTextAsync());
        Assert.Equal("1", await page.Locator("[data-count=skipped]").InnerTextAsync());
        await page.Locator("[data-studies] a").ClickAsync();
        await page.Locator(".patient-head").WaitForAsync();
        watched.AssertQuiet();
    }
}
