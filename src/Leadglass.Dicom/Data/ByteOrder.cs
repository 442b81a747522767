using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Leadglass.Dicom;

/// <summary>Turns the bytes of numbers around (PS3.5 7.3).</summary>
internal static class ByteOrder
{
    /// <summary>Swaps every whole word in place; an incomplete last word stays as it is.</summary>
    public static void SwapWords(Span<byte> bytes, int wordSize)
    {
        var whole = bytes[..(bytes.Length / wordSize * wordSize)];
        switch (wordSize)
        {
            case 2:
                var words = MemoryMarshal.Cast<byte, ushort>(whole);
                BinaryPrimitives.ReverseEndianness(words, words);
                break;
            case 4:
                var doubles = MemoryMarshal.Cast<byte, uint>(whole);
                BinaryPrimitives.ReverseEndianness(doubles, doubles);
                break;
            case 8:
                var quads = MemoryMarshal.Cast<byte, ulong>(whole);
                BinaryPrimitives.ReverseEndianness(quads, quads);
                break;
            default:
                break;
        }
    }

    public static DicomTag ReadTag(ReadOnlySpan<byte> window, bool isBigEndian) =>
        new(ReadUInt16(window, isBigEndian), ReadUInt16(window[2..], isBigEndian));

    public static ushort ReadUInt16(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    public static uint ReadUInt32(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}
