using System.CommandLine;
using System.Text;
using Leadglass.Cli.CommandLine;
using Leadglass.Exposure;

namespace Leadglass.Cli.Commands.Exposure;

/// <summary><c>leadglass exposure scope init|check</c>: writes a scope to begin with, and says what one means.</summary>
internal static class ExposureScopeCommand
{
    public static Command Create(Terminal terminal) =>
        new("scope", "Write and check the file that says what may be probed, and who says so")
        {
            CreateInit(terminal),
            CreateCheck(terminal),
        };

    private static Command CreateInit(Terminal terminal)
    {
        var output = Required("--out", "The file to write; it must not exist", "FILE");
        var networks = new Option<string[]>("--network")
        {
            Description = "A network, an address or a range a-b; may be given several times",
            HelpName = "CIDR",
            Required = true,
        };
        var ports = Required("--ports", "The ports: 104,11112,8000-8100", "LIST");
        var by = Required("--authorised-by", "Who declares that the audit is allowed", "WHO");
        var basis = Required("--basis", "On which legal basis or order", "WHY");
        var contact = Required("--contact", "A mail address or https URL, shown to those who are probed", "MAIL");
        var command = new Command("init", "Write a commented scope that is valid for seven days")
        {
            output,
            networks,
            ports,
            by,
            basis,
            contact,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var draft = new ScopeDraft(
                    [.. parsed.GetRequiredValue(networks).SelectMany(Split).Select(Network)],
                    Ports(parsed.GetRequiredValue(ports)),
                    parsed.GetRequiredValue(by),
                    parsed.GetRequiredValue(basis),
                    parsed.GetRequiredValue(contact)
                );
                var path = parsed.GetRequiredValue(output);
                await WriteAsync(path, Text(draft, terminal.Clock), cancel);
                await terminal.Out.WriteLineAsync($"{path}: valid for {ScopeDraft.ValidityDays} days. Read it, then:");
                await terminal.Out.WriteLineAsync($"  leadglass exposure scope check {path}");
                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command CreateCheck(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The scope" };
        var command = new Command("check", "Say what a scope means, and what of it nobody can prove") { file };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var path = parsed.GetRequiredValue(file);
                var scope = await ScopeReader.ReadAsync(path, terminal.Clock, cancel);
                foreach (var line in ScopeSummary.Of(scope, terminal.Clock.GetUtcNow()))
                {
                    await terminal.Out.WriteLineAsync(line);
                }

                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Option<string> Required(string name, string description, string helpName) =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            Required = true,
        };

    private static IEnumerable<string> Split(string value) =>
        value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static AddressRange Network(string text) =>
        AddressRange.TryParse(text, out var range, out var mistake)
            ? range
            : throw CommandFailedException.WrongUsage($"--network: {mistake}");

    private static PortSet Ports(string text) =>
        PortSet.TryParse(text, out var ports, out var mistake)
            ? ports
            : throw CommandFailedException.WrongUsage($"--ports: {mistake}");

    private static string Text(ScopeDraft draft, TimeProvider clock)
    {
        if (draft.Networks.IsEmpty)
        {
            throw CommandFailedException.WrongUsage("--network: name a network");
        }

        try
        {
            return draft.ToText(clock);
        }
        catch (ScopeException refused)
        {
            // Lines of a file that does not exist say nothing.
            throw CommandFailedException.WrongUsage(
                string.Join("; ", refused.Mistakes.Select(mistake => mistake.Text))
            );
        }
    }

    private static async Task WriteAsync(string path, string text, CancellationToken cancel)
    {
        if (Path.Exists(path))
        {
            throw CommandFailedException.Failed($"{path} exists and is not overwritten; name another file");
        }

        await using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancel);
    }
}
