using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Leadglass.Edge;

/// <summary>
/// A scanner's connection as a pipe. TCP_QUICKACK is armed again after every read, since the kernel forgets it: many devices
/// leave Nagle's algorithm on and write a PDU in two pieces, of which the second waits for a delayed acknowledgement.
/// </summary>
internal sealed class ScannerTransport : IDuplexPipe, IAsyncDisposable
{
    // A PDU of the length that we announce fits whole.
    private const int BufferLengthBytes = 128 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private readonly QuickAckStream _stream;

    public ScannerTransport(Socket socket)
    {
        socket.NoDelay = true;
        _stream = new QuickAckStream(socket);
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: BufferLengthBytes, leaveOpen: true));
        Output = PipeWriter.Create(_stream, new StreamPipeWriterOptions(leaveOpen: true));
    }

    /// <summary>Calls a scanner that listens at <c>HOST:PORT</c>.</summary>
    /// <exception cref="SocketException">It is not reached.</exception>
    /// <exception cref="IOException">This is no HOST:PORT, or no answer came in time.</exception>
    public static async Task<ScannerTransport> DialAsync(string address, CancellationToken cancel)
    {
        var colon = address.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(address.AsSpan(colon + 1), CultureInfo.InvariantCulture, out var port))
        {
            throw new IOException("where the scanner listens is not HOST:PORT");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(address[..colon].Trim('[', ']'), port, limit.Token);
            return new ScannerTransport(socket);
        }
        catch (Exception failure)
        {
            socket.Dispose();
            cancel.ThrowIfCancellationRequested();
            if (failure is OperationCanceledException)
            {
                throw new IOException("no answer in time", failure);
            }

            throw;
        }
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        try
        {
            await Output.CompleteAsync();
        }
        catch (IOException)
        {
            // The peer has closed already.
        }

        await _stream.DisposeAsync();
    }

    private sealed class QuickAckStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private const int LevelTcp = 6;
        private const int OptionQuickAck = 12;

        private static ReadOnlySpan<byte> One => [1, 0, 0, 0];

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            try
            {
                Socket.SetRawSocketOption(LevelTcp, OptionQuickAck, One);
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // The read that follows reports it.
            }

            return count;
        }
    }
}
