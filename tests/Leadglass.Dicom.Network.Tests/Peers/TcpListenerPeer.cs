using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>A small TCP adapter on loopback, so that real peers reach the acceptor.</summary>
internal sealed class TcpListenerPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task<AssociationEnd>> _associations = [];
    private readonly Task _accepting;

    public TcpListenerPeer(Func<TestHandler> handlers, AcceptorOptions? options = null)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(
            handlers,
            new AssociationAcceptor(options ?? new AcceptorOptions(), TimeProvider.System)
        );
    }

    public int Port { get; }

    /// <summary>How every association so far ended.</summary>
    public async Task<IReadOnlyList<AssociationEnd>> EndsAsync() => await Task.WhenAll(_associations);

    public static async Task<IDuplexPipe> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return PipeOver(new NetworkStream(socket, ownsSocket: true));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_associations);
        _stopping.Dispose();
    }

    public static DuplexPipe PipeOver(Stream stream) =>
        new(
            PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 128 * 1024)),
            PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 128 * 1024, leaveOpen: false))
        );

    private async Task AcceptAsync(Func<TestHandler> handlers, AssociationAcceptor acceptor)
    {
        while (true)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                socket.NoDelay = true;
                _associations.Add(ServeAsync(socket, handlers(), acceptor));
            }
            catch (Exception problem)
                when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task<AssociationEnd> ServeAsync(Socket socket, TestHandler handler, AssociationAcceptor acceptor)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        return await acceptor.RunAsync(PipeOver(stream), handler, aborting: _stopping.Token);
    }
}
