using Leadglass.Dicom;

namespace Leadglass.Access.Tests;

/// <summary>What was taken away is gone at the next use: of a grant, of an identity, of a session.</summary>
public sealed class WithdrawalTests
{
    private static readonly StudyFacts Study = Enrolled.Study() with
    {
        Referring = new ReferringPhysician(PersonName.Parse("Muster^Erika"), [new PhysicianId("77", "LANR")]),
    };

    private static readonly Dictionary<string, Func<Enrolled, Account, PersonIdentity, Task>> Ways = new()
    {
        ["disabled"] = (archive, account, _) =>
            archive
                .Registries.Appointments.SetEnabledAsync(Administer(archive), account.Id, enabled: false, default)
                .AsTask(),
        ["role withdrawn"] = (archive, account, _) =>
            archive
                .Registries.Appointments.WithdrawAsync(Administer(archive), account.Id, account.Roles[0], default)
                .AsTask(),
        ["another role given"] = (archive, account, _) => GiveAsync(archive, account, Role.Technician),
        ["password changed"] = (archive, account, _) =>
            archive
                .Registries.People.ChangeAsync(account.Id, known => known with { SecurityStamp = "2" }, default)
                .AsTask(),
        ["renamed"] = (archive, account, _) =>
            archive.Registries.People.ChangeAsync(account.Id, known => known with { Name = "other" }, default).AsTask(),
        ["means replaced"] = (archive, account, _) =>
            archive
                .Registries.Appointments.ReplaceMeansAsync(
                    Administer(archive),
                    account.Id,
                    "new link",
                    known => known with { SecurityStamp = "2" },
                    default
                )
                .AsTask(),
        ["removed"] = (archive, account, _) =>
            archive
                .Registries.People.RemoveAsync(
                    account.Id,
                    archive.Registries.People.Current.Find(account.Id)!.Version,
                    default
                )
                .AsTask(),
        ["session ended"] = (archive, _, person) =>
            archive.Registries.Sessions.EndAsync(person.SessionId, default).AsTask(),
        ["all sessions ended"] = (archive, account, _) =>
            archive.Registries.Sessions.EndAllAsync(account.Id, exceptId: null, default).AsTask(),
        ["unused for an hour"] = (archive, _, _) =>
        {
            archive.Clock.Advance(TimeSpan.FromMinutes(61));
            return Task.CompletedTask;
        },
    };

    public static TheoryData<string> AllWays => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task APersonLosesEverythingAtOnce(string way)
    {
        await using var archive = await Enrolled.StartAsync();
        var (account, secret, person) = await SignInAsync(archive, Role.Radiologist);
        var viewer = await archive.Policy.ViewerAsync(person, Study);
        AccessGrant[] grants =
        [
            archive.Policy.Grant(person, Operation.Retrieve),
            archive.Policy.Grant(person, Operation.Query),
            archive.Policy.Grant(viewer, Operation.Retrieve),
        ];
        await grants[0].AuthorizeAsync(Study, default);

        await Ways[way](archive, account, person);

        foreach (var grant in grants)
        {
            Assert.NotNull(grant.Voided);
            Assert.False(grant.Covers(Study));
            await Assert.ThrowsAsync<AccessRefusedException>(async () => await grant.AuthorizeAsync(Study, default));
            await Assert.ThrowsAsync<AccessRefusedException>(async () => await grant.AuthorizeQueryAsync("*", default));
            Assert.IsType<AccessDecision.Refused>(archive.Policy.Renew(grant));
        }
        Assert.False(archive.Policy.May(person, Operation.Query));
        Assert.IsType<Recognition.Refused>(archive.Policy.Recognise(secret, SessionKind.Pages, Enrolled.Ward));
    }

    [Fact]
    public async Task WhatGivesNoRightsTakesNoneAway()
    {
        await using var archive = await Enrolled.StartAsync();
        var (account, _, person) = await SignInAsync(archive, Role.Radiologist);
        var grant = archive.Policy.Grant(person, Operation.Retrieve);
        await archive.Registries.People.ChangeAsync(
            account.Id,
            known =>
                known with
                {
                    DisplayName = "Somebody",
                    Email = "somebody@example.org",
                    Language = "de",
                    PasswordHash = "hash",
                    Passkeys =
                    [
                        new Passkey
                        {
                            CredentialId = [1],
                            PublicKey = [2],
                            SignCount = 7,
                        },
                    ],
                },
            default
        );
        archive.Registries.People.Traces.Change(account.Id, trace => trace with { Failures = 3 });
        Assert.Null(grant.Voided);
        await grant.AuthorizeAsync(Study, default);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    [InlineData("study assigned")]
    [InlineData("patient assigned")]
    [InlineData("assigned until")]
    [InlineData("glass broken")]
    public async Task AReferrerLosesAPatientAtOnce(string basis)
    {
        await using var archive = await Enrolled.StartAsync();
        var radiologist = await archive.Policy.PersonAsync("radiologist", Role.Radiologist);
        var assigning = archive.Policy.Grant(radiologist, Operation.Assign);
        var assignments = archive.Registries.Assignments;
        var account = await archive.Policy.AddPersonAsync("referrer", [Role.Referrer]);
        if (basis is "name" or "id")
        {
            account = await archive.Policy.AddPersonAsync(
                "other referrer",
                [Role.Referrer],
                basis == "name" ? ReferringIdentity.ByName("MUSTER^Erika") : ReferringIdentity.ById("77", "LANR")
            );
        }
        var referrer = await archive.Policy.SignInAsync(account);
        var grant = archive.Policy.Grant(referrer, Operation.Retrieve);
        Func<Task> takeAway;
        switch (basis)
        {
            case "study assigned":
            case "patient assigned":
                Assert.False(grant.Covers(Study));
                var made = await assignments.AssignAsync(
                    assigning,
                    Study,
                    account.Id,
                    wholePatient: basis == "patient assigned",
                    until: null,
                    default
                );
                takeAway = () => assignments.TakeBackAsync(assigning, made, default).AsTask();
                break;
            case "assigned until":
                await assignments.AssignAsync(
                    assigning,
                    Study.Patient!,
                    account.Id,
                    archive.Clock.GetUtcNow().AddMinutes(5),
                    default
                );
                takeAway = () => Later(archive, TimeSpan.FromMinutes(5));
                break;
            case "glass broken":
                Assert.False(grant.Covers(Study));
                await archive.Registries.BreakGlass.OpenPatientAsync(
                    archive.Policy.Grant(referrer, Operation.BreakGlass),
                    Study.Patient!,
                    "unconscious in the emergency room",
                    default
                );
                takeAway = () => Later(archive, BreakGlassRecords.Duration - TimeSpan.FromSeconds(1));
                break;
            default:
                takeAway = () =>
                    archive
                        .Registries.Appointments.WithdrawAsync(
                            Administer(archive),
                            account.Id,
                            account.ReferringIdentities[0],
                            default
                        )
                        .AsTask();
                break;
        }
        Assert.True(grant.Covers(Study));
        await grant.AuthorizeAsync(Study, default);

        await takeAway();

        if (basis == "glass broken")
        {
            // An hour outlasts the grant: asked anew, it reaches the patient to the last second and no longer.
            grant = archive.Policy.Grant(referrer, Operation.Retrieve);
            Assert.True(grant.Covers(Study));
            archive.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.False(grant.Covers(Study));
        await Assert.ThrowsAsync<AccessRefusedException>(async () => await grant.AuthorizeAsync(Study, default));
    }

    [Theory]
    [InlineData("disabled")]
    [InlineData("new secret")]
    public async Task AProgramLosesItsTokensAtOnce(string way)
    {
        await using var archive = await Enrolled.StartAsync();
        var program = await archive.Policy.ProgramAsync("viewer", ProgramRights.Read);
        var version = program.Program.Version;
        var grant = archive.Policy.Grant(program, Operation.Retrieve);
        Assert.IsType<Recognition.Known>(archive.Policy.RecogniseToken("viewer", version, Enrolled.Ward));
        await grant.AuthorizeAsync(Study, default);

        var programs = archive.Registries.Programs;
        if (way == "disabled")
        {
            await programs.SetEnabledAsync(Administer(archive), "viewer", enabled: false, default);
        }
        else
        {
            await programs.RenewSecretAsync(Administer(archive), "viewer", default);
        }

        Assert.NotNull(grant.Voided);
        await Assert.ThrowsAsync<AccessRefusedException>(async () => await grant.AuthorizeAsync(Study, default));
        Assert.IsType<Recognition.Refused>(archive.Policy.RecogniseToken("viewer", version, Enrolled.Ward));
    }

    private static Task Later(Enrolled archive, TimeSpan by)
    {
        archive.Clock.Advance(by);
        return Task.CompletedTask;
    }

    private static AccessGrant Administer(Enrolled archive) =>
        archive.Policy.Grant(AccessPolicy.Operator("somebody"), Operation.Administer);

    private static async Task GiveAsync(Enrolled archive, Account account, Role role)
    {
        var asked = await archive.Registries.Appointments.RequestAsync(Administer(archive), account.Id, role, default);
        var root = archive.Policy.Grant(AccessPolicy.Operator("root", isRoot: true), Operation.Confirm);
        await archive.Registries.Appointments.ConfirmAsync(root, account.Id, asked.Pending[0].Id, default);
    }

    private static async Task<(Account, string, PersonIdentity)> SignInAsync(Enrolled archive, Role role)
    {
        var account = await archive.Policy.AddPersonAsync("somebody", [role]);
        var session = await archive.Registries.Sessions.OpenAsync(
            account,
            new SessionOpening(SignInMethod.Passkey),
            default
        );
        return (
            account,
            session.Secret,
            Assert.IsType<PersonIdentity>(archive.Policy.Known(session.Secret, SessionKind.Pages))
        );
    }
}
