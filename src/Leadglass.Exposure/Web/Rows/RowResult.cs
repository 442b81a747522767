using System.Buffers.Binary;
using System.Numerics;

namespace Leadglass.Exposure;

/// <summary>What a row showed. Three numbers: no text of a server can come back in them.</summary>
/// <param name="Status">Status of the response; 0 without one.</param>
/// <param name="Rows">Rows that were begun: none or one.</param>
/// <param name="Filled">Bits of <see cref="RowFields"/>.</param>
internal readonly record struct RowResult(int Status, int Rows, int Filled)
{
    /// <summary>Bytes on the way.</summary>
    public const int Length = 3 * sizeof(int);

    /// <summary>How many fields are filled.</summary>
    public int FilledCount => BitOperations.PopCount((uint)Filled);

    /// <summary>Writes the numbers.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Status);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Rows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Filled);
        return bytes;
    }

    /// <summary>Reads them, each within its range.</summary>
    public static RowResult? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            return null;
        }

        var result = new RowResult(
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..])
        );
        return
            result is { Status: >= 0 and < 1000, Rows: 0 or 1 }
            && result.Filled >= 0
            && result.Filled < 1 << RowFields.Count
            ? result
            : null;
    }
}
