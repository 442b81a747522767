using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Control;
using Leadglass.Server.Exchange;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass export</c>: a study as files with a DICOMDIR, for whoever shows the recovery key.</summary>
internal static class ExportCommand
{
    public static Command Create(Terminal terminal)
    {
        var study = new Option<string>("--study")
        {
            Description = "Study Instance UID",
            HelpName = "UID",
            Required = true,
        };
        var folder = new Option<string>("--out")
        {
            Description = "An empty or absent folder",
            HelpName = "DIR",
            Required = true,
        };
        var recovery = new Option<string?>("--recovery-key-file")
        {
            Description = "The file with the archive's recovery key: releasing data needs it, and the trail says so",
            HelpName = "FILE",
        };
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var json = SharedOptions.Json();
        var command = new Command("export", "Write a study into a folder, with a DICOMDIR")
        {
            study,
            folder,
            recovery,
            data,
            keys,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var key = parsed.GetValue(recovery) is { } file
                    ? await UpkeepCommands.ReadKeyAsync(file, cancel)
                    : throw CommandFailedException.Refused(
                        "releasing a study needs the archive's recovery key: give --recovery-key-file FILE"
                    );
                var isJson = parsed.GetValue(json);
                var control = new ArchiveControl(
                    parsed.DataFolder(data, terminal),
                    parsed.GetValue(keys),
                    terminal.Environment,
                    terminal.Clock
                );
                var arguments = new ExportArguments(
                    Environment.UserName,
                    parsed.GetRequiredValue(study),
                    Path.GetFullPath(parsed.GetRequiredValue(folder)),
                    key
                );
                var result = await WorkProgress.RunAsync(
                    terminal,
                    "exporting",
                    isJson,
                    show =>
                        control.RunAsync(
                            ExportCommands.Export,
                            arguments,
                            WorkProgress.Of<ControlProgress>(at => show($"{at.Done} of {at.Total} {at.What}")),
                            cancel
                        )
                );
                await terminal.Out.WriteLineAsync(
                    isJson
                        ? JsonSerializer.Serialize(result, CommandJson.Default.ExportResult)
                        : $"{result.Instances} instances and a DICOMDIR in {result.Folder}"
                );
                return ExitCode.Done;
            }
        );
        return command;
    }
}
