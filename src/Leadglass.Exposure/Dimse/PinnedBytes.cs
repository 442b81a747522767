using System.Collections.Concurrent;

namespace Leadglass.Exposure;

/// <summary>
/// A block of bytes for what a server sends. It never moves, so that the collector leaves no copies behind, and it is
/// cleared before it is used again.
/// </summary>
internal sealed class PinnedBytes : IDisposable
{
    /// <summary>Length of every block.</summary>
    public const int Length = 64 * 1024;

    private const int KeptMax = 64;

    private static readonly ConcurrentQueue<byte[]> Kept = new();

    private byte[]? _bytes;

    private PinnedBytes(byte[] bytes) => _bytes = bytes;

    /// <summary>All of it.</summary>
    public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(PinnedBytes));

    /// <summary>All of it.</summary>
    public Span<byte> Span => Memory.Span;

    /// <summary>A block of zeros.</summary>
    public static PinnedBytes Rent() =>
        new(Kept.TryDequeue(out var bytes) ? bytes : GC.AllocateArray<byte>(Length, pinned: true));

    /// <summary>Clears the block and gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is not { } bytes)
        {
            return;
        }

        Array.Clear(bytes);
        if (Kept.Count < KeptMax)
        {
            Kept.Enqueue(bytes);
        }
    }
}
