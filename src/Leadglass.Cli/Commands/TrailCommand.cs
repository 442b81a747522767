using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Leadglass.Access.Trails;
using Leadglass.Cli.CommandLine;
using Leadglass.Sealing;
using Leadglass.Server.Control;

namespace Leadglass.Cli.Commands;

/// <summary>
/// <c>leadglass trail</c>: who did what, when, from where. Patients, studies and what was searched for are shown to whoever
/// has the recovery key; reading is itself recorded.
/// </summary>
internal static class TrailCommand
{
    private const int RecoveryKeyFileBytesMax = 4_096;

    public static Command Create(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var json = SharedOptions.Json();
        var since = new Option<string?>("--since")
        {
            Description = "Only what was recorded since this date or moment (UTC): 2026-01-31 or 2026-01-31T08:00Z",
            HelpName = "DATE",
        };
        var user = new Option<string?>("--user")
        {
            Description = "Only what this one did: a device's or a user's name",
            HelpName = "NAME",
        };
        var patient = new Option<string?>("--patient")
        {
            Description = "Only what touched this patient; needs the recovery key",
            HelpName = "ID",
        };
        var recovery = new Option<string?>("--recovery-key-file")
        {
            Description = "The file with the recovery key, to see patients, studies and queries",
            HelpName = "FILE",
        };
        var command = new Command("trail", "Show who did what, when, from where")
        {
            since,
            user,
            patient,
            recovery,
            data,
            keys,
            json,
        };
        command.Subcommands.Add(CreateVerify(terminal));
        command.SetAction(
            async (parsed, cancel) =>
            {
                var from = ReadMoment(parsed.GetValue(since));
                var patientId = parsed.GetValue(patient);
                var key = parsed.GetValue(recovery) is { } file ? await ReadKeyAsync(file, cancel) : null;
                if (patientId is not null && key is null)
                {
                    throw CommandFailedException.Refused("--patient needs --recovery-key-file");
                }

                var folder = parsed.DataFolder(data, terminal);
                var named = parsed.GetValue(keys);
                var control = new ArchiveControl(folder, named, terminal.Environment, terminal.Clock);
                var view = await control.RunAsync(
                    TrailCommands.Prepare,
                    new ReadTrailArguments(Environment.UserName, key),
                    new Progress<ControlProgress>(),
                    cancel
                );
                using var files = TrailFiles.Open(folder, named, terminal.Environment);
                foreach (var entry in files.Reader.Read(from))
                {
                    cancel.ThrowIfCancellationRequested();
                    if (IsAskedFor(entry.Event, parsed.GetValue(user), patientId))
                    {
                        await WriteAsync(terminal, entry, view.ShowsPatients, parsed.GetValue(json));
                    }
                }

                return ExitCode.Done;
            }
        );
        return command;
    }

    private static Command CreateVerify(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var json = SharedOptions.Json();
        var command = new Command("verify", "Check that nothing in the trail was changed or taken away")
        {
            data,
            keys,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                using var files = TrailFiles.Open(
                    parsed.DataFolder(data, terminal),
                    parsed.GetValue(keys),
                    terminal.Environment
                );
                var verified = await VerifyAsync(files, cancel);
                if (parsed.GetValue(json))
                {
                    await terminal.Out.WriteLineAsync(
                        JsonSerializer.Serialize(verified, CommandJson.Default.TrailVerification)
                    );
                }
                else
                {
                    foreach (var finding in verified.Findings)
                    {
                        await terminal.Out.WriteLineAsync($"{finding.File} byte {finding.Offset}: {finding.What}");
                    }

                    await terminal.Out.WriteLineAsync(
                        $"{verified.Entries} entries, {verified.Findings.Count} findings; "
                            + $"the last is {verified.LastSequence} with chain value {verified.LastChain}"
                    );
                }

                return verified.Findings.Count == 0 ? ExitCode.Done : ExitCode.Failed;
            }
        );
        return command;
    }

    private static async Task<TrailVerification> VerifyAsync(TrailFiles files, CancellationToken cancel)
    {
        try
        {
            return await files.Reader.VerifyAsync(cancel);
        }
        catch (SealingException failure)
        {
            throw CommandFailedException.Failed($"the note of the trail's end cannot be opened: {failure.Message}");
        }
    }

    private static bool IsAskedFor(TrailEvent recorded, string? user, string? patientId) =>
        (user is null || recorded.Who.EndsWith($":{user}", StringComparison.OrdinalIgnoreCase) || recorded.Who == user)
        && (patientId is null || recorded.Patient?.PatientId == patientId);

    private static async Task WriteAsync(Terminal terminal, TrailEntry entry, bool showsPatients, bool asJson)
    {
        var line = TrailLine.Of(entry, showsPatients);
        await terminal.Out.WriteLineAsync(
            asJson ? JsonSerializer.Serialize(line, CommandLineJson.Default.TrailLine) : line.ToText()
        );
    }

    private static DateTimeOffset ReadMoment(string? text)
    {
        if (text is null)
        {
            return default;
        }

        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var moment
        )
            ? moment
            : throw CommandFailedException.WrongUsage("--since takes a date as 2026-01-31 or a moment");
    }

    private static async Task<string> ReadKeyAsync(string file, CancellationToken cancel)
    {
        if (new FileInfo(file) is not { Exists: true, Length: <= RecoveryKeyFileBytesMax })
        {
            throw CommandFailedException.WrongUsage($"{file} does not exist or is no recovery key");
        }

        return (await File.ReadAllTextAsync(file, cancel)).Trim();
    }
}
