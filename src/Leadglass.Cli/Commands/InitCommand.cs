using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Data;
using Spectre.Console;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass init</c>: makes an archive and asks nothing.</summary>
internal static class InitCommand
{
    public static Command Create(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = new Option<string?>("--keys")
        {
            Description =
                "A folder for the keys, outside the data; best on another volume. "
                + "Default: /etc/leadglass/ID for root, else ~/.config/leadglass/ID",
            HelpName = "DIR",
        };
        var recovery = new Option<string?>("--recovery-key-file")
        {
            Description = "Write the recovery key to this new file instead of showing it",
            HelpName = "FILE",
        };
        var json = SharedOptions.Json();
        var command = new Command("init", "Make an archive: folders, keys and its certificate authority")
        {
            data,
            keys,
            recovery,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var created = await ArchiveCreation.CreateAsync(
                    parsed.DataFolder(data, terminal),
                    parsed.GetValue(keys),
                    isDemo: false,
                    terminal.Environment,
                    terminal.Clock,
                    cancel
                );
                return await ReportAsync(
                    terminal,
                    parsed.DataFolder(data, terminal),
                    created,
                    parsed.GetValue(recovery),
                    parsed.GetValue(json),
                    cancel
                );
            }
        );
        return command;
    }

    /// <summary>A person at a terminal sees the recovery key once; otherwise it goes to a file that only its owner reads.</summary>
    private static async Task<int> ReportAsync(
        Terminal terminal,
        DataFolder folder,
        CreatedArchive created,
        string? recoveryFile,
        bool asJson,
        CancellationToken cancel
    )
    {
        var isShown = terminal.IsInteractive && recoveryFile is null && !asJson;
        if (!isShown)
        {
            recoveryFile = Path.GetFullPath(recoveryFile ?? Path.Combine(created.KeysFolder, "recovery-key.txt"));
            await WriteRecoveryKeyAsync(recoveryFile, created, cancel);
        }

        if (asJson)
        {
            await terminal.Out.WriteLineAsync(
                JsonSerializer.Serialize(
                    new InitResult(created.Identity.Id, folder.Path, created.KeysFolder, recoveryFile!),
                    CommandJson.Default.InitResult
                )
            );
            return ExitCode.Done;
        }

        await terminal.Out.WriteLineAsync($"archive {created.Identity.Id} made in {folder.Path}");
        await terminal.Out.WriteLineAsync($"keys: {created.KeysFolder}");
        if (isShown)
        {
            terminal.Console.Write(
                new Panel(new Text(created.RecoveryKey))
                {
                    Header = new PanelHeader(" recovery key: write it down now, it is not shown again "),
                    Padding = new Padding(2, 1),
                }
            );
        }
        else
        {
            await terminal.Out.WriteLineAsync($"recovery key: {recoveryFile} (move it to a safe place)");
        }

        await terminal.Out.WriteLineAsync($"next: leadglass serve --data {folder.Path}");
        return ExitCode.Done;
    }

    private static async Task WriteRecoveryKeyAsync(string file, CreatedArchive created, CancellationToken cancel)
    {
        await using var stream = new FileStream(
            file,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = DataFolder.FileMode,
                Options = FileOptions.Asynchronous,
            }
        );
        await using var writer = new StreamWriter(stream);
        await writer.WriteLineAsync(created.RecoveryKey.AsMemory(), cancel);
    }
}

/// <summary>What <c>init --json</c> answers.</summary>
internal sealed record InitResult(string Id, string Data, string Keys, string RecoveryKeyFile);
