using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>A component of a JPEG frame (ISO/IEC 10918-1 B.2.2).</summary>
internal readonly record struct JpegComponent(byte Id, int Horizontal, int Vertical, byte QuantizationTable);

/// <summary>What a codestream of the JPEG family says of itself before its first scan.</summary>
internal sealed class JpegHeader
{
    /// <summary>The start-of-frame marker: C0 baseline, C1 extended, C2 progressive, C3 lossless, F7 JPEG-LS.</summary>
    public byte Process { get; private set; }

    /// <summary>Bits of a sample.</summary>
    public int Precision { get; private set; }

    public int Rows { get; private set; }

    public int Columns { get; private set; }

    public JpegComponent[] Components { get; private set; } = [];

    /// <summary>Of an Adobe segment: 0 no colour transform, 1 YCbCr, 2 YCCK; null without one.</summary>
    public int? AdobeTransform { get; private set; }

    /// <summary>A JFIF segment: colour is YCbCr.</summary>
    public bool IsJfif { get; private set; }

    /// <summary>A colour transform of JPEG-LS as HP's encoder writes it; 0 without one.</summary>
    public int HpTransform { get; private set; }

    /// <summary>Reads up to the first scan.</summary>
    /// <exception cref="PixelDataException">It is none, or a segment is cut.</exception>
    public static JpegHeader Read(ReadOnlySpan<byte> codestream)
    {
        var header = new JpegHeader();
        var segments = new JpegSegments(codestream);
        while (segments.TryRead(out var segment))
        {
            switch (segment.Marker)
            {
                case JpegMarker.StartOfScan:
                    return header.Components.Length > 0
                        ? header
                        : throw PixelDataException.Malformed("A JPEG scan begins before its frame (10918-1 B.2.1).");
                case JpegMarker.App0 when segment.Body.StartsWith("JFIF\0"u8):
                    header.IsJfif = true;
                    break;
                case JpegMarker.App8 when segment.Body.StartsWith("mrfx"u8) && segment.Body.Length >= 5:
                    header.HpTransform = segment.Body[4];
                    break;
                case JpegMarker.App14 when segment.Body.StartsWith("Adobe"u8) && segment.Body.Length >= 12:
                    header.AdobeTransform = segment.Body[11];
                    break;
                case var marker when JpegMarker.IsStartOfFrame(marker):
                    header.ReadFrame(marker, segment.Body);
                    break;
                default:
                    break;
            }
        }

        throw PixelDataException.Malformed("A JPEG codestream ends before its first scan (10918-1 B.2.1).");
    }

    /// <summary>Holds the header against the data set's description.</summary>
    /// <exception cref="PixelDataException">Rows, columns, samples or bits differ.</exception>
    public void RequireAgreement(PixelDescription stored)
    {
        if (Rows != stored.Rows || Columns != stored.Columns)
        {
            throw PixelDataException.Malformed(
                $"The codestream has {Columns} x {Rows} pixels, the data set says {stored.Columns} x {stored.Rows}."
            );
        }

        if (Components.Length != stored.SamplesPerPixel)
        {
            throw PixelDataException.Malformed(
                $"The codestream has {Components.Length} components, the data set says {stored.SamplesPerPixel}."
            );
        }

        if (Precision > stored.BitsAllocated)
        {
            throw PixelDataException.Malformed(
                $"The codestream has {Precision} bits per sample, the data set allocates {stored.BitsAllocated}."
            );
        }
    }

    private void ReadFrame(byte marker, ReadOnlySpan<byte> body)
    {
        if (Components.Length > 0 || body.Length < 6 || body.Length < 6 + (3 * body[5]))
        {
            throw PixelDataException.Malformed("The frame header of a JPEG codestream is damaged (10918-1 B.2.2).");
        }

        Process = marker;
        Precision = body[0];
        Rows = BinaryPrimitives.ReadUInt16BigEndian(body[1..]);
        Columns = BinaryPrimitives.ReadUInt16BigEndian(body[3..]);
        var count = body[5];
        if (Precision is < 1 or > 16 || Columns == 0 || count is < 1 or > PixelLimits.SamplesPerPixelMax)
        {
            throw PixelDataException.Malformed("The frame header of a JPEG codestream makes no sense (10918-1 B.2.2).");
        }

        if (Rows == 0)
        {
            throw PixelDataException.NotSupported(
                "A JPEG codestream that tells its height at the end (10918-1 B.2.5)."
            );
        }

        Components = new JpegComponent[count];
        for (var i = 0; i < count; i++)
        {
            var entry = body[(6 + (i * 3))..];
            Components[i] = new JpegComponent(entry[0], entry[1] >> 4, entry[1] & 0x0F, entry[2]);
        }
    }
}
