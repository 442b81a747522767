using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Upkeep;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass rebuild-index</c>, <c>backup</c> and <c>restore</c>: upkeep while nobody serves.</summary>
internal static class UpkeepCommands
{
    private const int GenerationsKept = 30;
    private const int RecoveryKeyFileBytesMax = 4_096;

    public static Command CreateRebuildIndex(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var command = new Command("rebuild-index", "Make the index anew from packs and keyring; stop the server first")
        {
            data,
            keys,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var report = await WorkProgress.RunAsync(
                    terminal,
                    "rebuilding the index",
                    isQuiet: false,
                    show =>
                        Upkeep(terminal, parsed, data, keys)
                            .RebuildIndexAsync(WorkProgress.Of<long>(records => show($"{records} records")), cancel)
                );
                await terminal.Out.WriteLineAsync(
                    $"index made of {report.Records} records; {report.Erased} erased; {report.DamagedRecords} damaged"
                );
                return report.DamagedRecords == 0 ? ExitCode.Done : ExitCode.Failed;
            }
        );
        return command;
    }

    public static Command CreateBackup(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var to = new Option<string>("--to")
        {
            Description = "The backup's folder, best on another machine's volume; each run adds a generation",
            HelpName = "DIR",
            Required = true,
        };
        var keep = new Option<int>("--keep")
        {
            Description = $"Generations of keyring and state to keep. Default: {GenerationsKept}",
            HelpName = "N",
            DefaultValueFactory = _ => GenerationsKept,
        };
        keep.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 10_000)
            {
                result.AddError("--keep takes 1 to 10000");
            }
        });
        var command = new Command("backup", "Copy the archive, without its master key; stop the server first")
        {
            data,
            to,
            keep,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var copied = 0L;
                var report = await WorkProgress.RunAsync(
                    terminal,
                    "backing up",
                    isQuiet: false,
                    show =>
                        Upkeep(terminal, parsed, data, keys: null)
                            .BackupAsync(
                                parsed.GetRequiredValue(to),
                                parsed.GetValue(keep),
                                WorkProgress.Of<long>(bytes => show($"{(copied += bytes) / 1048576} MiB")),
                                cancel
                            )
                );
                await terminal.Out.WriteLineAsync(
                    $"generation {report.Generation}: {report.Files} files, {report.CopiedBytes} bytes copied"
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    public static Command CreateRestore(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var from = new Option<string>("--from")
        {
            Description = "The backup's folder",
            HelpName = "DIR",
            Required = true,
        };
        var recovery = new Option<string?>("--recovery-key-file")
        {
            Description = "The file with the recovery key, when the folder of keys is lost too",
            HelpName = "FILE",
        };
        var command = new Command("restore", "Bring the latest generation of a backup back into an empty folder")
        {
            from,
            data,
            keys,
            recovery,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var key = parsed.GetValue(recovery) is { } file ? await ReadKeyAsync(file, cancel) : null;
                var copied = 0L;
                var report = await WorkProgress.RunAsync(
                    terminal,
                    "restoring",
                    isQuiet: false,
                    show =>
                        Upkeep(terminal, parsed, data, keys)
                            .RestoreAsync(
                                parsed.GetRequiredValue(from),
                                key,
                                WorkProgress.Of<long>(bytes => show($"{(copied += bytes) / 1048576} MiB")),
                                cancel
                            )
                );
                await terminal.Out.WriteLineAsync(
                    $"generation {report.Generation} restored: {report.Files} files; the index is made at the next start"
                );
                return ExitCode.Done;
            }
        );
        return command;
    }

    /// <summary>Reads a recovery key that somebody wrote into a file.</summary>
    public static async Task<string> ReadKeyAsync(string file, CancellationToken cancel)
    {
        if (new FileInfo(file) is not { Exists: true, Length: <= RecoveryKeyFileBytesMax })
        {
            throw CommandFailedException.Failed($"{file} is no file with a recovery key");
        }

        return await File.ReadAllTextAsync(file, cancel);
    }

    private static ArchiveUpkeep Upkeep(
        Terminal terminal,
        ParseResult parsed,
        Option<string?> data,
        Option<string?>? keys
    ) =>
        new(
            parsed.DataFolder(data, terminal),
            keys is null ? null : parsed.GetValue(keys),
            terminal.Environment,
            terminal.Clock
        );
}
