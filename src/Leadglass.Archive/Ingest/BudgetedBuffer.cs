using System.Buffers;

namespace Leadglass.Archive;

/// <summary>Bytes of one instance in one pooled array that counts against the ingest budget.</summary>
internal sealed class BudgetedBuffer(IngestBudget budget) : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 64 << 10;
    private byte[] _array = [];
    private int _length;
    private long _taken;

    /// <summary>Bytes in it.</summary>
    public int Length => _length;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Written => _array.AsMemory(0, _length);

    /// <summary>Makes room for so many more bytes; false if the budget has none. Room once made stays.</summary>
    public bool TryReserve(int bytes)
    {
        var needed = (long)_length + bytes;
        if (needed <= _array.Length)
        {
            return true;
        }

        var size = Math.Max(FirstBytes, (long)_array.Length);
        while (size < needed)
        {
            size *= 2;
        }

        // Both arrays live while one is copied into the other, so both count.
        if (size > Array.MaxLength || !budget.TryTake(size))
        {
            return false;
        }

        Grow((int)size);
        budget.Return(_taken);
        _taken = size;
        return true;
    }

    /// <inheritdoc />
    public void Advance(int count) => _length += count;

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureReserved(sizeHint);
        return _array.AsMemory(_length);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureReserved(sizeHint);
        return _array.AsSpan(_length);
    }

    /// <summary>Forgets the bytes and keeps the room.</summary>
    public void Clear() => _length = 0;

    /// <summary>Gives array and budget back.</summary>
    public void Dispose()
    {
        if (_array.Length > 0)
        {
            // It may have held an instance in clear.
            _array.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(_array);
        }

        budget.Return(_taken);
        (_array, _length, _taken) = ([], 0, 0);
    }

    private void EnsureReserved(int bytes)
    {
        if (_array.Length - _length < Math.Max(1, bytes))
        {
            throw new InvalidOperationException("more was written than was reserved");
        }
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        _array.AsSpan(0, _length).CopyTo(larger);
        if (_array.Length > 0)
        {
            _array.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
