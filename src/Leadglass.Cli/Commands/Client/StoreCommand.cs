using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Cli.Commands.Client;

/// <summary>What <c>leadglass store</c> did.</summary>
internal sealed record StoreResult(int Sent, int Warnings, int Failed, int Skipped);

/// <summary><c>leadglass store</c>: sends files and folders to a peer.</summary>
internal static class StoreCommand
{
    public static Command Create(Terminal terminal)
    {
        var peer = new PeerOptions();
        var paths = new Argument<string[]>("path")
        {
            Description = "Files and folders with DICOM instances",
            HelpName = "PATH",
            Arity = ArgumentArity.OneOrMore,
        };
        var json = SharedOptions.Json();
        var command = new Command("store", "Send DICOM files to a peer (C-STORE)");
        peer.AddTo(command);
        command.Add(paths);
        command.Add(json);
        command.SetAction(
            async (parsed, cancel) =>
            {
                var (instances, skipped) = await CollectAsync(terminal, parsed.GetValue(paths)!, cancel);
                var sending = new Sending(terminal, instances);
                var groups = PresentationContextPlan.Group(
                    instances.SelectMany(instance =>
                        instance.TransferSyntaxes.Select(syntax => (instance.SopClass.Value, syntax))
                    )
                );
                foreach (var contexts in groups)
                {
                    await using var association = await PeerAssociation.OpenAsync(
                        peer,
                        parsed,
                        terminal,
                        contexts,
                        cancel
                    );
                    await sending.SendAsync(association, cancel);
                }

                return await sending.FinishAsync(skipped, parsed.GetValue(json));
            }
        );
        return command;
    }

    private static async Task<(List<LocalInstance> Instances, int Skipped)> CollectAsync(
        Terminal terminal,
        IReadOnlyList<string> paths,
        CancellationToken cancel
    )
    {
        var instances = new List<LocalInstance>();
        var skipped = 0;
        foreach (var path in paths.SelectMany(FilesOf))
        {
            var instance = await LocalInstance.TryOpenAsync(path, cancel);
            if (instance is not null && instance.SopClass.Value != SopClasses.MediaStorageDirectoryStorage)
            {
                instances.Add(instance);
            }
            else
            {
                skipped++;
                await terminal.Error.WriteLineAsync($"leadglass: {path} is no DICOM instance: left out");
            }
        }

        return (instances, skipped);
    }

    private static IEnumerable<string> FilesOf(string path)
    {
        if (Directory.Exists(path))
        {
            return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        }

        return File.Exists(path) ? [path] : throw CommandFailedException.Failed($"there is no {path}");
    }

    /// <summary>Sends each instance once, on the first association that has a context for it.</summary>
    private sealed class Sending(Terminal terminal, IReadOnlyList<LocalInstance> instances)
    {
        private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(2);

        private readonly List<LocalInstance> _waiting = [.. instances];
        private long _lastProgress = terminal.Clock.GetTimestamp();
        private int _sent;
        private int _warnings;
        private int _failed;
        private bool _isRefused;

        public async Task SendAsync(PeerAssociation association, CancellationToken cancel)
        {
            foreach (var instance in _waiting.Where(association.Dicom.CanStore).ToList())
            {
                _waiting.Remove(instance);
                var status = await StoreAsync(association.Dicom, instance, cancel);
                await CountAsync(instance, status);
            }

            await association.ReleaseAsync(cancel);
        }

        public async Task<int> FinishAsync(int skipped, bool asJson)
        {
            foreach (var instance in _waiting)
            {
                _failed++;
                await terminal.Error.WriteLineAsync(
                    $"leadglass: {instance.Path}: the peer does not take its kind or encoding"
                );
            }

            var result = new StoreResult(_sent, _warnings, _failed, skipped);
            await terminal.Out.WriteLineAsync(
                asJson
                    ? JsonSerializer.Serialize(result, CommandJson.Default.StoreResult)
                    : $"{_sent} stored, {_warnings} of them with a warning, {_failed} failed, {skipped} left out"
            );
            return _failed == 0 ? ExitCode.Done
                : _isRefused ? ExitCode.Refused
                : ExitCode.Failed;
        }

        private static async Task<DimseStatus> StoreAsync(
            DicomClientAssociation association,
            LocalInstance instance,
            CancellationToken cancel
        )
        {
            try
            {
                return await association.StoreAsync(instance, cancellationToken: cancel);
            }
            catch (AssociationEndedException ended)
            {
                throw CommandFailedException.Failed(
                    $"the association ended while {instance.Path} was sent: {ended.End}"
                );
            }
        }

        private async Task CountAsync(LocalInstance instance, DimseStatus status)
        {
            if (status.IsDone)
            {
                _sent++;
                _warnings += status.IsSuccess ? 0 : 1;
            }
            else
            {
                _failed++;
                _isRefused |= status.Code == DimseStatus.NotAuthorized.Code;
                await terminal.Error.WriteLineAsync($"leadglass: {instance.Path}: {PeerAssociation.Describe(status)}");
            }

            if (terminal.Clock.GetElapsedTime(_lastProgress) >= ProgressInterval)
            {
                _lastProgress = terminal.Clock.GetTimestamp();
                await terminal.Error.WriteLineAsync($"{_sent + _failed} of {instances.Count}");
            }
        }
    }
}
