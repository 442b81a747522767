using System.Buffers;

namespace Leadglass.Archive;

/// <summary>Bytes of one instance in blocks of a pool.</summary>
/// <param name="pool">Where blocks come from.</param>
/// <param name="reserve">Gives two blocks more when the pool has none; null for none.</param>
internal sealed class BlockBuffer(BlockPool pool, BlockPool? reserve = null) : IBufferWriter<byte>, IDisposable
{
    private const int BlocksOfReserveMax = 2;

    // What the sealer asks for at once; so much of a block's end may stay unused.
    private const int PieceBytesMax = (64 << 10) + 16;

    private readonly List<byte[]> _blocks = [];
    private readonly List<int> _lengths = [];
    private readonly List<byte[]> _ofReserve = [];

    // The block that is written to; those behind it are reserved.
    private int _current;

    /// <summary>Bytes in it.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes, until the next change.</summary>
    public ReadOnlySequence<byte> Written
    {
        get
        {
            if (Length == 0)
            {
                return ReadOnlySequence<byte>.Empty;
            }

            var first = new Segment(_blocks[0].AsMemory(0, _lengths[0]), 0);
            var last = first;
            for (var i = 1; i <= _current; i++)
            {
                last = last.Append(_blocks[i].AsMemory(0, _lengths[i]));
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }

    /// <summary>Makes room for so many more bytes, in pieces of 64 KiB at most; false if the pool has none.</summary>
    public bool TryReserve(int bytes)
    {
        while (RoomBytes() < bytes)
        {
            if ((pool.TryRent() ?? TryRentOfReserve()) is not { } block)
            {
                return false;
            }

            _blocks.Add(block);
            _lengths.Add(0);
        }

        return true;
    }

    /// <inheritdoc />
    public void Advance(int count)
    {
        _lengths[_current] += count;
        Length += count;
    }

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        TurnToRoom(Math.Max(1, sizeHint));
        return _blocks[_current].AsMemory(_lengths[_current]);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Forgets the bytes and keeps the blocks.</summary>
    public void Clear()
    {
        for (var i = 0; i < _lengths.Count; i++)
        {
            _lengths[i] = 0;
        }

        (_current, Length) = (0, 0);
    }

    /// <summary>Wipes what may be an instance in clear, and gives the blocks back.</summary>
    public void Dispose()
    {
        for (var i = 0; i < _blocks.Count; i++)
        {
            _blocks[i].AsSpan(0, _lengths[i]).Clear();
            (_ofReserve.Remove(_blocks[i]) ? reserve! : pool).Return(_blocks[i]);
        }

        _blocks.Clear();
        _lengths.Clear();
        (_current, Length) = (0, 0);
    }

    private byte[]? TryRentOfReserve()
    {
        if (_ofReserve.Count >= BlocksOfReserveMax || reserve?.TryRent() is not { } block)
        {
            return null;
        }

        _ofReserve.Add(block);
        return block;
    }

    private int RoomBytes()
    {
        var room = 0;
        for (var i = _current; i < _blocks.Count; i++)
        {
            room += Math.Max(0, _blocks[i].Length - _lengths[i] - PieceBytesMax);
        }

        return room;
    }

    private void TurnToRoom(int bytes)
    {
        while (_current < _blocks.Count && _blocks[_current].Length - _lengths[_current] < bytes)
        {
            if (_current + 1 == _blocks.Count)
            {
                throw new InvalidOperationException("more was written than was reserved");
            }

            _current++;
        }

        if (_blocks.Count == 0)
        {
            throw new InvalidOperationException("nothing was reserved");
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long start) => (Memory, RunningIndex) = (memory, start);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
