using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>
/// Memory for what targets send. Blocks never move, so that the collector leaves no copies behind, and are zeroed when
/// they come back: a dump of the process holds nothing of a connection that has ended.
/// </summary>
internal sealed class ClearedMemoryPool : MemoryPool<byte>
{
    /// <summary>One size: a PDU of common length in one block.</summary>
    public const int BlockBytes = 16 << 10;

    // More blocks than that are made and dropped (zeroed) without being kept.
    private const int KeptMax = 256;

    private readonly ConcurrentBag<byte[]> _free = [];
    private int _kept;

    /// <summary>The pool of the process.</summary>
    public static new ClearedMemoryPool Shared { get; } = new();

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockBytes;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        if (_free.TryTake(out var block))
        {
            Interlocked.Decrement(ref _kept);
            return new Owner(this, block);
        }
        return new Owner(this, GC.AllocateArray<byte>(BlockBytes, pinned: true));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _free.Clear();

    private void Return(byte[] block)
    {
        CryptographicOperations.ZeroMemory(block);
        if (Interlocked.Increment(ref _kept) <= KeptMax)
        {
            _free.Add(block);
        }
        else
        {
            Interlocked.Decrement(ref _kept);
        }
    }

    private sealed class Owner(ClearedMemoryPool pool, byte[] block) : IMemoryOwner<byte>
    {
        private byte[]? _block = block;

        public Memory<byte> Memory => _block ?? throw new ObjectDisposedException(nameof(ClearedMemoryPool));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _block, null) is { } block)
            {
                pool.Return(block);
            }
        }
    }
}
