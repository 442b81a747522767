using System.Buffers.Binary;
using System.IO.Pipelines;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Frames of encapsulated pixel data (PS3.5 A.4): found by the fragments noted at ingest, else by an offset table, else by
/// going from one fragment's header to the next.
/// </summary>
internal sealed class EncapsulatedFrames : IFramePlaces
{
    private const int PieceBytes = 256 << 10;
    private readonly IPixelSource _items;
    private readonly List<(int First, int End)> _frames;
    private readonly IReadOnlyList<FragmentRange> _fragments;

    private EncapsulatedFrames(
        IPixelSource items,
        IReadOnlyList<FragmentRange> fragments,
        List<(int First, int End)> frames
    ) => (_items, _fragments, _frames) = (items, fragments, frames);

    public int Count => _frames.Count;

    /// <param name="items">From the first item, which is the Basic Offset Table, to the end.</param>
    /// <param name="fragments">Where the fragments lie from there.</param>
    /// <param name="starts">Where the frames begin, from the first byte after the Basic Offset Table; empty if unknown.</param>
    /// <exception cref="FrameUnavailableException">Where one frame ends and the next begins cannot be told.</exception>
    public static async ValueTask<EncapsulatedFrames> OfAsync(
        IPixelSource items,
        IReadOnlyList<FragmentRange> fragments,
        IReadOnlyList<long> starts,
        int count,
        CancellationToken cancellationToken
    ) =>
        new(
            items,
            fragments,
            count == 1 ? [(0, fragments.Count)]
                : fragments.Count == count ? [.. Enumerable.Range(0, count).Select(i => (i, i + 1))]
                : ByStarts(fragments, starts, count)
                    ?? await ByMarkersAsync(items, fragments, count, cancellationToken)
                    ?? throw new FrameUnavailableException("the fragments do not tell where a frame begins")
        );

    public ValueTask<long> LengthAsync(int frame, CancellationToken cancellationToken)
    {
        var (first, end) = _frames[frame - 1];
        long length = 0;
        for (var i = first; i < end; i++)
        {
            length += _fragments[i].Length;
        }

        return ValueTask.FromResult(length);
    }

    public async ValueTask CopyAsync(int frame, PipeWriter sink, CancellationToken cancellationToken)
    {
        var (first, end) = _frames[frame - 1];
        for (var i = first; i < end; i++)
        {
            for (long done = 0; done < _fragments[i].Length; )
            {
                var rest = _fragments[i].Length - done;
                var piece = sink.GetMemory((int)Math.Min(PieceBytes, rest));
                piece = piece[..(int)Math.Min(piece.Length, rest)];
                await _items.ReadAsync(_fragments[i].Offset + done, piece, cancellationToken);
                sink.Advance(piece.Length);
                done += piece.Length;
                if ((await sink.FlushAsync(cancellationToken)).IsCompleted)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Each start has to be that of a fragment's item.</summary>
    private static List<(int First, int End)>? ByStarts(
        IReadOnlyList<FragmentRange> fragments,
        IReadOnlyList<long> starts,
        int count
    )
    {
        if (starts.Count != count || fragments.Count < count)
        {
            return null;
        }

        const int itemHeaderBytes = 8;
        var origin = fragments[0].Offset - itemHeaderBytes;
        var firsts = new List<int>(count);
        var fragment = 0;
        foreach (var start in starts)
        {
            while (fragment < fragments.Count && fragments[fragment].Offset - itemHeaderBytes - origin < start)
            {
                fragment++;
            }

            if (
                fragment == fragments.Count
                || fragments[fragment].Offset - itemHeaderBytes - origin != start
                || (firsts.Count > 0 && firsts[^1] >= fragment)
            )
            {
                return null;
            }

            firsts.Add(fragment);
        }

        return firsts[0] == 0 ? Between(firsts, fragments.Count) : null;
    }

    /// <summary>JPEG, JPEG-LS and JPEG 2000 streams begin with a marker that a later fragment of one hardly does.</summary>
    private static async ValueTask<List<(int First, int End)>?> ByMarkersAsync(
        IPixelSource items,
        IReadOnlyList<FragmentRange> fragments,
        int count,
        CancellationToken cancellationToken
    )
    {
        if (fragments.Count < count)
        {
            return null;
        }

        var firsts = new List<int>(count);
        var start = new byte[4];
        for (var i = 0; i < fragments.Count && firsts.Count <= count; i++)
        {
            if (fragments[i].Length < start.Length)
            {
                continue;
            }

            await items.ReadAsync(fragments[i].Offset, start, cancellationToken);
            if (BinaryPrimitives.ReadUInt32BigEndian(start) is 0xFF4FFF51 || (start is [0xFF, 0xD8, 0xFF, _]))
            {
                firsts.Add(i);
            }
        }

        return firsts.Count == count && firsts[0] == 0 ? Between(firsts, fragments.Count) : null;
    }

    private static List<(int First, int End)> Between(List<int> firsts, int end) =>
        [.. firsts.Select((first, i) => (first, i + 1 < firsts.Count ? firsts[i + 1] : end))];
}
