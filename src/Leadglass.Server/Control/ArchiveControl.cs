using System.Net.Sockets;
using System.Text.Json;
using Leadglass.Server.Data;

namespace Leadglass.Server.Control;

/// <summary>
/// Runs a <see cref="ControlCommand"/> where it has to run: in the server that holds the folder, else here with the lock.
/// </summary>
/// <param name="folder">The archive.</param>
/// <param name="keys">The folder of its keys when the user names one; else null.</param>
public sealed class ArchiveControl(DataFolder folder, string? keys, HostEnvironment environment, TimeProvider clock)
{
    // A server that is just starting holds the lock before its socket answers.
    private const int ConnectAttemptsMax = 25;
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs the command and answers its result.</summary>
    /// <exception cref="ArchiveUnavailableException">It failed.</exception>
    /// <exception cref="ArchiveRefusedException">It is refused or mistaken.</exception>
    public async Task<TResult> RunAsync<TArguments, TResult>(
        ControlCommand<TArguments, TResult> command,
        TArguments arguments,
        IProgress<ControlProgress> progress,
        CancellationToken cancel
    )
        where TArguments : class
        where TResult : class
    {
        ArgumentNullException.ThrowIfNull(command);
        _ = ArchiveIdentity.Read(folder);
        for (var attempt = 1; ; attempt++)
        {
            using (var held = DataFolderLock.TryTake(folder))
            {
                if (held is not null)
                {
                    await using var host = await ArchiveHost.OpenAsync(folder, keys, held, environment, clock, cancel);
                    return await command.RunAsync(
                        host,
                        new ControlPeer(environment.IsRoot),
                        arguments,
                        progress,
                        cancel
                    );
                }
            }

            if (await ConnectAsync(cancel) is { } socket)
            {
                using (socket)
                {
                    return await AskAsync(socket, command, arguments, progress, cancel);
                }
            }

            if (attempt == ConnectAttemptsMax)
            {
                throw new ArchiveUnavailableException(
                    $"another leadglass command is using {folder.Path}: wait until it is done"
                );
            }

            await Task.Delay(ConnectPause, clock, cancel);
        }
    }

    private async Task<Socket?> ConnectAsync(CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.ControlSocket), cancel);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static async Task<TResult> AskAsync<TArguments, TResult>(
        Socket socket,
        ControlCommand<TArguments, TResult> command,
        TArguments arguments,
        IProgress<ControlProgress> progress,
        CancellationToken cancel
    )
        where TArguments : class
        where TResult : class
    {
        try
        {
            await ControlFraming.SendAsync(
                socket,
                new ControlRequest(command.Name, JsonSerializer.SerializeToElement(arguments, command.ArgumentsType)),
                ControlJson.Default.ControlRequest,
                cancel
            );
            while (
                await ControlFraming.ReceiveAsync(socket, ControlJson.Default.ControlResponse, cancel) is { } response
            )
            {
                switch (response.Outcome)
                {
                    case ControlOutcome.Progress:
                        progress.Report(response.Progress ?? new ControlProgress(0, null, string.Empty));
                        break;
                    case ControlOutcome.Done:
                        return response.Result?.Deserialize(command.ResultType)
                            ?? throw new JsonException("an answer without a result");
                    case ControlOutcome.Failed:
                        throw new ArchiveUnavailableException(response.Message ?? "the running archive failed at it");
                    default:
                        throw new ArchiveRefusedException(
                            response.Outcome == ControlOutcome.WrongUsage,
                            response.Message ?? "the running archive refuses it"
                        );
                }
            }
        }
        catch (Exception failure) when (failure is SocketException or JsonException)
        {
            throw new ArchiveUnavailableException(
                $"the running archive did not answer as expected: {failure.Message.TrimEnd('.')}",
                failure
            );
        }

        throw new ArchiveUnavailableException("the running archive stopped before it answered");
    }
}
