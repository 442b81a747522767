using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Server.Control;
using Leadglass.Server.SignIn.People;

namespace Leadglass.Server.SignIn.Commands;

/// <summary>Accounts as the command administers them: where the archive is open.</summary>
public static class PersonCommands
{
    /// <summary>Makes the first administrator's account.</summary>
    public static ControlCommand<PersonArguments, InvitationResult> AddFirst { get; } =
        new(
            "user first",
            PersonCommandJson.Default.PersonArguments,
            PersonCommandJson.Default.InvitationResult,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                        InvitationResult.Of(
                            await new PersonAdministration(host).AddFirstAsync(grant, arguments.Name, cancel)
                        )
                )
        );

    /// <summary>Makes an account; its one-time link is told once.</summary>
    public static ControlCommand<AddPersonArguments, InvitationResult> Add { get; } =
        new(
            "user add",
            PersonCommandJson.Default.AddPersonArguments,
            PersonCommandJson.Default.InvitationResult,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                        InvitationResult.Of(
                            await new PersonAdministration(host).AddAsync(grant, Read(arguments), cancel)
                        )
                )
        );

    /// <summary>Takes password and second factor off an account and makes a new link.</summary>
    public static ControlCommand<PersonArguments, InvitationResult> Reset { get; } =
        new(
            "user reset",
            PersonCommandJson.Default.PersonArguments,
            PersonCommandJson.Default.InvitationResult,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                        InvitationResult.Of(
                            await new PersonAdministration(host).ResetAsync(
                                grant,
                                Find(host, arguments.Name).Id,
                                cancel
                            )
                        ),
                    arguments.RecoveryKey
                )
        );

    /// <summary>Confirms what waits with an account, as the second person.</summary>
    public static ControlCommand<PersonArguments, PersonSummary> Confirm { get; } =
        new(
            "user confirm",
            PersonCommandJson.Default.PersonArguments,
            PersonCommandJson.Default.PersonSummary,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Confirm,
                    async grant =>
                    {
                        var account = Find(host, arguments.Name);
                        await new PersonAdministration(host).ConfirmAllAsync(grant, account, cancel);
                        return Summarize(host, arguments.Name);
                    },
                    arguments.RecoveryKey
                )
        );

    /// <summary>Disables an account, whose sessions end at once, or enables it again.</summary>
    public static ControlCommand<EnablePersonArguments, PersonSummary> Enable { get; } =
        new(
            "user enable",
            PersonCommandJson.Default.EnablePersonArguments,
            PersonCommandJson.Default.PersonSummary,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                    {
                        await host.Registries.Appointments.SetEnabledAsync(
                            grant,
                            Find(host, arguments.Name).Id,
                            arguments.Enabled,
                            cancel
                        );
                        return Summarize(host, arguments.Name);
                    }
                )
        );

    /// <summary>Asks for a role of an account, or takes one away at once.</summary>
    public static ControlCommand<PersonRoleArguments, PersonSummary> ChangeRole { get; } =
        new(
            "user role",
            PersonCommandJson.Default.PersonRoleArguments,
            PersonCommandJson.Default.PersonSummary,
            (host, peer, arguments, _, cancel) =>
                host.AdministerAsync(
                    peer,
                    arguments.UserName,
                    Operation.Administer,
                    async grant =>
                    {
                        var account = Find(host, arguments.Name);
                        var role = ReadRole(arguments.Role);
                        var appointments = host.Registries.Appointments;
                        await (
                            arguments.Takes
                                ? appointments.WithdrawAsync(grant, account.Id, role, cancel)
                                : appointments.RequestAsync(grant, account.Id, role, cancel)
                        );
                        return Summarize(host, arguments.Name);
                    }
                )
        );

    /// <summary>All accounts.</summary>
    public static ControlCommand<ListPeopleArguments, PersonList> List { get; } =
        new(
            "user list",
            PersonCommandJson.Default.ListPeopleArguments,
            PersonCommandJson.Default.PersonList,
            (host, _, _, _) =>
                Task.FromResult(
                    new PersonList([
                        .. host.Registries.People.Current.All.Select(account => PersonSummary.Of(host, account)),
                    ])
                )
        );

    /// <exception cref="ArchiveRefusedException">It is no role.</exception>
    internal static Role ReadRole(string name) =>
        PersonRoles.Parse(name)
        ?? throw new ArchiveRefusedException(
            isUsage: true,
            $"--role takes one of {string.Join(", ", PersonRoles.Names)}"
        );

    private static PersonRequest Read(AddPersonArguments arguments) =>
        new(
            arguments.Name,
            arguments.DisplayName ?? string.Empty,
            arguments.Departments,
            [.. arguments.Roles.Select(ReadRole)],
            [.. arguments.Referring.Select(ReadReferring)]
        );

    /// <summary>An ID as VALUE@SCHEME, else a whole name as FAMILY^GIVEN.</summary>
    private static ReferringIdentity ReadReferring(string text) =>
        text.Contains('^', StringComparison.Ordinal) ? ReferringIdentity.ByName(text)
        : text.LastIndexOf('@') is > 0 and var at ? ReferringIdentity.ById(text[..at], text[(at + 1)..])
        : ReferringIdentity.ById(text, string.Empty);

    private static Account Find(ArchiveHost host, string name) =>
        host.Registries.People.Current.FindByName(name)
        ?? throw new ArchiveRefusedException(isUsage: false, $"nobody is named {name}: see leadglass user list");

    private static PersonSummary Summarize(ArchiveHost host, string name) => PersonSummary.Of(host, Find(host, name));
}

/// <summary>One account by name.</summary>
/// <param name="UserName">Who asks: the user's name on this machine.</param>
/// <param name="Name">The account's sign-in name.</param>
/// <param name="RecoveryKey">The archive's recovery key, where the user is not root.</param>
public sealed record PersonArguments(string UserName, string Name, string? RecoveryKey = null)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => UserName;
}

/// <summary>A new account.</summary>
public sealed record AddPersonArguments
{
    /// <summary>Who asks: the user's name on this machine.</summary>
    public required string UserName { get; init; }

    /// <summary>What the person signs in with.</summary>
    public required string Name { get; init; }

    /// <summary>The person's name as staff read it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Names of roles.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>Departments whose studies come first.</summary>
    public ImmutableArray<string> Departments { get; init; } = [];

    /// <summary>Who the person is as a referring physician: FAMILY^GIVEN, ID or ID@SCHEME.</summary>
    public ImmutableArray<string> Referring { get; init; } = [];
}

/// <summary>One account, to be let in or shut out.</summary>
public sealed record EnablePersonArguments(string UserName, string Name, bool Enabled);

/// <summary>A role of an account.</summary>
/// <param name="Takes">Whether it is taken away.</param>
public sealed record PersonRoleArguments(string UserName, string Name, string Role, bool Takes);

/// <summary>Nothing is asked beside the list.</summary>
public sealed record ListPeopleArguments;

/// <summary>An account and its one-time link, told here and never again.</summary>
/// <param name="Name">The account's sign-in name.</param>
/// <param name="Link">Where its person signs in for the first time.</param>
/// <param name="ValidUntil">When the link ends.</param>
/// <param name="Pending">Roles that wait for a second person.</param>
public sealed record InvitationResult(
    string Name,
    string Link,
    DateTimeOffset ValidUntil,
    ImmutableArray<string> Pending
)
{
    /// <summary>Never the link.</summary>
    public override string ToString() => Name;

    internal static InvitationResult Of(InvitedPerson invited) =>
        new(
            invited.Account.Name,
            invited.Link,
            invited.ValidUntil,
            [.. invited.Account.Pending.Select(PersonSummary.NameOf)]
        );
}

/// <summary>An account as it is listed.</summary>
public sealed record PersonSummary(
    string Name,
    string DisplayName,
    ImmutableArray<string> Roles,
    ImmutableArray<string> Pending,
    ImmutableArray<string> Departments,
    bool Enabled,
    bool HasSecondFactor,
    int Passkeys,
    DateTimeOffset? LockedUntil,
    DateTimeOffset? LastSignInAt
)
{
    internal static PersonSummary Of(ArchiveHost host, Account account)
    {
        var trace = host.Registries.People.Traces.Of(account.Id);
        return new PersonSummary(
            account.Name,
            account.DisplayName,
            [.. account.Roles.Select(PersonRoles.Name)],
            [.. account.Pending.Select(NameOf)],
            account.Departments,
            account.Enabled,
            SecondFactor.IsSetUp(account),
            account.Passkeys.Length,
            trace.LockedUntil > host.Clock.GetUtcNow() ? trace.LockedUntil : null,
            trace.LastSignInAt
        );
    }

    internal static string NameOf(PendingRight right) =>
        right.Role is { } role ? PersonRoles.Name(role) : "referring physician";
}

/// <summary>All accounts, by name.</summary>
public sealed record PersonList(ImmutableArray<PersonSummary> People);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    MaxDepth = 16
)]
[JsonSerializable(typeof(PersonArguments))]
[JsonSerializable(typeof(AddPersonArguments))]
[JsonSerializable(typeof(EnablePersonArguments))]
[JsonSerializable(typeof(PersonRoleArguments))]
[JsonSerializable(typeof(ListPeopleArguments))]
[JsonSerializable(typeof(InvitationResult))]
[JsonSerializable(typeof(PersonSummary))]
[JsonSerializable(typeof(PersonList))]
internal sealed partial class PersonCommandJson : JsonSerializerContext;
