using System.Buffers;
using System.IO.Pipelines;

namespace Leadglass.Dicom.Network;

/// <summary>
/// Where the data set of an outgoing C-STORE is written: cuts it into fragments as long as the peer takes them. The
/// command goes out before the first byte of data, so that an instance that cannot be opened costs nothing.
/// </summary>
internal sealed class DataSetSink(UpperLayerConnection upper, byte contextId, CommandSet command, int fragmentBytesMax)
    : PipeWriter,
        IDisposable
{
    /// <summary>What may be written without a flush in between; a sink holds no whole instance.</summary>
    private const int UnflushedBytesMax = 16 * 1024 * 1024;

    private byte[] _held = ArrayPool<byte>.Shared.Rent(fragmentBytesMax);
    private int _heldLength;

    /// <summary>The command is out: the message must be finished, or the association aborted.</summary>
    public bool HasStarted { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _heldLength;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _held.Length - _heldLength);
        _heldLength += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _heldLength + Math.Max(sizeHint, 1);
        if (needed > _held.Length)
        {
            if (needed > UnflushedBytesMax)
            {
                throw new InvalidOperationException($"more than {UnflushedBytesMax} bytes written without a flush");
            }

            var larger = ArrayPool<byte>.Shared.Rent(needed);
            _held.AsSpan(0, _heldLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_held);
            _held = larger;
        }

        return _held.AsMemory(_heldLength);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        await SendAsync(default, cancellationToken);
        return default;
    }

    public override async ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source,
        CancellationToken cancellationToken = default
    )
    {
        await SendAsync(source, cancellationToken);
        return default;
    }

    public override void CancelPendingFlush() { }

    public override void Complete(Exception? exception = null) { }

    /// <summary>Sends the rest with the mark of the last fragment.</summary>
    public async ValueTask FinishAsync()
    {
        await SendAsync(default, CancellationToken.None);
        await BeginAsync();
        await upper.SendDataAsync(contextId, isLast: true, _held.AsMemory(0, _heldLength), default);
        _heldLength = 0;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_held);
        _held = [];
    }

    /// <summary>Sends full fragments and holds what is left: at least one byte, so that the last is never empty.</summary>
    private async ValueTask SendAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        var heldAt = 0;
        while (_heldLength - heldAt + source.Length > fragmentBytesMax)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await BeginAsync();
            var head = _held.AsMemory(heldAt, Math.Min(_heldLength - heldAt, fragmentBytesMax));
            var tail = source[..(fragmentBytesMax - head.Length)];
            await upper.SendDataAsync(contextId, isLast: false, head, tail);
            heldAt += head.Length;
            source = source[tail.Length..];
        }

        _held.AsSpan(heldAt, _heldLength - heldAt).CopyTo(_held);
        _heldLength -= heldAt;
        source.CopyTo(GetMemory(source.Length));
        _heldLength += source.Length;
    }

    private async ValueTask BeginAsync()
    {
        if (!HasStarted)
        {
            HasStarted = true;
            await upper.SendCommandAsync(contextId, command);
        }
    }
}
