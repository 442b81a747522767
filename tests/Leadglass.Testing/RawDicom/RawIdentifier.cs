using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Testing.RawDicom;

/// <summary>Builds a small data set by hand: identifiers, action information, whole test instances.</summary>
public sealed class RawIdentifier
{
    private readonly SortedDictionary<uint, (string Vr, byte[]? Value, RawIdentifier[]? Items)> elements = [];

    /// <summary>Adds a text in the encoding of its character set; padding is added as the VR wants it.</summary>
    public RawIdentifier Add(uint tag, string vr, string text, Encoding? encoding = null)
    {
        var bytes = (encoding ?? Encoding.Latin1).GetBytes(text);
        var padding = vr is "UI" ? (byte)0 : (byte)' ';
        return Add(tag, vr, bytes.Length % 2 == 0 ? bytes : [.. bytes, padding]);
    }

    public RawIdentifier Add(uint tag, string vr, params byte[] value)
    {
        elements[tag] = (vr, value, null);
        return this;
    }

    /// <summary>Adds a 16 bit number (US).</summary>
    public RawIdentifier Add(uint tag, ushort number) => Add(tag, "US", (byte)number, (byte)(number >> 8));

    public RawIdentifier AddSequence(uint tag, IEnumerable<RawIdentifier> items)
    {
        elements[tag] = ("SQ", null, [.. items]);
        return this;
    }

    /// <summary>Little endian, explicit or implicit; sequences and items with their lengths.</summary>
    public byte[] ToBytes(bool isExplicit)
    {
        using var output = new MemoryStream();
        foreach (var (tag, (vr, value, items)) in elements)
        {
            var body = value ?? [.. items!.SelectMany(item => ItemBytes(item.ToBytes(isExplicit)))];
            WriteHeader(output, tag, vr, (uint)body.Length, isExplicit);
            output.Write(body);
        }

        return output.ToArray();
    }

    /// <summary>The header of one element (PS3.5 7.1).</summary>
    public static void WriteHeader(Stream output, uint tag, string vr, uint length, bool isExplicit)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(tag >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)tag);
        if (!isExplicit)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], length);
            output.Write(header[..8]);
            return;
        }

        header[4] = (byte)vr[0];
        header[5] = (byte)vr[1];
        if (RawElements.HasLongLength(vr))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], length);
            output.Write(header);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..], checked((ushort)length));
            output.Write(header[..8]);
        }
    }

    private static byte[] ItemBytes(byte[] body)
    {
        byte[] header = [0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), body.Length);
        return [.. header, .. body];
    }
}
