using System.Net;
using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>Signing in with an account of the archive, as people do it.</summary>
public sealed class SignInTests(ServedArchive served, Chromium chromium)
{
    [Fact]
    public async Task Asks_for_password_and_code_and_gives_a_cookie_that_scripts_cannot_read()
    {
        var account = await served.AccountAsync(chromium, Staff.Radiologist);
        await using var watched = await chromium.OpenAsync(served.Archive);
        var page = watched.Page;
        watched.KeepSecret(account.Password);
        await page.GotoAsync($"/studies/{TestImages.Head[0].StudyUid}");
        await page.Locator("input[name=name]").FillAsync(account.Name);
        await page.Locator("input[name=password]").FillAsync(account.Password);
        await Accounts.SubmitAsync(page);
        // The code of this half minute was used when the authenticator was set up.
        await page.Locator("input[name=code]").FillAsync(Totp.Code(account.AuthenticatorKey!, steps: 1));
        await Accounts.SubmitAsync(page);
        await page.WaitForURLAsync($"**/studies/{TestImages.Head[0].StudyUid}");

        foreach (var cookie in await watched.Context.CookiesAsync())
        {
            Assert.StartsWith("__Host-", cookie.Name, StringComparison.Ordinal);
            Assert.True(cookie.HttpOnly, cookie.Name);
            Assert.True(cookie.Secure, cookie.Name);
            Assert.NotEqual(SameSiteAttribute.None, cookie.SameSite);
        }

        Assert.Equal("", await page.EvaluateAsync<string>("document.cookie"));
        watched.AssertQuiet();
    }

    [Fact]
    public async Task A_wrong_password_lets_nobody_in_and_says_no_more_than_that()
    {
        await served.AccountAsync(chromium, Staff.Technician);
        var answers = new List<string>();
        foreach (var name in (string[])["test-technician", "nobody-of-this-name"])
        {
            await using var watched = await chromium.OpenAsync(served.Archive);
            watched.Expect("401");
            await watched.Page.GotoAsync("/signin");
            await watched.Page.Locator("input[name=name]").FillAsync(name);
            await watched.Page.Locator("input[name=password]").FillAsync("wrong wrong wrong");
            await Accounts.SubmitAsync(watched.Page);
            await watched.Page.GetByRole(AriaRole.Alert).First.WaitForAsync();
            answers.Add(await watched.Page.Locator("main").InnerTextAsync());
            watched.AssertQuiet();
        }

        Assert.Equal(answers[0], answers[1]);
    }

    [Fact]
    public async Task A_one_time_link_works_once()
    {
        var link = await served.AddAccountAsync("visitor", "technician");
        await using var watched = await chromium.OpenAsync(served.Archive);
        watched.KeepSecret(new Uri(link).Fragment[1..]);
        await Accounts.FollowLinkAsync(watched, link);
        watched.AssertQuiet();

        await using var second = await chromium.OpenAsync(served.Archive);
        await second.Page.GotoAsync($"/signin/link{new Uri(link).Fragment}");
        await Accounts.SubmitAsync(second.Page);
        await second.Page.WaitForLoadStateAsync();
        Assert.Equal(0, await second.Page.Locator("input[name=password]").CountAsync());
    }

    [Fact]
    public async Task What_was_signed_out_is_over_for_a_copied_cookie_too()
    {
        var link = await served.AddAccountAsync("leaver", "technician");
        await using var watched = await chromium.OpenAsync(served.Archive);
        await Accounts.FollowLinkAsync(watched, link);
        var copy = await watched.Context.StorageStateAsync();
        await watched.Page.GotoAsync("/");
        await watched.SignOutAsync();
        await watched.Page.WaitForURLAsync("**/signin**");

        await using var thief = await chromium.OpenAsync(served.Archive, storageState: copy);
        var answer = await thief.Page.APIRequest.GetAsync("/dicom-web/studies");
        Assert.Equal((int)HttpStatusCode.Unauthorized, answer.Status);
    }
}
