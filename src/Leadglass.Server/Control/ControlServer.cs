using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Leadglass.Server.Data;

namespace Leadglass.Server.Control;

/// <summary>
/// The socket through which the command talks to a running archive: mode 0600 in a folder of mode 0700, and the kernel says
/// who is there. One request per connection.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int ConnectionsMax = 16;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly SemaphoreSlim _places = new(ConnectionsMax);
    private readonly Socket _listener;
    private readonly ArchiveHost _host;
    private readonly ServerLog _log;
    private readonly Task _accepting;

    private ControlServer(Socket listener, ArchiveHost host, ServerLog log)
    {
        _listener = listener;
        _host = host;
        _log = log;
        _accepting = AcceptAsync();
    }

    /// <summary>Listens. The caller holds the folder's lock, so a socket that lies there is a dead one.</summary>
    /// <exception cref="ArchiveUnavailableException">The socket cannot be bound.</exception>
    public static ControlServer Start(ArchiveHost host, ServerLog log)
    {
        var path = host.Folder.ControlSocket;
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, DataFolder.FileMode);
            listener.Listen(ConnectionsMax);
            return new ControlServer(listener, host, log);
        }
        catch (Exception failure)
            when (failure is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            listener.Dispose();
            throw new ArchiveUnavailableException(
                $"cannot listen on {path}: {failure.Message.TrimEnd('.')}; a path of at most 107 bytes is needed",
                failure
            );
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_running.Keys);
        File.Delete(_host.Folder.ControlSocket);
        _stop.Dispose();
        _places.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _places.WaitAsync(_stop.Token);
                var socket = await _listener.AcceptAsync(_stop.Token);
                var serving = ServeAsync(socket);
                _running.TryAdd(serving, 0);
                _ = serving.ContinueWith(
                    done => _running.TryRemove(done, out _),
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default
                );
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                _places.Release();
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                if (PeerCredentials.Find(socket) is not { } peer)
                {
                    _log.ControlRefused();
                    return;
                }

                await AnswerAsync(socket, peer);
            }
            catch (Exception failure)
                when (failure
                        is SocketException
                            or JsonException
                            or OperationCanceledException
                            or ObjectDisposedException
                )
            {
                // The command went away, or was no command of ours.
            }
            finally
            {
                _places.Release();
            }
        }
    }

    private async Task AnswerAsync(Socket socket, ControlPeer peer)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(RequestTimeout);
        var request = await ControlFraming.ReceiveAsync(socket, ControlJson.Default.ControlRequest, limit.Token);
        if (request is null)
        {
            return;
        }

        ControlResponse response;
        try
        {
            var command =
                ControlCommands.Find(request.Command)
                ?? throw new ArchiveRefusedException(
                    isUsage: true,
                    "the running archive does not know this command: it is of another version; restart it"
                );
            var progress = new ProgressSender(socket);
            var result = await command.RunAsync(_host, peer, request.Arguments, progress, _stop.Token);
            await progress.Sent;
            response = new ControlResponse(ControlOutcome.Done, Result: result);
        }
        catch (ArchiveRefusedException refused)
        {
            response = new ControlResponse(
                refused.IsUsage ? ControlOutcome.WrongUsage : ControlOutcome.Refused,
                Message: refused.Message
            );
        }
        catch (ArchiveUnavailableException failure)
        {
            response = new ControlResponse(ControlOutcome.Failed, Message: failure.Message);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or SocketException))
        {
            _log.ControlFault(ControlCommands.Find(request.Command)?.Name ?? "unknown", Fault.Describe(fault));
            response = new ControlResponse(
                ControlOutcome.Failed,
                Message: $"the running archive failed at it: {fault.GetType().Name}; its log says more"
            );
        }

        await ControlFraming.SendAsync(socket, response, ControlJson.Default.ControlResponse, _stop.Token);
    }

    /// <summary>Sends progress in order, and drops what comes while an earlier one is still on its way.</summary>
    private sealed class ProgressSender(Socket socket) : IProgress<ControlProgress>
    {
        private readonly Lock _gate = new();

        public Task Sent { get; private set; } = Task.CompletedTask;

        public void Report(ControlProgress value)
        {
            lock (_gate)
            {
                if (Sent.IsCompletedSuccessfully)
                {
                    Sent = ControlFraming.SendAsync(
                        socket,
                        new ControlResponse(ControlOutcome.Progress, Progress: value),
                        ControlJson.Default.ControlResponse,
                        CancellationToken.None
                    );
                }
            }
        }
    }
}
