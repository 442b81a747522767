using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.SignIn.Commands;
using Spectre.Console;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass client add|list|disable|enable|renew</c>: which programs may use the web services.</summary>
internal static class ClientCommand
{
    public static Command Create(Terminal terminal) =>
        new("client", "Register programs that use DICOMweb")
        {
            CreateAdd(terminal),
            CreateList(terminal),
            CreateEnable(terminal, "disable", "Shut a program out at once: its tokens are void", isEnabled: false),
            CreateEnable(terminal, "enable", "Let a disabled program in again", isEnabled: true),
            CreateRenew(terminal),
        };

    private static Command CreateAdd(Terminal terminal)
    {
        var options = new DeviceOptions();
        var name = Name();
        var allow = new Option<string[]>("--allow")
        {
            Description =
                "What it may do: read (query, retrieve), write (store), records, observe; several with commas",
            HelpName = "RIGHTS",
            Required = true,
        };
        var modalities = new Option<string[]>("--modality")
        {
            Description = "Only these modalities. Default: all; several with commas",
            HelpName = "CODES",
        };
        var command = new Command("add", "Register a program and show its secret once")
        {
            name,
            allow,
            modalities,
            options.SigningRequest,
            options.Certificate,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var arguments = new AddClientArguments
                {
                    UserName = Environment.UserName,
                    Name = parsed.GetRequiredValue(name),
                    Allow = [.. Values(parsed, allow)],
                    Modalities = [.. Values(parsed, modalities)],
                    Certificate = await DeviceCommand.ReadSourceAsync(
                        parsed,
                        options.SigningRequest,
                        options.Certificate,
                        cancel
                    ),
                };
                var added = await options.AskAsync(parsed, terminal, ClientCommands.Add, arguments, cancel);
                return await ShowAsync(terminal, added, parsed.GetValue(options.Json));
            }
        );
        return command;
    }

    private static Command CreateRenew(Terminal terminal)
    {
        var options = new DeviceOptions();
        var name = Name();
        var command = new Command(
            "renew",
            "Give a program a new secret; the former one and its tokens are void at once"
        )
        {
            name,
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var renewed = await options.AskAsync(
                    parsed,
                    terminal,
                    ClientCommands.Renew,
                    new ClientArguments(Environment.UserName, parsed.GetRequiredValue(name)),
                    cancel
                );
                return await ShowAsync(terminal, renewed, parsed.GetValue(options.Json));
            }
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
            {
                var summary = await options.AskAsync(
                    parsed,
                    terminal,
                    ClientCommands.Enable,
                    new EnableClientArguments(Environment.UserName, parsed.GetRequiredValue(name), isEnabled),
                    cancel
                );
                await terminal.Out.WriteLineAsync(
                    parsed.GetValue(options.Json)
                        ? JsonSerializer.Serialize(summary, CommandJson.Default.ClientSummary)
                        : $"client {summary.Name} is {verb}d"
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command CreateList(Terminal terminal)
    {
        var options = new DeviceOptions();
        var command = new Command("list", "Show which programs are registered")
        {
            options.Data,
            options.Keys,
            options.Json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var list = await options.AskAsync(
                    parsed,
                    terminal,
                    ClientCommands.List,
                    new ListClientsArguments(),
                    cancel
                );
                if (parsed.GetValue(options.Json))
                {
                    await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(list, CommandJson.Default.ClientList));
                }
                else if (list.Clients.IsEmpty)
                {
                    await terminal.Out.WriteLineAsync(
                        "no program is registered: leadglass client add NAME --allow read,write"
                    );
                }
                else
                {
                    Show(terminal, list);
                }

                return ExitCode.Done;
            }
        );
        return command;
    }

    private static void Show(Terminal terminal, ClientList list)
    {
        var table = new Table().Border(TableBorder.None);
        table.AddColumns("NAME", "ALLOW", "BY", "STATE");
        foreach (var client in list.Clients)
        {
            table.AddRow(
                Markup.Escape(client.Name),
                string.Join(',', client.Allow),
                client.HasSecret ? "secret" : "certificate",
                !client.Enabled ? "disabled"
                    : client.IsConfirmed ? "enabled"
                    : "waits for confirmation"
            );
        }

        terminal.Console.Write(table);
    }

    private static async Task<int> ShowAsync(Terminal terminal, ClientResult client, bool asJson)
    {
        if (asJson)
        {
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(client, CommandJson.Default.ClientResult));
            return ExitCode.Done;
        }

        await terminal.Out.WriteLineAsync($"client_id: {client.ClientId}");
        if (client.ClientSecret is { } secret)
        {
            await terminal.Out.WriteLineAsync($"client_secret: {secret}");
            await terminal.Out.WriteLineAsync("write the secret down now, it is not shown again");
        }

        if (client.CertificatePem is { } certificate)
        {
            await terminal.Out.WriteLineAsync(certificate.TrimEnd());
        }

        return ExitCode.Done;
    }

    private static Argument<string> Name() =>
        new("NAME") { Description = "The program's name and client id: letters, digits, '.', '_', '-'" };

    private static IEnumerable<string> Values(ParseResult parsed, Option<string[]> option) =>
        (parsed.GetValue(option) ?? []).SelectMany(text =>
            text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );
}
