using System.Runtime.InteropServices;

namespace Leadglass.Sealing;

/// <summary>Memory that lies as blocks of a disk do, for writing past the page cache. Not for use by several threads.</summary>
public sealed class BlockBuffer
{
    /// <summary>Size of a block in bytes, which is also how the memory is aligned.</summary>
    public const int BlockBytes = 4096;

    private readonly byte[] _pinned;
    private readonly int _start;

    /// <summary>Allocates so many bytes, a multiple of a block.</summary>
    public BlockBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % BlockBytes, 0);
        Length = length;
        _pinned = GC.AllocateUninitializedArray<byte>(length + BlockBytes, pinned: true);
        var over = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(_pinned, 0) % BlockBytes);
        _start = over == 0 ? 0 : BlockBytes - over;
    }

    /// <summary>Length in bytes.</summary>
    public int Length { get; }

    /// <summary>The memory; what it holds at first is undefined.</summary>
    public Span<byte> Span => _pinned.AsSpan(_start, Length);
}
