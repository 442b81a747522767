using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Tests.DicomWeb;

namespace Leadglass.Server.Tests.Pages;

/// <summary>What each role finds and does on the pages.</summary>
public sealed class RoleTests(PagesArchive archive) : IClassFixture<PagesArchive>
{
    [Theory]
    [InlineData(Role.Radiologist, "/", "/upload")]
    [InlineData(Role.Technician, "/", "/upload")]
    [InlineData(Role.Referrer, "/")]
    [InlineData(Role.Records, "/", "/records")]
    [InlineData(Role.DataProtectionOfficer, "/trail", "/admin")]
    [InlineData(Role.Administrator, "/admin")]
    [InlineData(Role.Researcher)]
    public async Task APageShowsOnlyWhatTheRoleMayDo(Role role, params string[] places)
    {
        using var browser = await archive.SignInAsync(role);
        var start = await browser.GetAsync("/");
        var page = start.Status == 303 ? await browser.FollowAsync(start) : start;
        Assert.Equal(200, page.Status);
        Assert.Equal(places, page.Document.QuerySelectorAll(".head nav a").Select(link => link.GetAttribute("href")));
        foreach (var place in (string[])["/upload", "/records", "/trail", "/admin"])
        {
            var answer = await browser.GetAsync(place);
            Assert.Contains(answer.Status, places.Contains(place) ? (int[])[200, 303] : [403]);
        }
    }

    [Fact]
    public async Task AFormWithoutThePagesTokenDoesNothing()
    {
        using var browser = await archive.SignInAsync(Role.Administrator);
        var answer = await browser.PostAsync("/admin/clients", ("client", "forged"), ("right", "Read"));
        Assert.Equal(400, answer.Status);
        Assert.Null(archive.Archive.Host.Registries.Programs.Find("forged"));
    }

    [Fact]
    public async Task APersonIsMadeByOneAndConfirmedByAnother()
    {
        using var first = await archive.SignInAsync(Role.Administrator);
        var made = await first.SendAsync(
            await first.GetAsync("/admin/users"),
            "/admin/users",
            ("name", "new.colleague"),
            ("display", "New Colleague"),
            ("departments", "Radiology, Angiography"),
            ("referring", ""),
            ("role", "Radiologist")
        );
        var link = made.Document.QuerySelector("#once-0")!.GetAttribute("value")!;
        Assert.Matches("^https://.+/signin/link#.{20,}$", link);
        var account = archive.Archive.Host.Registries.People.Current.FindByName("new.colleague")!;
        Assert.Empty(account.Roles);

        var path = $"/admin/users/{account.Id}";
        var pending = await first.GetAsync(path);
        var refused = await first.FollowAsync(await first.SendAsync(pending, $"{path}/confirm"));
        Assert.StartsWith("Somebody else has to confirm", refused.Notice, StringComparison.Ordinal);

        using var second = await archive.SignInAsync(Role.DataProtectionOfficer);
        var confirmed = await second.FollowAsync(
            await second.SendAsync(await second.GetAsync(path), $"{path}/confirm")
        );
        Assert.Equal("Confirmed.", confirmed.Notice);
        Assert.Equal([Role.Radiologist], archive.Archive.Host.Registries.People.Current.Find(account.Id)!.Roles);
    }

    [Fact]
    public async Task ASecretOfAProgramIsShownOnce()
    {
        using var browser = await archive.SignInAsync(Role.Administrator);
        var made = await browser.SendAsync(
            await browser.GetAsync("/admin/clients"),
            "/admin/clients",
            ("client", "test-ris"),
            ("right", "Read"),
            ("right", "Write")
        );
        var secret = made.Document.QuerySelector("#once-1")!.GetAttribute("value")!;
        Assert.True(archive.Archive.Host.Registries.Programs.IsSecretOf("test-ris", secret));
        Assert.DoesNotContain(secret, (await browser.GetAsync("/admin/clients")).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RecordsRejectRestoreAndCorrect()
    {
        await archive.StoreAsync(WebInstances.Make(4401, name: "Falsch^Zugeordnet"));
        using var records = await archive.SignInAsync(Role.Records);
        var path = $"/studies/{WebInstances.Study(4401)}";
        var rejected = await records.FollowAsync(
            await records.SendAsync(
                await records.GetAsync(path),
                $"{path}/reject",
                ("series", ""),
                ("reason", "Quality"),
                ("text", "motion")
            )
        );
        Assert.Equal("1 instances are rejected.", rejected.Notice);
        Assert.Equal(404, (await records.GetAsync(path)).Status);
        Assert.Contains("motion", rejected.Text, StringComparison.Ordinal);
        Assert.Equal(
            "1 instances are shown again.",
            (await records.FollowAsync(await records.SendAsync(rejected, "/records/rejected/restore"))).Notice
        );

        var corrected = await records.FollowAsync(
            await records.SendAsync(
                await records.GetAsync(path),
                $"{path}/correct",
                ("patient", "P9999"),
                ("issuer", ""),
                ("family", "Richtig^=\\"),
                ("given", "Zugeordnet"),
                ("birth", "1980-02-03"),
                ("sex", "F"),
                ("reason", "wrong worklist entry")
            )
        );
        Assert.Equal("The study is assigned to the patient.", corrected.Notice);
        Assert.Equal("Richtig, Zugeordnet", corrected.Document.QuerySelector("h1")!.TextContent.Trim());
        Assert.Contains("P9999", (await records.GetAsync("/records/corrections")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AConflictIsComparedAndDecided()
    {
        await archive.StoreAsync(WebInstances.Make(4411));
        var other = WebInstances.Make(4411);
        other.SetString(DicomTag.StudyDescription, "Another description");
        await archive.StoreAsync(other);
        using var records = await archive.SignInAsync(Role.Records);
        var list = await records.GetAsync("/records/conflicts");
        var link = list.Document.QuerySelectorAll("tbody tr").Single().QuerySelector("a")!.GetAttribute("href")!;
        var page = await records.GetAsync(link);
        Assert.Contains("Another description", page.Text, StringComparison.Ordinal);
        Assert.Contains("Study of CT", page.Text, StringComparison.Ordinal);
        var decided = await records.FollowAsync(
            await records.SendAsync(page, $"{link}/discard", ("reason", "a test sent it twice"))
        );
        Assert.Equal("Discarded.", decided.Notice);
        Assert.Empty(decided.Document.QuerySelectorAll("tbody tr"));
        Assert.Equal(404, (await records.GetAsync(link)).Status);
    }

    [Fact]
    public async Task EmergencyAccessOpensOnePatientAndIsReviewed()
    {
        await archive.StoreAsync(WebInstances.Make(4421, name: "Notfall^Probe"));
        using var referrer = await archive.SignInAsync(Role.Referrer);
        var path = $"/studies/{WebInstances.Study(4421)}";
        Assert.Equal(404, (await referrer.GetAsync(path)).Status);
        var form = await referrer.GetAsync("/emergency");
        var opened = await referrer.FollowAsync(
            await referrer.SendAsync(
                form,
                "/emergency",
                ("patient", "P4421"),
                ("issuer", ""),
                ("reason", "unconscious in the emergency room")
            )
        );
        Assert.Contains("open for an hour", opened.Notice, StringComparison.Ordinal);
        Assert.Equal(path, opened.Document.QuerySelector(".studies th a")!.GetAttribute("href"));
        Assert.Equal(200, (await referrer.GetAsync(path)).Status);

        using var officer = await archive.SignInAsync(Role.DataProtectionOfficer);
        var reviews = await officer.GetAsync("/trail/emergency");
        Assert.Contains("unconscious in the emergency room", reviews.Text, StringComparison.Ordinal);
        var reviewed = await officer.FollowAsync(
            await officer.SendAsync(reviews, "/trail/emergency", ("finding", "justified"))
        );
        Assert.Equal("The review is noted.", reviewed.Notice);
        var seen = await officer.GetAsync($"{path}/seen-by");
        Assert.Contains(referrer.Account.Name, seen.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Notfall^Probe", seen.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AShareIsShownOnceAndEnded()
    {
        await archive.StoreAsync(WebInstances.Make(4431));
        using var radiologist = await archive.SignInAsync(Role.Radiologist);
        var path = $"/studies/{WebInstances.Study(4431)}";
        var made = await radiologist.SendAsync(
            await radiologist.GetAsync(path),
            $"{path}/share",
            ("whom", "Dr. Outside"),
            ("days", "7")
        );
        Assert.Matches(
            "^https://.+/shared/[^#]+#.{20,}$",
            made.Document.QuerySelector("#once-0")!.GetAttribute("value")
        );
        var account = await radiologist.GetAsync("/account");
        Assert.Contains("Dr. Outside", account.Text, StringComparison.Ordinal);
        Assert.Equal(
            "The share was ended.",
            (await radiologist.FollowAsync(await radiologist.SendAsync(account, "/account/shares/end"))).Notice
        );
    }
}
