using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Server.Control;
using Leadglass.Server.Data;
using Leadglass.Server.SignIn.Commands;
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
        var administrator = new Option<string>("--administrator")
        {
            Description = "What the first administrator signs in with",
            HelpName = "NAME",
            DefaultValueFactory = static _ => "administrator",
        };
        var json = SharedOptions.Json();
        var command = new Command(
            "init",
            "Make an archive: folders, keys, its certificate authority and the first administrator's link"
        )
        {
            data,
            keys,
            recovery,
            administrator,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var folder = parsed.DataFolder(data, terminal);
                var created = await ArchiveCreation.CreateAsync(
                    folder,
                    parsed.GetValue(keys),
                    isDemo: false,
                    terminal.Environment,
                    terminal.Clock,
                    cancel
                );
                var control = new ArchiveControl(folder, parsed.GetValue(keys), terminal.Environment, terminal.Clock);
                var invited = await control.RunAsync(
                    PersonCommands.AddFirst,
                    new PersonArguments(Environment.UserName, parsed.GetRequiredValue(administrator)),
                    new Progress<ControlProgress>(),
                    cancel
                );
                return await ReportAsync(
                    terminal,
                    folder,
                    created,
                    invited,
                    parsed.GetValue(recovery),
                    parsed.GetValue(json),
                    cancel
                );
            }
        );
        return command;
    }

    /// <summary>
    /// A person at a terminal sees recovery key and link once; otherwise they go to files that only their owner reads.
    /// </summary>
    private static async Task<int> ReportAsync(
        Terminal terminal,
        DataFolder folder,
        CreatedArchive created,
        InvitationResult invited,
        string? recoveryFile,
        bool asJson,
        CancellationToken cancel
    )
    {
        var linkFile = Path.Combine(created.KeysFolder, "first-sign-in.txt");
        var isShown = terminal.IsInteractive && recoveryFile is null && !asJson;
        if (!isShown)
        {
            recoveryFile = Path.GetFullPath(recoveryFile ?? Path.Combine(created.KeysFolder, "recovery-key.txt"));
            await WritePrivateAsync(recoveryFile, created.RecoveryKey, cancel);
            await WritePrivateAsync(linkFile, invited.Link, cancel);
        }

        if (asJson)
        {
            await terminal.Out.WriteLineAsync(
                JsonSerializer.Serialize(
                    new InitResult(
                        created.Identity.Id,
                        folder.Path,
                        created.KeysFolder,
                        recoveryFile!,
                        invited.Name,
                        linkFile
                    ),
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

        await ShowLinkAsync(terminal, invited, isShown ? null : linkFile);
        await terminal.Out.WriteLineAsync($"next: leadglass serve --data {folder.Path}");
        return ExitCode.Done;
    }

    private static async Task ShowLinkAsync(Terminal terminal, InvitationResult invited, string? linkFile)
    {
        if (linkFile is null)
        {
            await UserCommand.ShowAsync(terminal, invited);
        }
        else
        {
            await terminal.Out.WriteLineAsync(
                $"first administrator: {invited.Name}, one-time link until {invited.ValidUntil:yyyy-MM-dd HH:mm} UTC in {linkFile}"
            );
        }
    }

    private static async Task WritePrivateAsync(string file, string text, CancellationToken cancel)
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
        await writer.WriteLineAsync(text.AsMemory(), cancel);
    }
}

/// <summary>What <c>init --json</c> answers.</summary>
internal sealed record InitResult(
    string Id,
    string Data,
    string Keys,
    string RecoveryKeyFile,
    string Administrator,
    string AdministratorLinkFile
);
