using System.Net;
using System.Net.Sockets;

namespace Leadglass.Exposure.Tests.Connections;

/// <summary>
/// Listens on loopback, hands each connection to what it is given, and counts: how many came, and how many lived at one
/// time for each address that was connected to.
/// </summary>
internal sealed class CountingServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<NetworkStream, CancellationToken, Task> _serve;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<IPAddress, int> _alive = [];
    private readonly List<Task> _served = [];
    private readonly Lock _lock = new();
    private readonly Task _accepting;

    public CountingServer(IPAddress address, Func<NetworkStream, CancellationToken, Task> serve, int port = 0)
    {
        _serve = serve;
        _listener = new TcpListener(address, port);
        _listener.Start(1024);
        _accepting = AcceptAsync();
    }

    public IPAddress Address => ((IPEndPoint)_listener.LocalEndpoint).Address;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections { get; private set; }

    /// <summary>The most connections that one address had at one time.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>Reads and drops until the peer ends.</summary>
    public static async Task ReadToEndAsync(NetworkStream stream, CancellationToken stop)
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, stop) > 0)
        {
            // Dropped.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_served);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _served.Add(ServeAsync(client));
            }
        }
        catch (Exception ended)
            when (ended is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var address = ((IPEndPoint)client.Client.LocalEndPoint!).Address;
        lock (_lock)
        {
            Connections++;
            _alive[address] = _alive.GetValueOrDefault(address) + 1;
            MostAtOnce = Math.Max(MostAtOnce, _alive[address]);
        }
        try
        {
            await _serve(client.GetStream(), _stop.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The peer is gone, or the test is over.
        }
        finally
        {
            // Counted down before the peer can see the end, so that its next connection is never counted beside this one.
            lock (_lock)
            {
                _alive[address]--;
            }
            client.Dispose();
        }
    }
}
