using System.IO.Pipelines;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>One TLS connection in the process of <see cref="TlsCarrier"/>, which has no socket: its bytes come and go as messages.</summary>
internal sealed class TlsCarriage : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeMax = TimeSpan.FromSeconds(30);

    private readonly Stream _input;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _done = new();
    private readonly FrameWriter _frames;
    private readonly Pipe _wire = new();
    private readonly WireStream _far;
    private readonly TaskCompletionSource<Stream> _inner = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TlsCarriage(Stream input, Stream output, TimeProvider time)
    {
        _input = input;
        _time = time;
        _frames = new FrameWriter(output);
        _far = new WireStream(_wire.Reader, _frames);
    }

    /// <summary>Carries until the server or the auditor ends; false where the auditor sends something else than a task.</summary>
    public async Task<bool> RunAsync()
    {
        var frame = new byte[RowFrames.LengthMax];
        try
        {
            var (kind, length) = await RowFrames.ReadAsync(_input, frame, CancellationToken.None);
            if (kind != RowFrameKind.Task)
            {
                return false;
            }

            var name = length == 0 ? null : Encoding.UTF8.GetString(frame, 0, length);
            await Task.WhenAll(TakeAsync(), CarryAsync(name));
        }
        catch (IOException)
        {
            // The auditor has ended before it began.
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _far.DisposeAsync();
        await _input.DisposeAsync();
        _frames.Dispose();
        _done.Dispose();
    }

    private static bool IsEnd(Exception problem) =>
        problem is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    /// <summary>Shakes hands, then passes on what the server says within.</summary>
    private async Task CarryAsync(string? name)
    {
        try
        {
            var looked = await TlsLook.ConnectAsync(_far, name, HandshakeMax, _time, _done.Token);
            if (looked.Stream is { } tls)
            {
                await using var owned = tls;
                _inner.SetResult(tls);
                await _frames.WriteAsync(RowFrameKind.Result, default, _done.Token);
                await PassOnAsync(tls);
            }

            await _frames.WriteAsync(RowFrameKind.End, default, _done.Token);
        }
        catch (Exception problem) when (IsEnd(problem))
        {
            // The server has ended, or the auditor wants no more.
        }
        finally
        {
            _inner.TrySetCanceled(CancellationToken.None);
            await _done.CancelAsync();
        }
    }

    private async Task PassOnAsync(Stream tls)
    {
        var bytes = new byte[RowFrames.LengthMax];
        int count;
        while ((count = await tls.ReadAsync(bytes, _done.Token)) > 0)
        {
            await _frames.WriteAsync(RowFrameKind.Plain, bytes.AsMemory(0, count), _done.Token);
        }
    }

    /// <summary>Takes what the auditor sends until it sends no more: bytes of the wire, and bytes for within.</summary>
    private async Task TakeAsync()
    {
        var frame = new byte[RowFrames.LengthMax];
        try
        {
            while (true)
            {
                var (kind, length) = await RowFrames.ReadAsync(_input, frame, _done.Token);
                var bytes = frame.AsMemory(0, length);
                switch (kind)
                {
                    case RowFrameKind.Data:
                        await _wire.Writer.WriteAsync(bytes, _done.Token);
                        break;
                    case RowFrameKind.Plain:
                        await (await _inner.Task).WriteAsync(bytes, _done.Token);
                        break;
                    case RowFrameKind.End:
                        await _wire.Writer.CompleteAsync();
                        break;
                }
            }
        }
        catch (Exception problem) when (IsEnd(problem))
        {
            await _done.CancelAsync();
            await _wire.Writer.CompleteAsync();
        }
    }

    /// <summary>The connection as TLS sees it: the auditor holds it, and carries its bytes.</summary>
    private sealed class WireStream(PipeReader wire, FrameWriter frames) : ForwardOnlyStream
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => await wire.TakeAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => frames.WriteAsync(RowFrameKind.Data, buffer, cancellationToken);
    }
}
