using System.Net;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;

namespace Leadglass.Access.Tests;

/// <summary>What a grant covers, how long, and that a record precedes what it releases.</summary>
public sealed class AccessGrantTests
{
    public static TheoryData<string> Withdrawals =>
        ["disabled", "right taken", "certificate revoked", "scope narrowed", "title taken", "expired certificate"];

    [Theory]
    [MemberData(nameof(Withdrawals))]
    public async Task AGrantIsVoidOnceWhatItRestedOnIsWithdrawn(string how)
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ws", DeviceRights.Retrieve);
        var grant = archive.Grant(identity, Operation.Retrieve);
        await grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        Assert.True(grant.Covers(Enrolled.Study()));

        switch (how)
        {
            case "disabled":
                await archive.ChangeAsync("ws", device => device with { Enabled = false });
                break;
            case "right taken":
                await archive.ChangeAsync("ws", device => device with { Rights = DeviceRights.Query });
                break;
            case "certificate revoked":
                await archive.ChangeAsync(
                    "ws",
                    device => device with { Certificates = [device.Certificates[0] with { IsRevoked = true }] }
                );
                break;
            case "scope narrowed":
                await archive.ChangeAsync(
                    "ws",
                    device => device with { Scope = new DeviceScope { Modalities = ["MR"] } }
                );
                break;
            case "title taken":
                await archive.ChangeAsync("ws", device => device with { AeTitles = [Dicom.AeTitle.Parse("NEW")] });
                break;
            default:
                archive.Clock.Advance(CertificateAuthority.DeviceValidity);
                break;
        }

        Assert.False(grant.Covers(Enrolled.Study()));
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None)
        );
        Assert.True(refused.Reason is RefusalReason.AccessWithdrawn or RefusalReason.GrantExpired);
    }

    [Fact]
    public async Task AnotherDevicesChangeLeavesAGrantAlone()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ws", DeviceRights.Retrieve);
        await archive.IdentityAsync("ct1", DeviceRights.Store);
        var grant = archive.Grant(identity, Operation.Retrieve);
        await archive.ChangeAsync("ct1", device => device with { Enabled = false });
        Assert.Null(grant.Voided);
    }

    [Fact]
    public async Task ARenewedCertificateLeavesTheGrantOfTheOldOneAlone()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ws", DeviceRights.Retrieve);
        var grant = archive.Grant(identity, Operation.Retrieve);
        var next = archive.Authority.IssueDevice("ws", host: null).Certificate;
        await archive.ChangeAsync("ws", device => device with { Certificates = device.Certificates.Add(next) });
        Assert.Null(grant.Voided);
    }

    [Fact]
    public async Task TheSameSessionFromElsewhereAndAnotherSessionAreRecordsOfTheirOwn()
    {
        await using var archive = await Enrolled.StartAsync();
        var account = await archive.Policy.AddPersonAsync("reader", [Role.Radiologist]);
        var sessions = archive.Registries.Sessions;
        var opening = new SessionOpening(SignInMethod.PasswordAndCode);
        var session = (await sessions.OpenAsync(account, opening, default)).Secret;
        var other = (await sessions.OpenAsync(account, opening, default)).Secret;
        foreach (
            var (secret, address) in new[]
            {
                (session, "192.0.2.20"),
                (session, "192.0.2.20"),
                (session, "198.51.100.9"),
                (other, "192.0.2.20"),
            }
        )
        {
            var known = archive.Policy.Recognise(secret, SessionKind.Pages, IPAddress.Parse(address));
            var identity = Assert.IsType<Recognition.Known>(known).Identity;
            await archive.Policy.Grant(identity, Operation.Retrieve).AuthorizeAsync(Enrolled.Study(), default);
        }

        Assert.Equal(
            ["192.0.2.20", "198.51.100.9", "192.0.2.20"],
            archive.Trail.Recorded.Where(e => e.Operation is Operation.Retrieve).Select(e => e.Address)
        );
    }

    [Fact]
    public async Task WhoDisablesADeviceStandsInTheTrailBeforeItIsDone()
    {
        await using var archive = await Enrolled.StartAsync();
        await archive.IdentityAsync("ws", DeviceRights.Retrieve);
        var admin = await archive.Policy.PersonAsync("admin", Role.Administrator);
        var grant = archive.Policy.Grant(admin, Operation.Administer);
        archive.Trail.Writing = () => throw new TrailUnavailableException("full");
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Policy.DisableDeviceAsync(grant, "ws", default)
        );
        Assert.True(Assert.Single(archive.Policy.Devices.Current.All).Enabled);

        archive.Trail.Writing = () => Task.CompletedTask;
        await archive.Policy.DisableDeviceAsync(grant, "ws", default);
        Assert.False(Assert.Single(archive.Policy.Devices.Current.All).Enabled);
        Assert.Single(archive.Trail.Recorded, e => e.Who == admin.Key && e.Detail == "device disable ws");
    }

    [Fact]
    public async Task AGrantLastsMinutesAndIsRenewedByAskingAgain()
    {
        await using var archive = await Enrolled.StartAsync();
        var grant = archive.Grant(await archive.IdentityAsync("ws", DeviceRights.Retrieve), Operation.Retrieve);
        archive.Clock.Advance(AccessPolicy.GrantValidity - TimeSpan.FromSeconds(1));
        Assert.Null(grant.Voided);
        archive.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RefusalReason.GrantExpired, grant.Voided);
        Assert.Null(Assert.IsType<AccessDecision.Granted>(archive.Policy.Renew(grant)).Grant.Voided);
        await archive.ChangeAsync("ws", device => device with { Enabled = false });
        Assert.IsType<AccessDecision.Refused>(archive.Policy.Renew(grant));
    }

    [Fact]
    public async Task TheLimitToPatientsAndModalitiesIsTheGrantsScope()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync(
            "ws",
            DeviceRights.Query,
            device =>
                device with
                {
                    Scope = new DeviceScope
                    {
                        Patients = [new PatientKey("TEST-1", "WARD")],
                        Modalities = ["CT", "MR"],
                    },
                }
        );
        var grant = archive.Grant(identity, Operation.Query);
        Assert.True(grant.Covers(Enrolled.Study(modalities: "CT")));
        Assert.True(grant.Covers(Enrolled.Study(modalities: ["PR", "MR"])));
        Assert.False(grant.Covers(Enrolled.Study(modalities: "US")));
        Assert.False(grant.Covers(Enrolled.Study(patient: "TEST-2")));
        Assert.False(grant.Covers(Enrolled.Study() with { Patient = new PatientKey("TEST-1", "ELSEWHERE") }));
        Assert.False(grant.Covers(Enrolled.Study() with { Patient = null }));
        Assert.False(grant.Covers(Enrolled.Study() with { Modalities = [] }));
        var refused = await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await grant.AuthorizeAsync(Enrolled.Study(patient: "TEST-2"), CancellationToken.None)
        );
        Assert.Equal(RefusalReason.OutOfScope, refused.Reason);
        Assert.Equal(RefusalReason.OutOfScope, Assert.Single(archive.Trail.Refusals).Refusal);
    }

    [Fact]
    public async Task NothingIsReleasedBeforeItsRecordIsDurable()
    {
        await using var archive = await Enrolled.StartAsync();
        var grant = archive.Grant(await archive.IdentityAsync("ws", DeviceRights.Retrieve), Operation.Retrieve);
        var flush = new TaskCompletionSource();
        archive.Trail.Writing = () => flush.Task;
        var first = grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        var second = grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        Assert.False(first.IsCompleted);
        Assert.False(second.IsCompleted);
        flush.SetResult();
        await first;
        await second;
        Assert.Single(StudyRecords(archive));
    }

    [Fact]
    public async Task AccessWithdrawnWhileTheRecordIsWrittenIsNotGiven()
    {
        await using var archive = await Enrolled.StartAsync();
        var grant = archive.Grant(await archive.IdentityAsync("ws", DeviceRights.Retrieve), Operation.Retrieve);
        var flush = new TaskCompletionSource();
        archive.Trail.Writing = () => flush.Task;
        var waiting = grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        var change = archive.ChangeAsync("ws", device => device with { Enabled = false });
        flush.SetResult();
        await change;
        await Assert.ThrowsAsync<AccessRefusedException>(async () => await waiting);
    }

    [Fact]
    public async Task FiveHundredSlicesOfAStudyAreOneRecordUntilMinutesHavePassed()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ws", DeviceRights.Retrieve | DeviceRights.Query);
        var grant = archive.Grant(identity, Operation.Retrieve);
        for (var slice = 0; slice < 500; slice++)
        {
            await grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        }
        Assert.Single(StudyRecords(archive));
        await grant.AuthorizeAsync(Enrolled.Study("1.2.4"), CancellationToken.None);
        await archive.Grant(identity, Operation.Query).AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        Assert.Equal(3, StudyRecords(archive).Length);
        archive.Clock.Advance(TimeSpan.FromMinutes(11));
        await archive.Grant(identity, Operation.Retrieve).AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        Assert.Equal(4, StudyRecords(archive).Length);
    }

    [Fact]
    public async Task AChangeOfEnrolmentVoidsTheRecordToo()
    {
        await using var archive = await Enrolled.StartAsync();
        var identity = await archive.IdentityAsync("ws", DeviceRights.Retrieve);
        await archive.Grant(identity, Operation.Retrieve).AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        await archive.ChangeAsync("ws", device => device with { DefaultIssuer = "WARD" });
        await archive.Grant(identity, Operation.Retrieve).AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        Assert.Equal(2, StudyRecords(archive).Length);
    }

    [Fact]
    public async Task WhenTheTrailFailsNothingIsReleasedAndItIsTriedAgain()
    {
        await using var archive = await Enrolled.StartAsync();
        var grant = archive.Grant(await archive.IdentityAsync("ws", DeviceRights.Retrieve), Operation.Retrieve);
        archive.Trail.Writing = () => throw new TrailUnavailableException("no space");
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var refused = await Assert.ThrowsAsync<AccessRefusedException>(async () =>
                await grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None)
            );
            Assert.Equal(RefusalReason.TrailUnavailable, refused.Reason);
        }
        archive.Trail.Writing = () => Task.CompletedTask;
        await grant.AuthorizeAsync(Enrolled.Study(), CancellationToken.None);
        Assert.Single(StudyRecords(archive));
    }

    [Fact]
    public async Task AQueryIsRecordedWithItsKeysOncePerMinutes()
    {
        await using var archive = await Enrolled.StartAsync();
        var grant = archive.Grant(await archive.IdentityAsync("ws", DeviceRights.Query), Operation.Query);
        await grant.AuthorizeQueryAsync("(0010,0010)=TEST*", CancellationToken.None);
        await grant.AuthorizeQueryAsync("(0010,0010)=TEST*", CancellationToken.None);
        await grant.AuthorizeQueryAsync("(0010,0010)=OTHER*", CancellationToken.None);
        Assert.Equal(
            ["(0010,0010)=TEST*", "(0010,0010)=OTHER*"],
            archive.Trail.Recorded.Where(e => e.Event == AuditEvent.Query).Select(e => e.Detail)
        );
    }

    [Fact]
    public async Task NothingAboutAPatientShowsInText()
    {
        await using var archive = await Enrolled.StartAsync();
        var grant = archive.Grant(await archive.IdentityAsync("ws", DeviceRights.Retrieve), Operation.Retrieve);
        var study = Enrolled.Study("1.2.840.99", "SECRET-ID");
        await grant.AuthorizeAsync(study, CancellationToken.None);
        var scope = new DeviceScope { Patients = [study.Patient!] };
        var texts = string.Join(
            "|",
            grant,
            study,
            study.Patient,
            scope,
            archive.Trail.Recorded.Last(),
            new AccessRefusedException(RefusalReason.OutOfScope)
        );
        Assert.DoesNotContain("SECRET-ID", texts, StringComparison.Ordinal);
        Assert.DoesNotContain("1.2.840.99", texts, StringComparison.Ordinal);
    }

    private static TrailEvent[] StudyRecords(Enrolled archive) =>
        [.. archive.Trail.Recorded.Where(recorded => recorded.Study is not null)];
}
