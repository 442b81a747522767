using System.Text;

namespace Leadglass.Server.SignIn.Pages;

/// <summary>
/// A QR code (ISO/IEC 18004) of a text of bytes, error correction level M, versions 1 to 10: enough for what an
/// authenticator app scans, and made here so that the secret goes to no other program.
/// </summary>
internal sealed class QrMatrix
{
    private const int VersionMax = 10;
    private const int Masks = 8;

    private static readonly int[] TotalCodewords = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346];
    private static readonly int[] CorrectionPerBlock = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26];
    private static readonly int[] BlockCounts = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5];
    private static readonly int[][] AlignmentCentres =
    [
        [],
        [6, 18],
        [6, 22],
        [6, 26],
        [6, 30],
        [6, 34],
        [6, 22, 38],
        [6, 24, 42],
        [6, 26, 46],
        [6, 28, 50],
    ];

    private readonly int _version;
    private readonly bool[] _dark;
    private readonly bool[] _fixed;

    private QrMatrix(int version)
    {
        _version = version;
        Size = 17 + (4 * version);
        _dark = new bool[Size * Size];
        _fixed = new bool[Size * Size];
    }

    /// <summary>Modules on one side, without the quiet zone of four.</summary>
    public int Size { get; }

    /// <summary>Whether a module is dark.</summary>
    public bool this[int row, int column] => _dark[Place(row, column)];

    /// <summary>The code of a text; null: it is too long.</summary>
    public static QrMatrix? Of(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var version = 1; version <= VersionMax; version++)
        {
            if (bytes.Length <= DataCodewords(version) - (version < 10 ? 2 : 3))
            {
                var code = new QrMatrix(version);
                code.DrawPatterns();
                code.DrawCodewords(WithCorrection(Encode(bytes, version), version));
                code.ChooseMask();
                return code;
            }
        }

        return null;
    }

    private static int DataCodewords(int version) =>
        TotalCodewords[version - 1] - (CorrectionPerBlock[version - 1] * BlockCounts[version - 1]);

    private static byte[] Encode(byte[] bytes, int version)
    {
        var bits = new List<bool>(DataCodewords(version) * 8);
        Append(bits, 0b0100, 4);
        Append(bits, bytes.Length, version < 10 ? 8 : 16);
        foreach (var one in bytes)
        {
            Append(bits, one, 8);
        }

        var capacity = DataCodewords(version) * 8;
        Append(bits, 0, Math.Min(4, capacity - bits.Count));
        Append(bits, 0, (8 - (bits.Count % 8)) % 8);
        for (var pad = 0xEC; bits.Count < capacity; pad ^= 0xEC ^ 0x11)
        {
            Append(bits, pad, 8);
        }

        var data = new byte[capacity / 8];
        for (var bit = 0; bit < bits.Count; bit++)
        {
            data[bit / 8] |= (byte)(bits[bit] ? 0x80 >> (bit % 8) : 0);
        }

        return data;
    }

    private static void Append(List<bool> bits, int value, int count)
    {
        for (var bit = count - 1; bit >= 0; bit--)
        {
            bits.Add(((value >> bit) & 1) == 1);
        }
    }

    /// <summary>Blocks with their correction, interleaved.</summary>
    private static byte[] WithCorrection(byte[] data, int version)
    {
        var (blocks, correction) = (BlockCounts[version - 1], CorrectionPerBlock[version - 1]);
        var shorter = data.Length / blocks;
        var firstLonger = blocks - (data.Length % blocks);
        var generator = Generator(correction);
        var parts = new List<(byte[] Data, byte[] Correction)>();
        for (var (block, start) = (0, 0); block < blocks; block++)
        {
            var part = data.AsSpan(start, shorter + (block >= firstLonger ? 1 : 0)).ToArray();
            start += part.Length;
            parts.Add((part, Remainder(part, generator)));
        }

        var result = new List<byte>(TotalCodewords[version - 1]);
        for (var place = 0; place <= shorter; place++)
        {
            result.AddRange(parts.Where(part => place < part.Data.Length).Select(part => part.Data[place]));
        }

        for (var place = 0; place < correction; place++)
        {
            result.AddRange(parts.Select(part => part.Correction[place]));
        }

        return [.. result];
    }

    private static byte[] Generator(int degree)
    {
        var result = new byte[degree];
        result[^1] = 1;
        byte root = 1;
        for (var step = 0; step < degree; step++)
        {
            for (var place = 0; place < degree; place++)
            {
                result[place] = Multiply(result[place], root);
                result[place] ^= place + 1 < degree ? result[place + 1] : (byte)0;
            }

            root = Multiply(root, 2);
        }

        return result;
    }

    private static byte[] Remainder(byte[] data, byte[] generator)
    {
        var result = new byte[generator.Length];
        foreach (var one in data)
        {
            var factor = (byte)(one ^ result[0]);
            result.AsSpan(1).CopyTo(result);
            result[^1] = 0;
            for (var place = 0; place < result.Length; place++)
            {
                result[place] ^= Multiply(generator[place], factor);
            }
        }

        return result;
    }

    /// <summary>In the field of 256 elements with the polynomial 0x11D.</summary>
    private static byte Multiply(byte one, byte other)
    {
        var product = 0;
        for (var bit = 7; bit >= 0; bit--)
        {
            product = (product << 1) ^ ((product >> 7) * 0x11D);
            product ^= ((other >> bit) & 1) * one;
        }

        return (byte)product;
    }

    private void DrawPatterns()
    {
        for (var place = 0; place < Size; place++)
        {
            Fix(6, place, place % 2 == 0);
            Fix(place, 6, place % 2 == 0);
        }

        foreach (var (row, column) in new[] { (3, 3), (3, Size - 4), (Size - 4, 3) })
        {
            DrawFinder(row, column);
        }

        var centres = AlignmentCentres[_version - 1];
        foreach (var row in centres)
        {
            foreach (var column in centres)
            {
                var isAtFinder =
                    (row, column) == (6, 6) || (row, column) == (6, centres[^1]) || (row, column) == (centres[^1], 6);
                if (!isAtFinder)
                {
                    DrawAlignment(row, column);
                }
            }
        }

        DrawFormat(0);
        DrawVersion();
    }

    private void DrawFinder(int centreRow, int centreColumn)
    {
        for (var row = -4; row <= 4; row++)
        {
            for (var column = -4; column <= 4; column++)
            {
                var ring = Math.Max(Math.Abs(row), Math.Abs(column));
                if (IsInside(centreRow + row) && IsInside(centreColumn + column))
                {
                    Fix(centreRow + row, centreColumn + column, ring is not (2 or 4));
                }
            }
        }
    }

    private void DrawAlignment(int centreRow, int centreColumn)
    {
        for (var row = -2; row <= 2; row++)
        {
            for (var column = -2; column <= 2; column++)
            {
                Fix(centreRow + row, centreColumn + column, Math.Max(Math.Abs(row), Math.Abs(column)) != 1);
            }
        }
    }

    private void DrawFormat(int mask)
    {
        var remainder = mask;
        for (var step = 0; step < 10; step++)
        {
            remainder = (remainder << 1) ^ ((remainder >> 9) * 0x537);
        }

        var bits = ((mask << 10) | remainder) ^ 0x5412;
        for (var bit = 0; bit < 15; bit++)
        {
            var dark = ((bits >> bit) & 1) == 1;
            var (row, column) = bit switch
            {
                < 6 => (bit, 8),
                6 => (7, 8),
                7 => (8, 8),
                8 => (8, 7),
                _ => (8, 14 - bit),
            };
            Fix(row, column, dark);
            Fix(bit < 8 ? 8 : Size - 15 + bit, bit < 8 ? Size - 1 - bit : 8, dark);
        }

        Fix(Size - 8, 8, true);
    }

    private void DrawVersion()
    {
        if (_version < 7)
        {
            return;
        }

        var remainder = _version;
        for (var step = 0; step < 12; step++)
        {
            remainder = (remainder << 1) ^ ((remainder >> 11) * 0x1F25);
        }

        var bits = (_version << 12) | remainder;
        for (var bit = 0; bit < 18; bit++)
        {
            var dark = ((bits >> bit) & 1) == 1;
            Fix(bit / 3, Size - 11 + (bit % 3), dark);
            Fix(Size - 11 + (bit % 3), bit / 3, dark);
        }
    }

    /// <summary>Two columns at a time from the right, up and down, around what is fixed.</summary>
    private void DrawCodewords(byte[] codewords)
    {
        var bit = 0;
        for (var right = Size - 1; right >= 1; right -= 2)
        {
            right = right == 6 ? 5 : right;
            for (var step = 0; step < Size; step++)
            {
                for (var side = 0; side < 2; side++)
                {
                    var column = right - side;
                    var row = ((right + 1) & 2) == 0 ? Size - 1 - step : step;
                    if (!_fixed[Place(row, column)] && bit < codewords.Length * 8)
                    {
                        _dark[Place(row, column)] = ((codewords[bit / 8] >> (7 - (bit % 8))) & 1) == 1;
                        bit++;
                    }
                }
            }
        }
    }

    private void ChooseMask()
    {
        var best = Enumerable
            .Range(0, Masks)
            .MinBy(mask =>
            {
                Flip(mask);
                DrawFormat(mask);
                var penalty = Penalty();
                Flip(mask);
                return penalty;
            });
        Flip(best);
        DrawFormat(best);
    }

    private void Flip(int mask)
    {
        for (var row = 0; row < Size; row++)
        {
            for (var column = 0; column < Size; column++)
            {
                _dark[Place(row, column)] ^= !_fixed[Place(row, column)] && IsFlipped(mask, row, column);
            }
        }
    }

    private static bool IsFlipped(int mask, int row, int column) =>
        mask switch
        {
            0 => (row + column) % 2 == 0,
            1 => row % 2 == 0,
            2 => column % 3 == 0,
            3 => (row + column) % 3 == 0,
            4 => ((row / 2) + (column / 3)) % 2 == 0,
            5 => (row * column % 2) + (row * column % 3) == 0,
            6 => ((row * column % 2) + (row * column % 3)) % 2 == 0,
            _ => (((row + column) % 2) + (row * column % 3)) % 2 == 0,
        };

    /// <summary>Long runs and blocks of one colour, which scanners read badly.</summary>
    private int Penalty()
    {
        var penalty = 0;
        for (var line = 0; line < Size; line++)
        {
            penalty += RunPenalty(line, isRow: true) + RunPenalty(line, isRow: false);
        }

        for (var row = 1; row < Size; row++)
        {
            for (var column = 1; column < Size; column++)
            {
                var colour = _dark[Place(row, column)];
                var isBlock =
                    _dark[Place(row - 1, column)] == colour
                    && _dark[Place(row, column - 1)] == colour
                    && _dark[Place(row - 1, column - 1)] == colour;
                penalty += isBlock ? 3 : 0;
            }
        }

        return penalty;
    }

    private int RunPenalty(int line, bool isRow)
    {
        var (penalty, run) = (0, 0);
        for (var place = 0; place < Size; place++)
        {
            var isSame = place > 0 && At(line, place, isRow) == At(line, place - 1, isRow);
            run = isSame ? run + 1 : 1;
            penalty += run switch
            {
                5 => 3,
                > 5 => 1,
                _ => 0,
            };
        }

        return penalty;
    }

    private bool At(int line, int place, bool isRow) => isRow ? _dark[Place(line, place)] : _dark[Place(place, line)];

    private int Place(int row, int column) => (row * Size) + column;

    private bool IsInside(int place) => place >= 0 && place < Size;

    private void Fix(int row, int column, bool dark)
    {
        _dark[Place(row, column)] = dark;
        _fixed[Place(row, column)] = true;
    }
}
