using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.SignIn.Commands;
using Leadglass.Server.SignIn.People;
using Spectre.Console;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass user add|list|disable|enable|confirm|reset|role</c>: who may sign in.</summary>
internal static class UserCommand
{
    public static Command Create(Terminal terminal) =>
        new("user", "Make accounts for people, and say what they may do")
        {
            CreateAdd(terminal),
            CreateList(terminal),
            CreateEnable(terminal, "disable", "Shut a person out at once: sessions end", isEnabled: false),
            CreateEnable(terminal, "enable", "Let a disabled account in again", isEnabled: true),
            CreateConfirm(terminal),
            CreateReset(terminal),
            CreateRole(terminal),
            ProviderCommand.CreateGroup(terminal),
            ProviderCommand.CreateProvider(terminal),
        };

    /// <summary>Shows a one-time link.</summary>
    public static async Task ShowAsync(Terminal terminal, InvitationResult invited)
    {
        await terminal.Out.WriteLineAsync(
            $"user {invited.Name}: give this link to the person; it works once, until {invited.ValidUntil:yyyy-MM-dd HH:mm} UTC"
        );
        await terminal.Out.WriteLineAsync($"  {invited.Link}");
        if (!invited.Pending.IsEmpty)
        {
            await terminal.Out.WriteLineAsync(
                $"waiting for a second person: {string.Join(", ", invited.Pending)}; "
                    + $"another administrator confirms on the page of users, or here root or who has the recovery key: leadglass user confirm {invited.Name}"
            );
        }
    }

    private static Command CreateAdd(Terminal terminal)
    {
        var options = new DeviceOptions();
        var name = Name();
        var roles = Several("--role", $"What the person is: {string.Join(", ", PersonRoles.Names)}", "ROLE");
        var display = new Option<string?>("--display") { Description = "The person's name", HelpName = "NAME" };
        var departments = Several("--department", "Departments whose studies come first", "NAME");
        var referring = Several(
            "--referring",
            "Who the person is as a referring physician, as FAMILY^GIVEN, ID or ID@SCHEME",
            "WHO"
        );
        var command = new Command("add", "Make an account and show its one-time link")
        {
            name,
            roles,
            display,
            departments,
            referring,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
                await InviteAsync(
                    terminal,
                    parsed.GetValue(options.Json),
                    await options.AskAsync(
                        parsed,
                        terminal,
                        PersonCommands.Add,
                        new AddPersonArguments
                        {
                            UserName = Environment.UserName,
                            Name = parsed.GetRequiredValue(name),
                            DisplayName = parsed.GetValue(display),
                            Roles = [.. Values(parsed, roles)],
                            Departments = [.. Values(parsed, departments)],
                            Referring = [.. Values(parsed, referring)],
                        },
                        cancel
                    )
                )
        );
        return command;
    }

    private static Command CreateReset(Terminal terminal)
    {
        var options = new DeviceOptions();
        var name = Name();
        var recovery = RecoveryKeyOption.Create();
        var command = new Command(
            "reset",
            "Take password and second factor off an account and show a new one-time link"
        )
        {
            name,
            recovery,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
                await InviteAsync(
                    terminal,
                    parsed.GetValue(options.Json),
                    await options.AskAsync(
                        parsed,
                        terminal,
                        PersonCommands.Reset,
                        new PersonArguments(
                            Environment.UserName,
                            parsed.GetRequiredValue(name),
                            await RecoveryKeyOption.ReadAsync(parsed, recovery, cancel)
                        ),
                        cancel
                    )
                )
        );
        return command;
    }

    private static Command CreateConfirm(Terminal terminal)
    {
        var options = new DeviceOptions();
        var name = Name();
        var recovery = RecoveryKeyOption.Create();
        var command = new Command("confirm", "Confirm, as the second person, what an account waits for")
        {
            name,
            recovery,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
                await ReportAsync(
                    terminal,
                    parsed.GetValue(options.Json),
                    await options.AskAsync(
                        parsed,
                        terminal,
                        PersonCommands.Confirm,
                        new PersonArguments(
                            Environment.UserName,
                            parsed.GetRequiredValue(name),
                            await RecoveryKeyOption.ReadAsync(parsed, recovery, cancel)
                        ),
                        cancel
                    )
                )
        );
        return command;
    }

    private static Command CreateEnable(Terminal terminal, string verb, string description, bool isEnabled)
    {
        var options = new DeviceOptions();
        var name = Name();
        var command = new Command(verb, description) { name, options.Data, options.Keys, options.Json };
        command.SetAction(
            async (parsed, cancel) =>
                await ReportAsync(
                    terminal,
                    parsed.GetValue(options.Json),
                    await options.AskAsync(
                        parsed,
                        terminal,
                        PersonCommands.Enable,
                        new EnablePersonArguments(Environment.UserName, parsed.GetRequiredValue(name), isEnabled),
                        cancel
                    )
                )
        );
        return command;
    }

    private static Command CreateRole(Terminal terminal)
    {
        var options = new DeviceOptions();
        var name = Name();
        var role = new Option<string>("--role")
        {
            Description = $"One of {string.Join(", ", PersonRoles.Names)}",
            HelpName = "ROLE",
            Required = true,
        };
        var takes = new Option<bool>("--withdraw") { Description = "Take the role away, at once" };
        var command = new Command("role", "Ask for a role of an account, or take one away")
        {
            name,
            role,
            takes,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
                await ReportAsync(
                    terminal,
                    parsed.GetValue(options.Json),
                    await options.AskAsync(
                        parsed,
                        terminal,
                        PersonCommands.ChangeRole,
                        new PersonRoleArguments(
                            Environment.UserName,
                            parsed.GetRequiredValue(name),
                            parsed.GetRequiredValue(role),
                            parsed.GetValue(takes)
                        ),
                        cancel
                    )
                )
        );
        return command;
    }

    private static Command CreateList(Terminal terminal)
    {
        var options = new DeviceOptions();
        var command = new Command("list", "Show who has an account") { options.Data, options.Keys, options.Json };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var list = await options.AskAsync(
                    parsed,
                    terminal,
                    PersonCommands.List,
                    new ListPeopleArguments(),
                    cancel
                );
                if (parsed.GetValue(options.Json))
                {
                    await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(list, CommandJson.Default.PersonList));
                }
                else if (list.People.IsEmpty)
                {
                    await terminal.Out.WriteLineAsync("nobody has an account: leadglass user add NAME --role ROLE");
                }
                else
                {
                    Show(terminal, list.People);
                }

                return ExitCode.Done;
            }
        );
        return command;
    }

    private static async Task<int> InviteAsync(Terminal terminal, bool asJson, InvitationResult invited)
    {
        if (asJson)
        {
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(invited, CommandJson.Default.InvitationResult));
        }
        else
        {
            await ShowAsync(terminal, invited);
        }

        return ExitCode.Done;
    }

    private static async Task<int> ReportAsync(Terminal terminal, bool asJson, PersonSummary person)
    {
        if (asJson)
        {
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(person, CommandJson.Default.PersonSummary));
        }
        else
        {
            Show(terminal, [person]);
        }

        return ExitCode.Done;
    }

    private static void Show(Terminal terminal, IEnumerable<PersonSummary> people)
    {
        var table = new Table().Border(TableBorder.None);
        table.AddColumns("NAME", "ROLES", "WAITING", "SECOND FACTOR", "STATE", "LAST SIGN-IN");
        foreach (var person in people)
        {
            table.AddRow(
                Markup.Escape(person.Name),
                person.Roles.IsEmpty ? "-" : string.Join(',', person.Roles),
                person.Pending.IsEmpty ? "-" : string.Join(',', person.Pending),
                person.HasSecondFactor || person.Passkeys > 0 ? "yes" : "no",
                !person.Enabled ? "disabled"
                    : person.LockedUntil is { } until ? $"locked until {until:HH:mm}"
                    : "enabled",
                person.LastSignInAt is { } last ? $"{last:yyyy-MM-dd HH:mm}" : "never"
            );
        }

        terminal.Console.Write(table);
    }

    private static Argument<string> Name() => new("NAME") { Description = "What the person signs in with" };

    private static Option<string[]> Several(string name, string description, string helpName) =>
        new(name) { Description = $"{description}; several with commas", HelpName = helpName };

    private static IEnumerable<string> Values(ParseResult parsed, Option<string[]> option) =>
        (parsed.GetValue(option) ?? []).SelectMany(text =>
            text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );
}
