using Leadglass.Access.Trails;

namespace Leadglass.Access.Tests;

/// <summary>No one person gives anybody, themselves included, what takes two.</summary>
public sealed class AppointmentTests
{
    public static TheoryData<Role> TakingTwo => [.. Enum.GetValues<Role>().Where(RoleRights.TakesTwo)];

    [Theory]
    [MemberData(nameof(TakingTwo))]
    public async Task ARoleCountsOnceAnotherPersonConfirmedIt(Role role)
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var appointments = archive.Registries.Appointments;
        var account = await archive.Policy.AddPersonAsync("newcomer", []);

        var asked = await appointments.RequestAsync(people.Administer, account.Id, role, default);
        Assert.Empty(asked.Roles);
        var right = Assert.Single(asked.Pending);
        Assert.Equal("person:admin1", right.RequestedBy);

        var own = archive.Policy.Grant(people.First, Operation.Confirm);
        Assert.Equal(
            RefusalReason.SamePerson,
            await ReasonAsync(appointments.ConfirmAsync(own, account.Id, right.Id, default))
        );

        var confirmed = await appointments.ConfirmAsync(people.Confirm, account.Id, right.Id, default);
        Assert.Equal([role], confirmed.Roles);
        Assert.Empty(confirmed.Pending);
        Assert.Contains(
            archive.Trail.Recorded,
            e => e.Who == "person:admin1" && e.Detail!.Contains($"{role} asked for")
        );
        Assert.Contains(archive.Trail.Recorded, e => e.Who == "person:dpo" && e.Detail!.Contains($"{role} confirmed"));
        Assert.Contains(archive.Trail.Refusals, e => e.Refusal == RefusalReason.SamePerson);
    }

    [Fact]
    public async Task NobodyConfirmsWhatIsForThemselves()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var appointments = archive.Registries.Appointments;
        var asked = await appointments.RequestAsync(people.Administer, people.Second.AccountId, Role.Records, default);
        var own = archive.Policy.Grant(people.Second, Operation.Confirm);
        Assert.Equal(
            RefusalReason.SamePerson,
            await ReasonAsync(appointments.ConfirmAsync(own, asked.Id, asked.Pending[0].Id, default))
        );
    }

    [Fact]
    public async Task ALoneAdministratorCannotMakeTheirOwnSecondPerson()
    {
        await using var archive = await Enrolled.StartAsync();
        var appointments = archive.Registries.Appointments;
        var first = await FirstAsync(archive);
        var admin = await archive.Policy.SignInAsync(first);
        var puppet = await appointments.AddAsync(
            archive.Policy.Grant(admin, Operation.Administer),
            Named("puppet"),
            [Role.Administrator],
            [],
            default
        );
        Assert.Empty(puppet.Roles);
        var signedIn = await archive.Policy.SignInAsync(puppet);
        Assert.False(archive.Policy.May(signedIn, Operation.Confirm));
        Assert.False(archive.Policy.May(signedIn, Operation.Administer));
    }

    [Fact]
    public async Task APracticeOfOneConfirmsOnTheMachine()
    {
        await using var archive = await Enrolled.StartAsync();
        var appointments = archive.Registries.Appointments;
        var root = AccessPolicy.Operator("root", isRoot: true);
        var asked = await appointments.AddAsync(
            archive.Policy.Grant(root, Operation.Administer),
            Named("doctor"),
            [Role.Radiologist],
            [],
            default
        );
        Assert.Empty(asked.Roles);
        Assert.IsType<AccessDecision.Refused>(archive.Policy.Decide(AccessPolicy.Operator("ops"), Operation.Confirm));
        var confirm = archive.Policy.Grant(root, Operation.Confirm);
        var confirmed = await appointments.ConfirmAsync(confirm, asked.Id, asked.Pending[0].Id, default);
        Assert.Equal([Role.Radiologist], confirmed.Roles);
        Assert.Contains(archive.Trail.Recorded, e => e.Who == "operator:root" && e.Detail!.Contains("confirmed"));
    }

    [Fact]
    public async Task TheFirstAdministratorIsMadeOnceAndOnTheMachine()
    {
        await using var archive = await Enrolled.StartAsync();
        var first = await FirstAsync(archive);
        Assert.Equal([Role.Administrator], first.Roles);
        await Assert.ThrowsAsync<StateException>(() => FirstAsync(archive, "second"));
        var admin = await archive.Policy.SignInAsync(first);
        var grant = archive.Policy.Grant(admin, Operation.Administer);
        Assert.Equal(
            RefusalReason.RightMissing,
            await ReasonAsync(archive.Registries.Appointments.AppointFirstAsync(grant, Named("x"), default))
        );
    }

    [Fact]
    public async Task TheLastAdministratorStays()
    {
        await using var archive = await Enrolled.StartAsync();
        var first = await FirstAsync(archive);
        var administer = archive.Policy.Grant(AccessPolicy.Operator("ops"), Operation.Administer);
        var appointments = archive.Registries.Appointments;
        await Assert.ThrowsAsync<StateException>(async () =>
            await appointments.SetEnabledAsync(administer, first.Id, enabled: false, default)
        );
        await Assert.ThrowsAsync<StateException>(async () =>
            await appointments.WithdrawAsync(administer, first.Id, Role.Administrator, default)
        );
        await archive.Policy.AddPersonAsync("admin2", [Role.Administrator]);
        var withdrawn = await appointments.WithdrawAsync(administer, first.Id, Role.Administrator, default);
        Assert.Empty(withdrawn.Roles);
    }

    [Fact]
    public async Task WhoeverReplacesSomebodysMeansTakesTheirRightsUntilTheyAreConfirmedAgain()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var appointments = archive.Registries.Appointments;
        var doctor = await archive.Policy.AddPersonAsync("doctor", [Role.Radiologist]);
        var replaced = await appointments.ReplaceMeansAsync(
            people.Administer,
            doctor.Id,
            "new link",
            account => account with { Link = new SignInLink("digest", archive.Clock.GetUtcNow().AddHours(1)) },
            default
        );
        Assert.Empty(replaced.Roles);
        var right = Assert.Single(replaced.Pending);
        Assert.Equal(Role.Radiologist, right.Role);
        var own = archive.Policy.Grant(people.First, Operation.Confirm);
        Assert.Equal(
            RefusalReason.SamePerson,
            await ReasonAsync(appointments.ConfirmAsync(own, doctor.Id, right.Id, default))
        );
        var confirmed = await appointments.ConfirmAsync(people.Confirm, doctor.Id, right.Id, default);
        Assert.Equal([Role.Radiologist], confirmed.Roles);
    }

    [Fact]
    public async Task WhoReplacedTheMeansCannotConfirmWhatAnotherHadAskedFor()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var appointments = archive.Registries.Appointments;
        var account = await archive.Policy.AddPersonAsync("newcomer", []);
        await appointments.RequestAsync(people.Administer, account.Id, Role.Radiologist, default);
        var second = archive.Policy.Grant(people.Second, Operation.Administer);
        var replaced = await appointments.ReplaceMeansAsync(second, account.Id, "new link", known => known, default);
        var confirm = archive.Policy.Grant(people.Second, Operation.Confirm);
        Assert.Equal(
            RefusalReason.SamePerson,
            await ReasonAsync(appointments.ConfirmAsync(confirm, account.Id, replaced.Pending[0].Id, default))
        );
    }

    [Fact]
    public async Task AReferringIdentityTakesTwoAsWell()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var appointments = archive.Registries.Appointments;
        var account = await archive.Policy.AddPersonAsync("referrer", [Role.Referrer]);
        var identity = ReferringIdentity.ById("77", "LANR");
        var asked = await appointments.RequestAsync(people.Administer, account.Id, identity, default);
        Assert.Empty(asked.ReferringIdentities);
        var confirmed = await appointments.ConfirmAsync(people.Confirm, account.Id, asked.Pending[0].Id, default);
        Assert.Equal([identity], confirmed.ReferringIdentities);
    }

    [Fact]
    public async Task AGroupGivesARoleOnceAnotherPersonConfirmedTheMapping()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var (groups, appointments) = (archive.Registries.Groups, archive.Registries.Appointments);
        var account = await archive.Policy.AddPersonAsync("doctor", []);
        var mapping = await groups.RequestAsync(people.Administer, "https://idp", "readers", Role.Radiologist, default);
        Assert.Empty((await appointments.ApplyGroupsAsync(account.Id, "https://idp", ["readers"], default)).Roles);
        var own = archive.Policy.Grant(people.First, Operation.Confirm);
        Assert.Equal(RefusalReason.SamePerson, await ReasonAsync(groups.ConfirmAsync(own, mapping.Id, default)));
        await groups.ConfirmAsync(people.Confirm, mapping.Id, default);
        Assert.Equal(
            [Role.Radiologist],
            (await appointments.ApplyGroupsAsync(account.Id, "https://idp", ["readers"], default)).Roles
        );
        Assert.Empty((await appointments.ApplyGroupsAsync(account.Id, "https://other", ["readers"], default)).Roles);
        Assert.Empty((await appointments.ApplyGroupsAsync(account.Id, "https://idp", ["others"], default)).Roles);
    }

    [Fact]
    public async Task ARemovedMappingTakesItsRoleFromEverybodyAtOnce()
    {
        await using var archive = await Enrolled.StartAsync();
        var root = AccessPolicy.Operator("root", isRoot: true);
        var administer = archive.Policy.Grant(root, Operation.Administer);
        var (groups, people) = (archive.Registries.Groups, archive.Registries.People);
        var mapping = await groups.RequestAsync(administer, "https://idp", "readers", Role.Radiologist, default);
        var account = await archive.Policy.AddPersonAsync("doctor", []);
        await people.ChangeAsync(account.Id, a => a with { ExternalLogins = [new("https://idp", "7")] }, default);
        account = await archive.Registries.Appointments.ApplyGroupsAsync(
            account.Id,
            "https://idp",
            ["readers"],
            default
        );
        var grant = archive.Policy.Grant(await archive.Policy.SignInAsync(account), Operation.Retrieve);
        Assert.Null(grant.Voided);
        await groups.RemoveAsync(administer, mapping.Id, default);
        Assert.Equal(RefusalReason.AccessWithdrawn, grant.Voided);
        Assert.Empty(people.Current.Find(account.Id)!.Roles);
    }

    [Fact]
    public async Task AnotherNameIsNotAnotherPerson()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var appointments = archive.Registries.Appointments;
        var account = await archive.Policy.AddPersonAsync("newcomer", []);
        var asked = await appointments.RequestAsync(people.Administer, account.Id, Role.Radiologist, default);
        var renamed = await archive.Registries.People.ChangeAsync(
            people.First.AccountId,
            known => known with { Name = "renamed" },
            default
        );
        var again = await archive.Policy.SignInAsync(renamed);
        var confirm = archive.Policy.Grant(again, Operation.Confirm);
        Assert.Equal(
            RefusalReason.SamePerson,
            await ReasonAsync(appointments.ConfirmAsync(confirm, account.Id, asked.Pending[0].Id, default))
        );
        Assert.Contains(archive.Trail.Recorded, e => e.Detail?.Contains("renamed (Administrator)") is true);
    }

    [Fact]
    public async Task AnAdministratorsProgramWaitsForAnotherPerson()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var programs = archive.Registries.Programs;
        var program = new RegisteredProgram { ClientId = "ris", Rights = ProgramRights.Read };
        var made = await programs.RegisterAsync(people.Administer, program, withSecret: true, default);
        Assert.IsType<Recognition.Refused>(archive.Policy.RecogniseProgram("ris", made.Secret, Enrolled.Ward));
        var own = archive.Policy.Grant(people.First, Operation.Confirm);
        Assert.Equal(RefusalReason.SamePerson, await ReasonAsync(programs.ConfirmAsync(own, "ris", default)));
        await programs.ConfirmAsync(people.Confirm, "ris", default);
        Assert.IsType<Recognition.Known>(archive.Policy.RecogniseProgram("ris", made.Secret, Enrolled.Ward));
        Assert.IsType<Recognition.Refused>(archive.Policy.RecogniseProgram("ris", made.Secret + "x", Enrolled.Ward));
        Assert.IsType<Recognition.Refused>(archive.Policy.RecogniseProgram("nobody", made.Secret, Enrolled.Ward));
    }

    [Fact]
    public async Task NothingIsGivenWhenTheTrailFails()
    {
        await using var archive = await Enrolled.StartAsync();
        var people = await PeopleOfAnOfficeAsync(archive);
        var account = await archive.Policy.AddPersonAsync("newcomer", []);
        archive.Trail.Writing = () => throw new TrailUnavailableException("full");
        Assert.Equal(
            RefusalReason.TrailUnavailable,
            await ReasonAsync(
                archive.Registries.Appointments.RequestAsync(people.Administer, account.Id, Role.Records, default)
            )
        );
        Assert.Empty(archive.Registries.People.Current.Find(account.Id)!.Pending);
    }

    private static Account Named(string name) => new() { Id = Account.NewId(), Name = name };

    private static Task<Account> FirstAsync(Enrolled archive, string name = "first") =>
        archive
            .Registries.Appointments.AppointFirstAsync(
                archive.Policy.Grant(AccessPolicy.Operator("ops"), Operation.Administer),
                Named(name),
                default
            )
            .AsTask();

    private static async Task<RefusalReason> ReasonAsync<T>(ValueTask<T> work) =>
        (await Assert.ThrowsAsync<AccessRefusedException>(async () => await work)).Reason;

    private static async Task<Office> PeopleOfAnOfficeAsync(Enrolled archive)
    {
        var first = await archive.Policy.PersonAsync("admin1", Role.Administrator);
        var second = await archive.Policy.PersonAsync("admin2", Role.Administrator);
        var officer = await archive.Policy.PersonAsync("dpo", Role.DataProtectionOfficer);
        return new Office(
            first,
            second,
            archive.Policy.Grant(first, Operation.Administer),
            archive.Policy.Grant(officer, Operation.Confirm)
        );
    }

    private sealed record Office(
        PersonIdentity First,
        PersonIdentity Second,
        AccessGrant Administer,
        AccessGrant Confirm
    );
}
