using System.Collections.Concurrent;

namespace Leadglass.Archive;

/// <summary>
/// The memory that all instances on their way in share, in blocks of one size that are used again and again. Nobody waits
/// for a block: whoever gets none streams to the disk instead, so nothing can stall here.
/// </summary>
internal sealed class BlockPool(long bytesMax)
{
    /// <summary>Four sealed chunks of 64 KiB and their tags, with room for a record's header and trailer.</summary>
    public const int BlockBytes = (4 * ((64 << 10) + 16)) + 1024;

    private readonly int _blocksMax = (int)Math.Clamp(bytesMax / BlockBytes, 1, int.MaxValue);
    private readonly ConcurrentBag<byte[]> _idle = [];
    private int _rented;

    /// <summary>Bytes not rented.</summary>
    public long LeftBytes => bytesMax - ((long)Volatile.Read(ref _rented) * BlockBytes);

    /// <summary>A block, or null if all are rented.</summary>
    public byte[]? TryRent()
    {
        if (Interlocked.Increment(ref _rented) > _blocksMax)
        {
            Interlocked.Decrement(ref _rented);
            return null;
        }

        return _idle.TryTake(out var block) ? block : GC.AllocateUninitializedArray<byte>(BlockBytes);
    }

    /// <summary>Takes a block back.</summary>
    public void Return(byte[] block)
    {
        _idle.Add(block);
        Interlocked.Decrement(ref _rented);
    }
}
