using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Control;
using Leadglass.Server.Exchange;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass import</c>: brings in files, folders and what a DICOMDIR lists.</summary>
internal static class ImportCommand
{
    private const int ProblemsShownMax = 50;

    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("path")
        {
            Description = "Files, folders with all below, or a DICOMDIR with what it lists",
            HelpName = "PATH",
            Arity = ArgumentArity.OneOrMore,
        };
        var issuer = new Option<string?>("--issuer")
        {
            Description = "Issuer of Patient ID for files that name none",
            HelpName = "TEXT",
        };
        var map = new Option<string?>("--id-map")
        {
            Description = "A text file with lines FROM,TO or FROM,TO,ISSUER: which patient an ID in the files is here",
            HelpName = "FILE",
        };
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var json = SharedOptions.Json();
        var command = new Command("import", "Bring in files, folders and media; while the server runs, too")
        {
            paths,
            issuer,
            map,
            data,
            keys,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var isJson = parsed.GetValue(json);
                var control = new ArchiveControl(
                    parsed.DataFolder(data, terminal),
                    parsed.GetValue(keys),
                    terminal.Environment,
                    terminal.Clock
                );
                var arguments = new ImportArguments(
                    Environment.UserName,
                    [.. parsed.GetRequiredValue(paths).Select(Path.GetFullPath)],
                    parsed.GetValue(issuer),
                    parsed.GetValue(map) is { } file ? Path.GetFullPath(file) : null
                );
                var result = await WorkProgress.RunAsync(
                    terminal,
                    "importing",
                    isJson,
                    show =>
                        control.RunAsync(
                            ImportCommands.Import,
                            arguments,
                            WorkProgress.Of<ControlProgress>(at => show($"{at.Done} {at.What}")),
                            cancel
                        )
                );
                await ReportAsync(terminal, result, isJson);
                return result.Failed == 0 ? ExitCode.Done : ExitCode.Failed;
            }
        );
        return command;
    }

    private static async Task ReportAsync(Terminal terminal, ImportResult result, bool isJson)
    {
        if (isJson)
        {
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(result, CommandJson.Default.ImportResult));
            return;
        }

        foreach (var problem in result.Problems.Take(ProblemsShownMax))
        {
            await terminal.Error.WriteLineAsync($"not imported: {problem.Path}: {problem.Problem}");
        }

        if (result.Failed > ProblemsShownMax)
        {
            await terminal.Error.WriteLineAsync($"and {result.Failed - ProblemsShownMax} more; --json lists 1,000");
        }

        await terminal.Out.WriteLineAsync(
            $"{result.Stored} stored, {result.AlreadyStored} were here, {result.Quarantined} kept apart as conflicts, "
                + $"{result.Failed} not imported; {result.Skipped} other files left alone"
        );
    }
}
