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
}
