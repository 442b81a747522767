using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Control;
using Leadglass.Server.SignIn.Commands;
using Spectre.Console;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass user provider</c> and <c>leadglass user group</c>: the hospital's OpenID provider.</summary>
internal static class ProviderCommand
{
    private const int SecretBytesMax = 4 * 1024;

    public static Command CreateProvider(Terminal terminal)
    {
        var options = new DeviceOptions();
        var file = new Option<string>("--secret-file")
        {
            Description =
                "The file with the client secret, or - for standard input; an empty one takes the secret away",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("provider", "Seal the client secret for the hospital's OpenID provider")
        {
            file,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var kept = await options.AskAsync(
                    parsed,
                    terminal,
                    ProviderCommands.KeepSecret,
                    new ProviderSecretArguments(
                        Environment.UserName,
                        await ReadSecretAsync(parsed.GetRequiredValue(file), cancel)
                    ),
                    cancel
                );
                await terminal.Out.WriteLineAsync(
                    parsed.GetValue(options.Json)
                        ? JsonSerializer.Serialize(kept, CommandJson.Default.ProviderResult)
                        : $"provider {kept.Authority ?? "(none configured yet: signIn.openIdConnect in leadglass.json)"}: "
                            + (kept.HasSecret ? "client secret sealed" : "no client secret")
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    public static Command CreateGroup(Terminal terminal) =>
        new("group", "Say which groups of the provider give which roles")
        {
            CreateMap(terminal, "add", "Let a group give a role", ProviderCommands.MapGroup, removes: false),
            CreateMap(
                terminal,
                "confirm",
                "Confirm, as the second person, that a group gives a role",
                ProviderCommands.ConfirmGroup,
                removes: false
            ),
            CreateMap(terminal, "remove", "Let a group give a role no more", ProviderCommands.MapGroup, removes: true),
            CreateList(terminal),
        };

    private static Command CreateMap(
        Terminal terminal,
        string verb,
        string description,
        ControlCommand<GroupArguments, GroupList> asked,
        bool removes
    )
    {
        var options = new DeviceOptions();
        var group = new Argument<string>("GROUP") { Description = "The group as the provider names it" };
        var role = new Option<string>("--role")
        {
            Description = "The role that it gives",
            HelpName = "ROLE",
            Required = true,
        };
        var issuer = new Option<string?>("--issuer")
        {
            Description = "The provider's issuer. Default: the configured authority",
            HelpName = "URL",
        };
        var recovery = RecoveryKeyOption.Create();
        var command = new Command(verb, description)
        {
            group,
            role,
            issuer,
            recovery,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
                await ShowAsync(
                    terminal,
                    parsed.GetValue(options.Json),
                    await options.AskAsync(
                        parsed,
                        terminal,
                        asked,
                        new GroupArguments(
                            Environment.UserName,
                            parsed.GetRequiredValue(group),
                            parsed.GetRequiredValue(role),
                            parsed.GetValue(issuer),
                            removes,
                            await RecoveryKeyOption.ReadAsync(parsed, recovery, cancel)
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
        var command = new Command("list", "Show which groups give which roles")
        {
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
                await ShowAsync(
                    terminal,
                    parsed.GetValue(options.Json),
                    await options.AskAsync(
                        parsed,
                        terminal,
                        ProviderCommands.ListGroups,
                        new ListGroupsArguments(),
                        cancel
                    )
                )
        );
        return command;
    }

    private static async Task<int> ShowAsync(Terminal terminal, bool asJson, GroupList list)
    {
        if (asJson)
        {
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(list, CommandJson.Default.GroupList));
            return ExitCode.Done;
        }

        var table = new Table().Border(TableBorder.None);
        table.AddColumns("GROUP", "ROLE", "STATE", "ISSUER");
        foreach (var mapping in list.Groups)
        {
            table.AddRow(
                Markup.Escape(mapping.Group),
                mapping.Role,
                mapping.IsConfirmed ? "in force" : "waits for a second person",
                Markup.Escape(mapping.Issuer)
            );
        }

        terminal.Console.Write(table);
        return ExitCode.Done;
    }

    private static async Task<string> ReadSecretAsync(string file, CancellationToken cancel)
    {
        if (file == "-")
        {
            return (await Console.In.ReadToEndAsync(cancel)).Trim();
        }

        return new FileInfo(file) is { Exists: true, Length: <= SecretBytesMax }
            ? (await File.ReadAllTextAsync(file, cancel)).Trim()
            : throw CommandFailedException.WrongUsage($"{file} does not exist or is no client secret");
    }
}
