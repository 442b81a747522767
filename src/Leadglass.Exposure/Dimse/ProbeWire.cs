namespace Leadglass.Exposure;

/// <summary>
/// The bytes of one connection: received into one pinned block, cleared as soon as they are taken. Waits no longer than its
/// caller's token says and holds no more than the block.
/// </summary>
internal sealed class ProbeWire(Stream stream) : IDisposable
{
    private readonly PinnedBytes _bytes = PinnedBytes.Rent();
    private int _start;
    private int _end;

    /// <summary>What has come and was not taken.</summary>
    public ReadOnlyMemory<byte> Held => _bytes.Memory[_start.._end];

    /// <summary>Waits until so many bytes are held; false when the server closed before.</summary>
    /// <exception cref="IOException">The connection broke, or its budget is spent.</exception>
    public async ValueTask<bool> HoldAsync(int count, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, PinnedBytes.Length);
        while (_end - _start < count)
        {
            if (_start + count > PinnedBytes.Length)
            {
                Compact();
            }

            var read = await stream.ReadAsync(_bytes.Memory[_end..], cancel);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    /// <summary>Leaves bytes behind and clears them.</summary>
    public void Take(int count)
    {
        _bytes.Span.Slice(_start, count).Clear();
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await stream.WriteAsync(bytes, cancel);
        await stream.FlushAsync(cancel);
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    private void Compact()
    {
        var held = _end - _start;
        _bytes.Span[_start.._end].CopyTo(_bytes.Span);
        _bytes.Span[held.._end].Clear();
        _start = 0;
        _end = held;
    }
}
