using System.Buffers.Binary;

namespace Leadglass.Exposure;

/// <summary>
/// Walks the top-level elements of an identifier, Implicit or Explicit VR Little Endian (PS3.5 7.1), in place. Values are
/// slices of the bytes that came; sequences are stepped over. Nothing is decoded, nothing is copied.
/// </summary>
internal ref struct MatchReader(ReadOnlySpan<byte> bytes, bool isExplicit)
{
    private const uint Item = 0xFFFE_E000;
    private const uint ItemDelimitation = 0xFFFE_E00D;
    private const uint SequenceDelimitation = 0xFFFE_E0DD;
    private const uint UndefinedLength = 0xFFFF_FFFF;
    private const ushort Un = ('U' << 8) | 'N';
    private const int DepthMax = 16;

    private readonly bool _isExplicit = isExplicit;
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>The bytes are no data set; what came before stands.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>The tag of the element read last.</summary>
    public uint Tag { get; private set; }

    /// <summary>Its value with its padding; empty for sequences.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Reads the next element; false at the end.</summary>
    public bool Read()
    {
        if (_left.IsEmpty || IsMalformed)
        {
            return false;
        }

        if (!TryHeader(ref _left, _isExplicit, out var tag, out var length, out var vr))
        {
            IsMalformed = true;
            return false;
        }

        Tag = tag;
        Value = default;
        if (length == UndefinedLength)
        {
            // PS3.5 6.2.2: a UN of undefined length holds Implicit VR.
            IsMalformed = !TrySkip(ref _left, _isExplicit && vr != Un, 1);
        }
        else if (length > _left.Length)
        {
            IsMalformed = true;
        }
        else
        {
            Value = _left[..(int)length];
            _left = _left[(int)length..];
        }

        return !IsMalformed;
    }

    /// <summary>Steps over the items of a sequence, or the elements of an item, of undefined length.</summary>
    private static bool TrySkip(scoped ref ReadOnlySpan<byte> left, bool isExplicit, int depth)
    {
        while (depth <= DepthMax && TryHeader(ref left, isExplicit, out var tag, out var length, out var vr))
        {
            if (tag is ItemDelimitation or SequenceDelimitation)
            {
                return length == 0;
            }

            if (length == UndefinedLength)
            {
                if (!TrySkip(ref left, isExplicit && (tag == Item || vr != Un), depth + 1))
                {
                    return false;
                }
            }
            else if (length > left.Length)
            {
                return false;
            }
            else
            {
                left = left[(int)length..];
            }
        }

        return false;
    }

    private static bool TryHeader(
        scoped ref ReadOnlySpan<byte> left,
        bool isExplicit,
        out uint tag,
        out uint length,
        out ushort vr
    )
    {
        tag = length = vr = 0;
        if (left.Length < 8)
        {
            return false;
        }

        tag =
            ((uint)BinaryPrimitives.ReadUInt16LittleEndian(left) << 16)
            | BinaryPrimitives.ReadUInt16LittleEndian(left[2..]);
        if (!isExplicit || tag >> 16 == 0xFFFE)
        {
            length = BinaryPrimitives.ReadUInt32LittleEndian(left[4..]);
            left = left[8..];
            return true;
        }

        vr = BinaryPrimitives.ReadUInt16BigEndian(left[4..]);
        if (!IsLong(vr))
        {
            length = BinaryPrimitives.ReadUInt16LittleEndian(left[6..]);
            left = left[8..];
            return true;
        }

        if (left.Length < 12)
        {
            return false;
        }

        length = BinaryPrimitives.ReadUInt32LittleEndian(left[8..]);
        left = left[12..];
        return true;
    }

    /// <summary>Representations whose length has four bytes (PS3.5 Table 7.1-1).</summary>
    private static bool IsLong(ushort vr) =>
        (char)(vr >> 8) switch
        {
            'O' => (char)(vr & 0xFF) is 'B' or 'W' or 'F' or 'D' or 'L' or 'V',
            'U' => (char)(vr & 0xFF) is 'N' or 'T' or 'C' or 'R' or 'V',
            'S' => (char)(vr & 0xFF) is 'Q' or 'V',
            _ => false,
        };
}
