using System.Buffers;

namespace Leadglass.Server.Edges;

/// <summary>Buffers for what is opened of envelopes, used again by one association: they are too long to be made anew for each.</summary>
internal sealed class OpenedBytes
{
    private const int ChunkBytes = 64 * 1024;
    private const int KeptMax = 4;

    private readonly Stack<ArrayBufferWriter<byte>> _kept = new();
    private readonly Lock _gate = new();

    /// <summary>An empty buffer.</summary>
    public ArrayBufferWriter<byte> Take()
    {
        lock (_gate)
        {
            return _kept.TryPop(out var kept) ? kept : new ArrayBufferWriter<byte>(2 * ChunkBytes);
        }
    }

    /// <summary>Takes a buffer back, wiped.</summary>
    public void GiveBack(ArrayBufferWriter<byte> buffer)
    {
        buffer.Clear();
        lock (_gate)
        {
            if (_kept.Count < KeptMax)
            {
                _kept.Push(buffer);
            }
        }
    }
}
