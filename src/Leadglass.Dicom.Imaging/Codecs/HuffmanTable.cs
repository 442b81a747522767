using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>A Huffman table of differences (ISO/IEC 10918-1 C and F.2.2.3): codes of up to 16 bits for sizes 0 to 16.</summary>
internal sealed class HuffmanTable
{
    /// <summary>Codes up to this length are looked up at once; nearly all are.</summary>
    public const int FastBits = 11;

    private const int CodeLengthMax = 16;
    private const byte SizeMax = 16;

    private readonly int[] _maxCode = new int[CodeLengthMax + 2];
    private readonly int[] _valueOffset = new int[CodeLengthMax + 1];
    private readonly byte[] _values;

    private HuffmanTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> values)
    {
        _values = values.ToArray();
        var (code, index) = (0, 0);
        for (var length = 1; length <= CodeLengthMax; length++)
        {
            var count = counts[length - 1];
            _valueOffset[length] = index - code;
            for (var i = 0; i < count; i++, code++, index++)
            {
                if (length <= FastBits)
                {
                    var shift = FastBits - length;
                    Fast.AsSpan(code << shift, 1 << shift).Fill((ushort)((length << 8) | _values[index]));
                }
            }

            _maxCode[length] = count > 0 ? code - 1 : -1;
            code <<= 1;
        }

        _maxCode[CodeLengthMax + 1] = int.MaxValue;
    }

    /// <summary>For the next <see cref="FastBits"/> bits: code length in the high byte, size in the low; 0 for longer codes.</summary>
    public ushort[] Fast { get; } = new ushort[1 << FastBits];

    /// <summary>Reads the tables of a segment into their places.</summary>
    /// <exception cref="PixelDataException">They overlap, are cut, or name a size that no difference has.</exception>
    public static void Read(ReadOnlySpan<byte> body, HuffmanTable?[] tables)
    {
        while (body.Length > 0)
        {
            if (body.Length < 1 + CodeLengthMax || (body[0] & 0x0F) >= tables.Length)
            {
                throw Damaged();
            }

            var place = body[0] & 0x0F;
            var counts = body.Slice(1, CodeLengthMax);
            var total = Total(counts);
            if (total < 0 || total > body.Length - 1 - CodeLengthMax)
            {
                throw Damaged();
            }

            var values = body.Slice(1 + CodeLengthMax, total);
            // Class 1 are tables of coefficients, which no lossless scan uses.
            if (body[0] >> 4 == 0)
            {
                tables[place] = values.ContainsAnyExceptInRange((byte)0, SizeMax)
                    ? throw Damaged()
                    : new HuffmanTable(counts, values);
            }

            body = body[(1 + CodeLengthMax + total)..];
        }
    }

    /// <summary>Decodes a code longer than <see cref="FastBits"/> from the top of a window.</summary>
    /// <returns>Code length in the high byte and size in the low; 0 where no code fits.</returns>
    public int ReadLong(ulong window)
    {
        for (var length = FastBits + 1; length <= CodeLengthMax; length++)
        {
            var code = (int)(window >> (64 - length));
            if (code <= _maxCode[length])
            {
                var index = code + _valueOffset[length];
                return index >= 0 && index < _values.Length ? (length << 8) | _values[index] : 0;
            }
        }

        return 0;
    }

    /// <summary>How many codes there are; -1 where they do not fit into their lengths.</summary>
    private static int Total(ReadOnlySpan<byte> counts)
    {
        var (total, free) = (0, 1);
        foreach (var count in counts)
        {
            free = (free << 1) - count;
            total += count;
            if (free < 0)
            {
                return -1;
            }
        }

        return total;
    }

    private static PixelDataException Damaged() =>
        PixelDataException.Malformed("A Huffman table of a JPEG codestream is damaged (10918-1 B.2.4.2).");
}
