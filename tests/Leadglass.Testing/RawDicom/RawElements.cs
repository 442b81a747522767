using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Testing.RawDicom;

/// <summary>Where an element of the top level lies in its data set.</summary>
public sealed record RawElement(uint Tag, int ValueOffset, int ValueLength);

/// <summary>
/// Walks the top level of a data set in native byte order, to say where the values lie: enough to know what to expect, and
/// independent of the project's own reader.
/// </summary>
public static class RawElements
{
    private const uint Undefined = 0xFFFFFFFF;

    public static bool HasLongLength(string vr) =>
        vr is "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "SQ" or "SV" or "UC" or "UN" or "UR" or "UT" or "UV";

    /// <summary>The elements before a tag, in order, as far as the bytes make sense.</summary>
    public static IReadOnlyList<RawElement> Walk(
        byte[] dataSet,
        bool isExplicit,
        bool isBigEndian = false,
        uint before = 0x7FE00008
    )
    {
        List<RawElement> found = [];
        var position = 0;
        while (Header(dataSet, position, isExplicit, isBigEndian) is { } header && header.Tag < before)
        {
            var end =
                header.Length == Undefined
                    ? SkipUndefined(dataSet, header.ValueOffset, isExplicit && header.Vr != "UN", isBigEndian)
                    : header.ValueOffset + (long)header.Length;
            if (end < 0 || end > dataSet.Length)
            {
                break;
            }

            found.Add(new RawElement(header.Tag, header.ValueOffset, (int)end - header.ValueOffset));
            position = (int)end;
        }

        return found;
    }

    /// <summary>The text of a top-level element, trimmed; null where it is absent.</summary>
    public static string? Text(byte[] dataSet, IReadOnlyList<RawElement> elements, uint tag)
    {
        return elements.FirstOrDefault(e => e.Tag == tag) is { } element
            ? Encoding.Latin1.GetString(dataSet, element.ValueOffset, element.ValueLength).Trim('\0', ' ')
            : null;
    }

    /// <summary>The texts of a data set in implicit or explicit little endian, by tag.</summary>
    public static Dictionary<uint, string> Texts(byte[] dataSet, bool isExplicit) =>
        Walk(dataSet, isExplicit)
            .ToDictionary(
                e => e.Tag,
                e => Encoding.Latin1.GetString(dataSet, e.ValueOffset, e.ValueLength).Trim('\0', ' ')
            );

    private static (uint Tag, string Vr, int ValueOffset, uint Length)? Header(
        byte[] bytes,
        int position,
        bool isExplicit,
        bool isBigEndian
    )
    {
        if (position + 8 > bytes.Length)
        {
            return null;
        }

        var at = bytes.AsSpan(position);
        var tag = ((uint)UInt16(at, isBigEndian) << 16) | UInt16(at[2..], isBigEndian);
        if (!isExplicit || tag >> 16 == 0xFFFE)
        {
            return (tag, "", position + 8, UInt32(at[4..], isBigEndian));
        }

        var vr = Encoding.Latin1.GetString(at.Slice(4, 2));
        if (!HasLongLength(vr))
        {
            return (tag, vr, position + 8, UInt16(at[6..], isBigEndian));
        }

        return at.Length < 12 ? null : (tag, vr, position + 12, UInt32(at[8..], isBigEndian));
    }

    /// <summary>The end of a sequence or fragment list of undefined length, its delimiter included; -1 where there is none.</summary>
    private static long SkipUndefined(byte[] bytes, int position, bool isExplicit, bool isBigEndian)
    {
        while (Header(bytes, position, isExplicit, isBigEndian) is { } item)
        {
            if (item.Tag == 0xFFFEE0DD)
            {
                return item.ValueOffset;
            }

            if (item.Tag != 0xFFFEE000)
            {
                return -1;
            }

            var end =
                item.Length == Undefined
                    ? SkipItem(bytes, item.ValueOffset, isExplicit, isBigEndian)
                    : item.ValueOffset + (long)item.Length;
            if (end < 0 || end > bytes.Length)
            {
                return -1;
            }

            position = (int)end;
        }

        return -1;
    }

    private static long SkipItem(byte[] bytes, int position, bool isExplicit, bool isBigEndian)
    {
        while (Header(bytes, position, isExplicit, isBigEndian) is { } element)
        {
            if (element.Tag == 0xFFFEE00D)
            {
                return element.ValueOffset;
            }

            var end =
                element.Length == Undefined
                    ? SkipUndefined(bytes, element.ValueOffset, isExplicit && element.Vr != "UN", isBigEndian)
                    : element.ValueOffset + (long)element.Length;
            if (end < 0 || end > bytes.Length)
            {
                return -1;
            }

            position = (int)end;
        }

        return -1;
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
