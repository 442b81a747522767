using System.Text;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Access.Tests;

/// <summary>Sessions: who holds the secret, and nobody else, for as long as it is live, across restarts.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task ASessionSurvivesARestartAndItsEndDoesToo()
    {
        await using var archive = await Enrolled.StartAsync();
        var account = await archive.Policy.AddPersonAsync("somebody", [Role.Technician]);
        var kept = await OpenAsync(archive, account);
        var ended = await OpenAsync(archive, account);
        await archive.Registries.Sessions.EndAsync(ended.Session.Id, default);

        await using var again = await archive.ReopenAsync();
        Assert.Equal(kept.Session.Id, again.Sessions.FindBySecret(kept.Secret, SessionKind.Pages)?.Id);
        Assert.Null(again.Sessions.FindBySecret(ended.Secret, SessionKind.Pages));
    }

    [Theory]
    [InlineData(SessionKind.Viewer)]
    [InlineData(SessionKind.Share)]
    public async Task ACookieOfOneKindIsNoneOfAnother(SessionKind other)
    {
        await using var archive = await Enrolled.StartAsync();
        var session = await OpenAsync(archive, await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]));
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(session.Secret, other, Enrolled.Ward));
        Assert.IsType<Recognition.Known>(archive.Policy.Recognise(session.Secret, SessionKind.Pages, Enrolled.Ward));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("id")]
    [InlineData("digest")]
    [InlineData("long")]
    public async Task WhatIsNotTheSecretIsNobody(string what)
    {
        await using var archive = await Enrolled.StartAsync();
        var session = await OpenAsync(archive, await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]));
        var shown = what switch
        {
            "id" => session.Session.Id,
            "digest" => AccessSecret.DigestOf(session.Secret),
            "long" => new string('a', 10_000_000),
            _ => what,
        };
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(shown, SessionKind.Pages, Enrolled.Ward));
    }

    [Fact]
    public async Task UseKeepsASessionAliveUntilItsEnd()
    {
        await using var archive = await Enrolled.StartAsync();
        var session = await OpenAsync(archive, await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]));
        for (var half = 0; half < 23; half++)
        {
            archive.Clock.Advance(TimeSpan.FromMinutes(30));
            Assert.IsType<Recognition.Known>(
                archive.Policy.Recognise(session.Secret, SessionKind.Pages, Enrolled.Ward)
            );
        }
        archive.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(session.Secret, SessionKind.Pages, Enrolled.Ward));
    }

    [Fact]
    public async Task UsingAViewerKeepsItsPersonSignedIn()
    {
        await using var archive = await Enrolled.StartAsync();
        var session = await OpenAsync(archive, await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]));
        var viewer = await archive.Registries.Sessions.OpenViewerAsync(session.Session, default);
        for (var half = 0; half < 6; half++)
        {
            archive.Clock.Advance(TimeSpan.FromMinutes(30));
            Assert.IsType<Recognition.Known>(
                archive.Policy.Recognise(viewer.Secret, SessionKind.Viewer, Enrolled.Ward)
            );
        }
        Assert.IsType<Recognition.Known>(archive.Policy.Recognise(session.Secret, SessionKind.Pages, Enrolled.Ward));
        await archive.Registries.Sessions.EndAsync(session.Session.Id, default);
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(viewer.Secret, SessionKind.Viewer, Enrolled.Ward));
    }

    [Fact]
    public async Task BeingSeenCostsNoWriteAndIsKnownAfterARestart()
    {
        await using var archive = await Enrolled.StartAsync();
        var session = await OpenAsync(archive, await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]));
        var before = Stamps(archive);
        for (var i = 0; i < 100; i++)
        {
            archive.Clock.Advance(TimeSpan.FromSeconds(2));
            archive.Policy.Recognise(session.Secret, SessionKind.Pages, Enrolled.Ward);
        }
        Assert.Equal(before, Stamps(archive));
        await archive.Registries.Sessions.FlushAsync(default);
        await using var again = await archive.ReopenAsync();
        var seen = again.Sessions.Find(session.Session.Id)!.LastSeenAt;
        Assert.InRange(archive.Clock.GetUtcNow() - seen, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task APersonHasTwentySessionsAndTheOldestGoesFirst()
    {
        await using var archive = await Enrolled.StartAsync();
        var account = await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]);
        var made = new List<MadeSession>();
        for (var i = 0; i < Sessions.PerOwnerMax + 3; i++)
        {
            made.Add(await OpenAsync(archive, account));
            archive.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(Sessions.PerOwnerMax, archive.Registries.Sessions.Of(account.Id).Count);
        Assert.Null(archive.Registries.Sessions.FindBySecret(made[2].Secret, SessionKind.Pages));
        Assert.NotNull(archive.Registries.Sessions.FindBySecret(made[3].Secret, SessionKind.Pages));
    }

    [Fact]
    public async Task AllButOneAreEnded()
    {
        await using var archive = await Enrolled.StartAsync();
        var account = await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]);
        var (kept, other) = (await OpenAsync(archive, account), await OpenAsync(archive, account));
        await archive.Registries.Sessions.EndAllAsync(account.Id, kept.Session.Id, default);
        Assert.NotNull(archive.Registries.Sessions.FindBySecret(kept.Secret, SessionKind.Pages));
        Assert.Null(archive.Registries.Sessions.FindBySecret(other.Secret, SessionKind.Pages));
    }

    [Fact]
    public async Task WhoChangesTheirOwnPasswordStaysSignedInHereAndNowhereElse()
    {
        await using var archive = await Enrolled.StartAsync();
        var account = await archive.Policy.AddPersonAsync("somebody", [Role.Radiologist]);
        var (here, elsewhere) = (await OpenAsync(archive, account), await OpenAsync(archive, account));
        var changed = await archive.Registries.People.ChangeAsync(
            account.Id,
            known => known with { SecurityStamp = "2", PasswordHash = "new" },
            default
        );
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(elsewhere.Secret, SessionKind.Pages, null));
        var renewed = await archive.Registries.Sessions.RenewAsync(here.Session.Id, changed, default);
        Assert.NotEqual(here.Secret, renewed.Secret);
        Assert.Equal(here.Session.EndsAt, renewed.Session.EndsAt);
        Assert.IsType<Recognition.Known>(archive.Policy.Recognise(renewed.Secret, SessionKind.Pages, null));
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(here.Secret, SessionKind.Pages, null));
    }

    [Fact]
    public async Task AViewerKeepsTheLastStudiesOnly()
    {
        await using var archive = await Enrolled.StartAsync();
        var person = await archive.Policy.PersonAsync("somebody", Role.Radiologist);
        StudyFacts[] studies =
        [
            .. Enumerable.Range(1, Sessions.StudiesMax + 1).Select(number => Enrolled.Study($"1.2.{number}")),
        ];
        var viewer = await archive.Policy.ViewerAsync(person, studies);
        var grant = archive.Policy.Grant(viewer, Operation.Retrieve);
        Assert.False(grant.Covers(studies[0]));
        Assert.True(grant.Covers(studies[1]));
        Assert.True(grant.Covers(studies[^1]));
        Assert.Equal(Sessions.StudiesMax, grant.Reach!.Studies.Length);
    }

    [Fact]
    public async Task NoSecretAndNoNameLiesOnTheDisk()
    {
        await using var archive = await Enrolled.StartAsync();
        var account = await archive.Policy.AddPersonAsync("canary-name", [Role.Radiologist]);
        var session = await OpenAsync(archive, account);
        var viewer = await archive.Registries.Sessions.OpenViewerAsync(session.Session, default);
        var study = StudyInstanceUid.Parse("1.2.3.987654321");
        await archive.Registries.Sessions.OpenStudyAsync(viewer.Session.Id, study, default);
        foreach (var file in Directory.EnumerateFiles(archive.Folder, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foreach (var canary in new[] { "canary-name", session.Secret, viewer.Secret, study.Value, account.Id })
            {
                Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary)));
            }
        }
    }

    private static ValueTask<MadeSession> OpenAsync(Enrolled archive, Account account) =>
        archive.Registries.Sessions.OpenAsync(account, new SessionOpening(SignInMethod.Passkey), default);

    private static string[] Stamps(Enrolled archive) =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(archive.Folder, "sessions"))
                .Order(StringComparer.Ordinal)
                .Select(file => Convert.ToHexString(File.ReadAllBytes(file))),
        ];
}
