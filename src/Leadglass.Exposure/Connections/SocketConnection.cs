using System.IO.Pipelines;
using System.Net.Sockets;

namespace Leadglass.Exposure;

/// <summary>A connection over a socket. It ends politely: no more from us, a moment for the target to end too, then closed.</summary>
internal sealed class SocketConnection : ProbeConnection
{
    // A server that has not ended by then is left; what it sends meanwhile is read into cleared memory and dropped.
    private static readonly TimeSpan ClosingTime = TimeSpan.FromMilliseconds(500);
    private const int ClosingReadsMax = 16;

    // An owner that has not let go so long after the deadline has forgotten the connection.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly BudgetedStream _stream;
    private readonly CancellationTokenSource _deadline;
    private readonly TimeProvider _clock;
    private readonly Action<long, TimeSpan> _ended;
    private readonly long _began;
    private ClearedPipe? _pipe;
    private readonly ITimer _forgotten;
    private int _isDisposed;

    /// <param name="ended">Told once, with the bytes that came and how long it lived, when the host is free again.</param>
    public SocketConnection(
        ProbeTarget target,
        Socket socket,
        long bytesMax,
        TimeSpan timeMax,
        TimeProvider clock,
        Action<long, TimeSpan> ended
    )
    {
        Target = target;
        _socket = socket;
        _clock = clock;
        _ended = ended;
        _began = clock.GetTimestamp();
        _deadline = new CancellationTokenSource(timeMax, clock);
        _stream = new BudgetedStream(socket, bytesMax, _deadline.Token);
        _forgotten = clock.CreateTimer(
            static connection => _ = ((SocketConnection)connection!).DisposeAsync().AsTask(),
            this,
            timeMax + Grace,
            Timeout.InfiniteTimeSpan
        );
    }

    public override ProbeTarget Target { get; }

    public override Stream Stream => _stream;

    public override IDuplexPipe Pipe => _pipe ??= new ClearedPipe(_stream);

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        await _forgotten.DisposeAsync();
        try
        {
            if (_pipe is not null)
            {
                await _pipe.CompleteAsync();
            }
            await EndAsync();
        }
        finally
        {
            await _stream.DisposeAsync();
            _socket.Dispose();
            _deadline.Dispose();
            _ended(_stream.BytesRead, _clock.GetElapsedTime(_began));
        }
    }

    private async ValueTask EndAsync()
    {
        using var closing = new CancellationTokenSource(ClosingTime, _clock);
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            using var block = ClearedMemoryPool.Shared.Rent();
            for (var i = 0; i < ClosingReadsMax && !_stream.IsAtEnd; i++)
            {
                if (await _socket.ReceiveAsync(block.Memory, SocketFlags.None, closing.Token) == 0)
                {
                    return;
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is closed in any case.
        }
    }

    /// <summary>A stream as a pipe whose every block is cleared when it has been read.</summary>
    private sealed class ClearedPipe(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } =
            PipeReader.Create(
                stream,
                new StreamPipeReaderOptions(
                    ClearedMemoryPool.Shared,
                    ClearedMemoryPool.BlockBytes,
                    minimumReadSize: 1024,
                    leaveOpen: true
                )
            );

        public PipeWriter Output { get; } =
            PipeWriter.Create(
                stream,
                new StreamPipeWriterOptions(ClearedMemoryPool.Shared, ClearedMemoryPool.BlockBytes, leaveOpen: true)
            );

        public async ValueTask CompleteAsync()
        {
            await Input.CompleteAsync();
            try
            {
                await Output.CompleteAsync();
            }
            catch (IOException)
            {
                // What it still held was for a target that is gone.
            }
        }
    }
}
