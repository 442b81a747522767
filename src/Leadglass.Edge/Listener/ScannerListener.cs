using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>
/// Listens in clear for the scanners beside the edge. Who does not call from a listed address is cut off before a byte is
/// read.
/// </summary>
internal sealed class ScannerListener : IAsyncDisposable
{
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly ScannerServices _services;
    private readonly AssociationAcceptor _acceptor;
    private readonly int _connectionsMax;
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly CancellationTokenSource _drain = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Dictionary<IPAddress, int> _bySource = [];
    private volatile int _connections;
    private Task _accepting = Task.CompletedTask;

    public ScannerListener(EdgeOptions options, ScannerServices services)
    {
        _services = services;
        _connectionsMax = options.ConnectionsMax;

        // One operation at a time: the order of an association is the order of its envelopes.
        _acceptor = new AssociationAcceptor(
            new AcceptorOptions
            {
                OperationsPerformedMax = 1,
                DimseLimits = DimseLimits.Default with { DataSetBytesMax = options.InstanceBytesMax },
            },
            services.Clock
        );
        _socket = new Socket(options.Bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(new IPEndPoint(options.Bind, options.Port));
            _socket.Listen(64);
        }
        catch (SocketException failure)
        {
            _socket.Dispose();
            throw new EdgeConfigurationException(
                $"cannot listen on {options.Bind}:{options.Port}: {failure.Message}",
                failure
            );
        }
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Associations that stand.</summary>
    public int Connections => _connections;

    /// <summary>Begins to accept.</summary>
    public void Start() => _accepting = AcceptAsync();

    /// <summary>Takes no more, lets operations end for a moment, then cuts off.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _drain.CancelAsync();
        _abort.CancelAfter(TimeSpan.FromSeconds(10));
        await _accepting;
        await Task.WhenAll(_running.Keys);
        _drain.Dispose();
        _abort.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_drain.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _socket.AcceptAsync(_drain.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                if (_drain.IsCancellationRequested)
                {
                    return;
                }

                // Out of descriptors, or the peer has gone: neither ends the listener.
                _services.Log.ListenerFailed(failure.SocketErrorCode.ToString());
                await Task.Delay(FailurePause, _services.Clock);
                continue;
            }

            Admit(client);
        }
    }

    private void Admit(Socket client)
    {
        if (client.RemoteEndPoint is not IPEndPoint { Address: var source })
        {
            client.Dispose();
            return;
        }

        if (!_services.Scanners.IsListed(source))
        {
            Refuse(client, source, EdgeRefusalReason.AddressNotListed);
        }
        else if (!TryEnter(source))
        {
            Refuse(client, source, EdgeRefusalReason.TooManyConnections);
        }
        else
        {
            var serving = Task.Run(() => ServeAsync(client, source));
            _running.TryAdd(serving, 0);
            _ = serving.ContinueWith(
                done => _running.TryRemove(done, out _),
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default
            );
        }
    }

    /// <summary>Counts a connection, of which one address has a third at most.</summary>
    private bool TryEnter(IPAddress source)
    {
        lock (_bySource)
        {
            var ofSource = _bySource.GetValueOrDefault(source);
            if (_connections >= _connectionsMax || ofSource >= Math.Max(2, _connectionsMax / 3))
            {
                return false;
            }

            _connections++;
            _bySource[source] = ofSource + 1;
            return true;
        }
    }

    private void Leave(IPAddress source)
    {
        lock (_bySource)
        {
            _connections--;
            if (--_bySource[source] == 0)
            {
                _bySource.Remove(source);
            }
        }
    }

    private void Refuse(Socket client, IPAddress source, EdgeRefusalReason reason)
    {
        // A reset, so that nothing lingers here for a stranger.
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Dispose();
        _services.Refusals.Add(source, reason);
    }

    private async Task ServeAsync(Socket client, IPAddress source)
    {
        try
        {
            await using var transport = new ScannerTransport(client);
            var caller = new CallerName();
            var end = await _acceptor.RunAsync(
                transport,
                new HandlerFactory(_services, source, caller),
                new Observer(_services.Log, caller),
                _drain.Token,
                _abort.Token
            );
            if (end.Kind == AssociationEndKind.ProtocolError)
            {
                _services.Refusals.Add(source, EdgeRefusalReason.ProtocolBroken);
            }

            if (end.Kind is not (AssociationEndKind.Released or AssociationEndKind.Rejected))
            {
                _services.Log.AssociationEnded(caller.Value, end.Kind.ToString());
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
        {
            _services.Log.AssociationEnded("a connection", failure.GetType().Name);
        }
        finally
        {
            Leave(source);
        }
    }

    private sealed class HandlerFactory(ScannerServices services, IPAddress source, CallerName caller)
        : IAssociationHandlerFactory
    {
        public IAssociationHandler Create(IAssociation association) =>
            new ScannerAssociation(services, source, caller, association);
    }

    private sealed class Observer(EdgeLog log, CallerName caller) : IAssociationObserver
    {
        public void HandlerFailed(Exception error) => log.HandlerFailed(caller.Value, error.GetType().Name);
    }
}
