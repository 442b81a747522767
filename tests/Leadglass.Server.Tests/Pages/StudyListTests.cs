using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Tests.DicomWeb;

namespace Leadglass.Server.Tests.Pages;

public sealed class StudyListTests(PagesArchive archive) : IClassFixture<PagesArchive>
{
    [Theory]
    [InlineData("müller", 7101)]
    [InlineData("MUELLER anna", 7101)]
    [InlineData("ann mül", 7101)]
    [InlineData("P7102", 7102)]
    [InlineData("A7102", 7102)]
    [InlineData("suchprobe mr", 7102)]
    [InlineData("suchprobe 2023-04-05", 7102)]
    [InlineData("suchprobe 5.4.2023", 7102)]
    [InlineData("suchprobe 4.2023", 7102)]
    [InlineData("suchprobe 17.6.1951", 7103)]
    public async Task OneBoxUnderstandsNameIdAccessionDateAndModality(string words, int patient)
    {
        await StoreAsync();
        using var browser = await archive.SignInAsync(Role.Radiologist);
        var found = await SearchAsync(browser, ("words", words));
        Assert.Equal([$"/studies/{WebInstances.Study(patient)}"], Links(found));
    }

    [Fact]
    public async Task WhatIsSearchedForComesIntoNoUrl()
    {
        await StoreAsync();
        using var browser = await archive.SignInAsync(Role.Technician);
        var answer = await browser.SendAsync(await browser.GetAsync("/"), "/search", ("words", "müller"));
        Assert.Equal(303, answer.Status);
        Assert.Matches("^/\\?view=[0-9a-f]{24}$", answer.Location);
        // It is for the one who asked: to somebody else the name says nothing.
        using var other = await archive.SignInAsync(Role.Radiologist);
        var elsewhere = await other.GetAsync(answer.Location!);
        Assert.DoesNotContain("müller", elsewhere.Html, StringComparison.OrdinalIgnoreCase);
        Assert.True(Links(elsewhere).Count > 1);
    }

    [Fact]
    public async Task FiltersNarrowAndHeadingsSort()
    {
        await StoreAsync();
        using var browser = await archive.SignInAsync(Role.Radiologist);
        Assert.Equal(
            [WebInstances.Study(7102)],
            Uids(await SearchAsync(browser, ("words", "suchprobe"), ("from", "2023-01-01"), ("to", "2023-12-31")))
        );
        Assert.Equal(
            [WebInstances.Study(7102)],
            Uids(await SearchAsync(browser, ("words", "suchprobe"), ("modality", "MR")))
        );
        Assert.Equal(
            [WebInstances.Study(7102), WebInstances.Study(7103)],
            Uids(await SearchAsync(browser, ("words", "suchprobe"), ("sort", "OldestStudyFirst")))
        );
        Assert.Equal(
            [WebInstances.Study(7103), WebInstances.Study(7102)],
            Uids(await SearchAsync(browser, ("words", "suchprobe"), ("sort", "NewestStudyFirst")))
        );
    }

    [Fact]
    public async Task AScriptGetsTheResultsAloneAndTheirName()
    {
        await StoreAsync();
        using var browser = await archive.SignInAsync(Role.Radiologist);
        var page = await browser.GetAsync("/");
        Assert.Contains("X-Leadglass-Part", await AssetAsync(browser, page, "studies"), StringComparison.Ordinal);
        Assert.DoesNotContain("innerHTML", await AssetAsync(browser, page, "studies"), StringComparison.Ordinal);
    }

    /// <summary>A referrer sees the patients assigned to them, and is told so where there is none.</summary>
    [Fact]
    public async Task AReferrerSeesAssignedPatientsAlone()
    {
        await StoreAsync();
        using var referrer = await archive.SignInAsync(Role.Referrer);
        var empty = await referrer.GetAsync("/");
        Assert.Empty(Links(empty));
        Assert.NotNull(empty.Document.QuerySelector("a[href='/emergency']"));

        using var radiologist = await archive.SignInAsync(Role.Radiologist);
        var path = $"/studies/{WebInstances.Study(7101)}";
        Assert.Equal(404, (await referrer.GetAsync(path)).Status);
        var done = await radiologist.FollowAsync(
            await radiologist.SendAsync(
                await radiologist.GetAsync(path),
                $"{path}/assign",
                ("account", referrer.Account.Id),
                ("scope", "study"),
                ("until", "")
            )
        );
        Assert.Equal("Assigned.", done.Notice);
        Assert.Equal([path], Links(await referrer.GetAsync("/")));
        Assert.Equal(200, (await referrer.GetAsync(path)).Status);

        Assert.Equal(
            "The assignment was taken back.",
            (await radiologist.FollowAsync(await radiologist.SendAsync(done, $"{path}/unassign"))).Notice
        );
        Assert.Equal(404, (await referrer.GetAsync(path)).Status);
    }

    [Fact]
    public async Task TheOwnDepartmentComesFirst()
    {
        var own = WebInstances.Make(7104, name: "Hausprobe^Ida", date: "20220101");
        own.SetString(DicomTag.InstitutionalDepartmentName, "Neuroradiology of a test");
        await StoreAsync();
        await archive.StoreAsync(own);
        var account = await archive.AppointAsync([Role.Radiologist], ["Neuroradiology of a test"]);
        using var browser = await archive.OpenAsync(account);
        Assert.Equal([WebInstances.Study(7104)], Uids(await browser.GetAsync("/")));
        Assert.True(Links(await SearchAsync(browser, ("department", ""))).Count > 1);

        var elsewhere = await archive.AppointAsync([Role.Radiologist], ["A department without studies"]);
        using var other = await archive.OpenAsync(elsewhere);
        Assert.True(Links(await other.GetAsync("/")).Count > 1);
    }

    private static async Task<string> AssetAsync(PersonBrowser browser, SeenPage page, string name)
    {
        var path = page
            .Document.Scripts.Select(script => script.GetAttribute("src")!)
            .Single(one => one.Contains(name, StringComparison.Ordinal));
        var asset = await browser.GetAsync(path);
        Assert.Equal("text/javascript; charset=utf-8", asset.Headers["Content-Type"]);
        return asset.Html;
    }

    private static async Task<SeenPage> SearchAsync(PersonBrowser browser, params (string, string)[] fields) =>
        await browser.FollowAsync(await browser.SendAsync(await browser.GetAsync("/"), "/search", fields));

    private static List<string> Links(SeenPage page) =>
        [.. page.Document.QuerySelectorAll(".studies th a").Select(link => link.GetAttribute("href")!)];

    private static IEnumerable<string> Uids(SeenPage page) => Links(page).Select(link => link["/studies/".Length..]);

    private async Task StoreAsync()
    {
        var born = WebInstances.Make(7103, name: "Suchprobe^Berta", date: "20240506");
        born.SetString(DicomTag.PatientBirthDate, "19510617");
        await archive.StoreAsync(
            WebInstances.Make(7101, name: "Müller^Anna", date: "20240101"),
            WebInstances.Make(7102, name: "Suchprobe^Karl", modality: "MR", date: "20230405"),
            born
        );
    }
}
