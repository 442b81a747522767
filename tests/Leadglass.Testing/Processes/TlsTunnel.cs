using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Leadglass.Testing.Processes;

/// <summary>
/// Listens in clear on loopback and carries every connection to a TLS listener with a device's certificate: for peers that
/// have no TLS of their own.
/// </summary>
public sealed class TlsTunnel : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    public TlsTunnel(string host, int port, EnrolledDevice device)
    {
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync(host, port, device);
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync(string host, int port, EnrolledDevice device)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                client.NoDelay = true;
                connections.Add(CarryAsync(client, host, port, device));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task CarryAsync(TcpClient client, string host, int port, EnrolledDevice device)
    {
        using (client)
        {
            try
            {
                await using var near = client.GetStream();
                await using var far = await DeviceTls.ConnectAsync(host, port, device, stop.Token);
                await Task.WhenAny(near.CopyToAsync(far, stop.Token), far.CopyToAsync(near, stop.Token));
            }
            catch (Exception end)
                when (end
                        is IOException
                            or SocketException
                            or OperationCanceledException
                            or System.Security.Authentication.AuthenticationException
                )
            {
                // The tool on the near side sees its connection close, which is all it would see of a refused one.
            }
        }
    }
}
