using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>What a JPEG 2000 codestream says of itself in its main header (ISO/IEC 15444-1 A.4 to A.6).</summary>
internal sealed class Jpeg2000Header
{
    private const ushort StartOfCodestream = 0xFF4F;
    private const ushort Size = 0xFF51;
    private const ushort CodingStyle = 0xFF52;
    private const ushort StartOfTile = 0xFF90;
    private const int LevelsMax = 32;

    /// <summary>Where the codestream begins in the frame; not 0 where it is wrapped as a JP2 file.</summary>
    public int Offset { get; private set; }

    public long Columns { get; private set; }

    public long Rows { get; private set; }

    public int Components { get; private set; }

    /// <summary>The largest precision of a component, in bits.</summary>
    public int Precision { get; private set; }

    /// <summary>Some component has fewer samples than the image has pixels.</summary>
    public bool IsSubsampled { get; private set; }

    /// <summary>Colour was transformed, and decoding gives what it was before (15444-1 G).</summary>
    public bool HasComponentTransform { get; private set; }

    /// <summary>Tiles, which all cost a decoder memory before the first sample is there.</summary>
    public long Tiles { get; private set; }

    /// <summary>Precincts of all tiles, resolutions and components, of which the same is true.</summary>
    public long Precincts { get; private set; }

    /// <exception cref="PixelDataException">It is none, or is damaged.</exception>
    public static Jpeg2000Header Read(ReadOnlySpan<byte> frame)
    {
        var header = new Jpeg2000Header { Offset = FindCodestream(frame) };
        var codestream = frame[header.Offset..];
        if (
            codestream.Length < 4
            || BinaryPrimitives.ReadUInt16BigEndian(codestream) != StartOfCodestream
            || BinaryPrimitives.ReadUInt16BigEndian(codestream[2..]) != Size
        )
        {
            throw Damaged();
        }

        for (var at = 2; ; )
        {
            var marker = at + 4 <= codestream.Length ? BinaryPrimitives.ReadUInt16BigEndian(codestream[at..]) : 0;
            if (marker == StartOfTile)
            {
                return header.Precincts > 0 ? header : throw Damaged();
            }

            var length = marker < 0xFF00 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(codestream[(at + 2)..]);
            if (length < 2 || length > codestream.Length - at - 2)
            {
                throw Damaged();
            }

            var body = codestream.Slice(at + 4, length - 2);
            if (marker == Size)
            {
                header.ReadSize(body);
            }
            else if (marker == CodingStyle)
            {
                header.ReadCodingStyle(body);
            }

            at += 2 + length;
        }
    }

    // Frames should be bare codestreams (PS3.5 8.2.4); some are whole JP2 files, whose boxes have a length and a name.
    private static int FindCodestream(ReadOnlySpan<byte> frame)
    {
        if (!frame.StartsWith("\0\0\0\x0CjP  "u8))
        {
            return 0;
        }

        for (long at = 0; at + 8 <= frame.Length; )
        {
            var box = frame[(int)at..];
            long length = BinaryPrimitives.ReadUInt32BigEndian(box);
            if (box[4..].StartsWith("jp2c"u8))
            {
                return (int)at + (length == 1 ? 16 : 8);
            }

            if (length < 8)
            {
                break;
            }

            at += length;
        }

        throw Damaged();
    }

    private static long Ceiling(long value, long divisor) => (value + divisor - 1) / divisor;

    private static PixelDataException Damaged() =>
        PixelDataException.Malformed("The main header of a JPEG 2000 codestream is damaged (15444-1 A.4).");

    // 15444-1 A.5.1.
    private void ReadSize(ReadOnlySpan<byte> body)
    {
        if (Components > 0 || body.Length < 36)
        {
            throw Damaged();
        }

        long At(ReadOnlySpan<byte> bytes, int index) =>
            BinaryPrimitives.ReadUInt32BigEndian(bytes[(2 + (4 * index))..]);
        var (x1, y1, x0, y0) = (At(body, 0), At(body, 1), At(body, 2), At(body, 3));
        var (tileX, tileY, tileX0, tileY0) = (At(body, 4), At(body, 5), At(body, 6), At(body, 7));
        Components = BinaryPrimitives.ReadUInt16BigEndian(body[34..]);
        if (
            x1 <= x0
            || y1 <= y0
            || tileX == 0
            || tileY == 0
            || tileX0 > x0
            || tileY0 > y0
            || Components == 0
            || body.Length < 36 + (3 * Components)
        )
        {
            throw Damaged();
        }

        (Columns, Rows) = (x1 - x0, y1 - y0);
        Tiles = Ceiling(x1 - tileX0, tileX) * Ceiling(y1 - tileY0, tileY);
        for (var i = 0; i < Components; i++)
        {
            var entry = body.Slice(36 + (3 * i), 3);
            Precision = Math.Max(Precision, (entry[0] & 0x7F) + 1);
            IsSubsampled |= entry[1] != 1 || entry[2] != 1;
        }
    }

    // 15444-1 A.6.1.
    private void ReadCodingStyle(ReadOnlySpan<byte> body)
    {
        if (Components == 0 || body.Length < 10 || body[5] > LevelsMax)
        {
            throw Damaged();
        }

        HasComponentTransform = (body[4] & 1) == 1;
        var levels = body[5];
        var hasPrecincts = (body[0] & 1) == 1;
        if (hasPrecincts && body.Length < 10 + levels + 1)
        {
            throw Damaged();
        }

        for (var resolution = 0; resolution <= levels; resolution++)
        {
            var exponents = hasPrecincts ? body[10 + resolution] : (byte)0xFF;
            Precincts += Components * PrecinctsOf(levels - resolution, exponents & 0x0F, exponents >> 4);
        }
    }

    // Every tile may cut precincts on both of its sides.
    private long PrecinctsOf(int reductions, int exponentX, int exponentY)
    {
        var perRow = Ceiling(Ceiling(Columns, 1L << reductions), 1L << exponentX) + 1;
        var perColumn = Ceiling(Ceiling(Rows, 1L << reductions), 1L << exponentY) + 1;
        return (perRow * perColumn) + (4 * Tiles);
    }
}
