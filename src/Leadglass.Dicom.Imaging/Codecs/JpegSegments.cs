using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>The markers that matter here (ISO/IEC 10918-1 Table B.1, ISO/IEC 14495-1 C.1).</summary>
internal static class JpegMarker
{
    public const byte Lossless = 0xC3;
    public const byte HuffmanTables = 0xC4;
    public const byte ArithmeticConditioning = 0xCC;
    public const byte Restart0 = 0xD0;
    public const byte StartOfImage = 0xD8;
    public const byte EndOfImage = 0xD9;
    public const byte StartOfScan = 0xDA;
    public const byte RestartInterval = 0xDD;
    public const byte App0 = 0xE0;
    public const byte App8 = 0xE8;
    public const byte App14 = 0xEE;
    public const byte JpegLs = 0xF7;

    public static bool IsStartOfFrame(byte marker) =>
        marker is (>= 0xC0 and <= 0xCF and not HuffmanTables and not 0xC8 and not ArithmeticConditioning) or JpegLs;

    /// <summary>Stands alone, without a length.</summary>
    public static bool IsBare(byte marker) => marker is 0x01 or (>= Restart0 and <= EndOfImage);
}

/// <summary>A marker and what follows its length.</summary>
internal readonly ref struct JpegSegment(byte marker, ReadOnlySpan<byte> body)
{
    public byte Marker => marker;

    public ReadOnlySpan<byte> Body { get; } = body;
}

/// <summary>Walks the marker segments of a codestream; after a scan's header its data are the caller's.</summary>
internal ref struct JpegSegments
{
    private readonly ReadOnlySpan<byte> _codestream;

    public JpegSegments(ReadOnlySpan<byte> codestream)
    {
        if (codestream is not [0xFF, JpegMarker.StartOfImage, ..])
        {
            throw PixelDataException.Malformed("A frame does not begin as a JPEG codestream does (10918-1 B.2.1).");
        }

        _codestream = codestream;
        Position = 2;
    }

    /// <summary>Where the next marker is looked for.</summary>
    public int Position { get; set; }

    /// <summary>Reads a segment; false at the end of the image or of the bytes.</summary>
    public bool TryRead(out JpegSegment segment)
    {
        segment = default;
        // Fill bytes FF may stand before a marker (10918-1 B.1.1.2).
        while (Position + 1 < _codestream.Length && _codestream[Position] == 0xFF && _codestream[Position + 1] == 0xFF)
        {
            Position++;
        }

        if (Position + 1 >= _codestream.Length)
        {
            return false;
        }

        var marker = _codestream[Position + 1];
        if (_codestream[Position] != 0xFF || marker == 0)
        {
            throw PixelDataException.Malformed($"No JPEG marker stands at byte {Position} (10918-1 B.1.1).");
        }

        Position += 2;
        if (marker == JpegMarker.EndOfImage)
        {
            return false;
        }

        if (JpegMarker.IsBare(marker))
        {
            segment = new JpegSegment(marker, default);
            return true;
        }

        var length =
            Position + 2 <= _codestream.Length ? BinaryPrimitives.ReadUInt16BigEndian(_codestream[Position..]) : 0;
        if (length < 2 || length > _codestream.Length - Position)
        {
            throw PixelDataException.Malformed($"A JPEG segment is cut at byte {Position} (10918-1 B.1.1.4).");
        }

        segment = new JpegSegment(marker, _codestream.Slice(Position + 2, length - 2));
        Position += length;
        return true;
    }
}
