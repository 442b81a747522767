using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Cli.Doctor;
using Leadglass.Server;
using Leadglass.Server.Configuration;
using Leadglass.Server.Control;
using Leadglass.Server.Data;

namespace Leadglass.Cli.Commands;

/// <summary>
/// <c>leadglass doctor</c>: everything that a stranger could try, and what came back; mistakes of configuration, all of
/// them; open folders; keys beside the data; certificates that end.
/// </summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        var data = SharedOptions.Data();
        var keys = SharedOptions.Keys();
        var json = SharedOptions.Json();
        var command = new Command("doctor", "Examine an archive: configuration, keys, certificates, listeners")
        {
            data,
            keys,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var findings = await ExamineAsync(
                        parsed.DataFolder(data, terminal),
                        parsed.GetValue(keys),
                        terminal,
                        cancel
                    )
                    .ToListAsync(cancel);
                var diagnosis = Diagnosis.Of(findings);
                if (parsed.GetValue(json))
                {
                    await terminal.Out.WriteLineAsync(
                        JsonSerializer.Serialize(diagnosis, CommandJson.Default.Diagnosis)
                    );
                }
                else
                {
                    foreach (var finding in diagnosis.Findings)
                    {
                        await terminal.Out.WriteLineAsync(
                            $"{Word(finding.Health), -8} {finding.Check}: {finding.Message}"
                        );
                    }
                }

                return diagnosis.IsHealthy ? ExitCode.Done : ExitCode.Failed;
            }
        );
        return command;
    }

    private static async IAsyncEnumerable<Finding> ExamineAsync(
        DataFolder folder,
        string? keys,
        Terminal terminal,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
    )
    {
        foreach (var finding in StorageChecks.Configuration(folder, terminal.Environment))
        {
            yield return finding;
        }

        var keysFolder = KeysFolder.Resolve(ArchiveIdentity.Read(folder), keys, terminal.Environment);
        foreach (var finding in StorageChecks.Permissions(folder, keysFolder))
        {
            yield return finding;
        }

        yield return StorageChecks.Volumes(folder, keysFolder);
        await foreach (var finding in DecoderChecks.TryAsync(cancel))
        {
            yield return finding;
        }

        var (archive, failure) = await OpenAsync(folder, keys, terminal, cancel);
        if (archive is null)
        {
            yield return failure!;
            yield break;
        }

        foreach (var finding in CertificateChecks.Expiry(archive, terminal.Clock.GetUtcNow()))
        {
            yield return finding;
        }

        foreach (var finding in EdgeChecks.Look(archive, terminal.Clock.GetUtcNow()))
        {
            yield return finding;
        }

        foreach (var finding in SelfExaminationChecks.Of(archive, terminal.Clock.GetUtcNow()))
        {
            yield return finding;
        }

        await foreach (var finding in ListenerChecks.TryAsync(archive).WithCancellation(cancel))
        {
            yield return finding;
        }
    }

    private static async Task<(ArchiveState? Archive, Finding? Failure)> OpenAsync(
        DataFolder folder,
        string? keys,
        Terminal terminal,
        CancellationToken cancel
    )
    {
        try
        {
            var control = new ArchiveControl(folder, keys, terminal.Environment, terminal.Clock);
            var state = await control.RunAsync(
                ExamineCommand.Examine,
                new ExamineArguments(),
                new Progress<ControlProgress>(),
                cancel
            );
            return (state, null);
        }
        catch (ConfigurationException)
        {
            return (null, new Finding("archive", Health.Skipped, "not opened while the configuration is mistaken"));
        }
        catch (Exception failure) when (failure is ArchiveUnavailableException or ArchiveRefusedException)
        {
            return (null, new Finding("archive", Health.Red, failure.Message));
        }
    }

    private static string Word(Health health) =>
        health switch
        {
            Health.Ok => "ok",
            Health.Skipped => "skipped",
            Health.Warning => "warning",
            _ => "RED",
        };
}
