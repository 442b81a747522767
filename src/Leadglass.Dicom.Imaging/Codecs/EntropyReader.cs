using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>
/// The bits of a scan (ISO/IEC 10918-1 F.2.2): stuffed zeros taken out, never beyond a marker. What is read beyond the end
/// is zero and counted.
/// </summary>
internal ref struct EntropyReader(ReadOnlySpan<byte> data, int position)
{
    private const ulong LowBits = 0x0101010101010101;
    private const ulong HighBits = 0x8080808080808080;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _padding;

    /// <summary>The next bits, the first one highest.</summary>
    public ulong Window { get; private set; }

    /// <summary>How many of <see cref="Window"/> are filled.</summary>
    public int Count { get; private set; }

    /// <summary>The next byte that was not taken; at a marker once the scan or interval is read.</summary>
    public int Position { get; private set; } = position;

    /// <summary>More was read than there is.</summary>
    public readonly bool IsOverrun => _padding > Count;

    /// <summary>Makes sure that 32 bits are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fill()
    {
        if (Count < 32)
        {
            Refill();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int bits)
    {
        Window <<= bits;
        Count -= bits;
    }

    /// <summary>Drops what is left before a restart marker and steps over the marker.</summary>
    /// <param name="number">0 to 7, the one that must stand there.</param>
    public bool TryRestart(int number)
    {
        SkipToMarker();
        while (Position + 1 < _data.Length && _data[Position + 1] == 0xFF)
        {
            Position++;
        }

        if (Position + 1 >= _data.Length || _data[Position + 1] != JpegMarker.Restart0 + number)
        {
            return false;
        }

        Position += 2;
        (Window, Count, _padding) = (0, 0, 0);
        return true;
    }

    /// <summary>Steps over what the scan left unread: an encoder may close it with a whole byte of ones.</summary>
    public void SkipToMarker()
    {
        while (Position < _data.Length && !IsAtMarker())
        {
            Position++;
        }
    }

    private readonly bool IsAtMarker() =>
        _data[Position] == 0xFF && Position + 1 < _data.Length && _data[Position + 1] != 0;

    private void Refill()
    {
        if (Position + 8 <= _data.Length)
        {
            var next = BinaryPrimitives.ReadUInt64BigEndian(_data[Position..]);
            if (((~next - LowBits) & next & HighBits) == 0)
            {
                // No FF among eight bytes. Bits beyond the last whole byte are put in again, the same, next time.
                Window |= next >> Count;
                var bytes = (63 - Count) >> 3;
                Position += bytes;
                Count += bytes * 8;
                return;
            }
        }

        while (Count <= 56)
        {
            Window |= (ulong)NextByte() << (56 - Count);
            Count += 8;
        }
    }

    private byte NextByte()
    {
        if (Position < _data.Length)
        {
            var value = _data[Position];
            if (value != 0xFF)
            {
                Position++;
                return value;
            }

            if (Position + 1 < _data.Length && _data[Position + 1] == 0)
            {
                Position += 2;
                return value;
            }
        }

        _padding += 8;
        return 0;
    }
}
