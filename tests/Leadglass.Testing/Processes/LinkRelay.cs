using System.Net;
using System.Net.Sockets;

namespace Leadglass.Testing.Processes;

/// <summary>
/// Carries TCP connections to a server whose port may change, and can be cut: bytes vanish as in a network that drops
/// packets, until it is mended; connections of that time are then closed.
/// </summary>
public sealed class LinkRelay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;
    private CancellationTokenSource era = new();
    private volatile bool isCut;

    public LinkRelay()
    {
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Where connections go.</summary>
    public int TargetPort { get; set; }

    /// <summary>From now on nothing gets through, and nobody is told.</summary>
    public void Cut() => isCut = true;

    /// <summary>Lets new connections through; those of before are closed.</summary>
    public async Task MendAsync()
    {
        isCut = false;
        await CloseAllAsync();
    }

    /// <summary>Closes every connection, as a restarted router does.</summary>
    public async Task CloseAllAsync()
    {
        var former = Interlocked.Exchange(ref era, new CancellationTokenSource());
        await former.CancelAsync();
        former.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        era.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                client.NoDelay = true;
                connections.Add(CarryAsync(client, era.Token));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task CarryAsync(TcpClient client, CancellationToken thisEra)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, thisEra);
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, TargetPort, end.Token);
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), server.GetStream(), end.Token),
                    CopyAsync(server.GetStream(), client.GetStream(), end.Token)
                );
                await end.CancelAsync();
            }
            catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
            {
                // The connection ends here.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationToken end)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, end) is > 0 and var count)
            {
                if (isCut)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, end);
                }

                await to.WriteAsync(buffer.AsMemory(0, count), end);
            }
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException)
        {
            // The connection ends here.
        }
    }
}
