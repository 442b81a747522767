using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Leadglass.Archive.Packs;

/// <summary>
/// CRC-32C (Castagnoli) over ciphertext: finds torn and rotten bytes without a key. It proves nothing against intent; the
/// records' own authentication does.
/// </summary>
internal static class Crc32C
{
    /// <summary>The state before the first byte.</summary>
    public const uint Start = uint.MaxValue;

    /// <summary>Takes bytes into the state.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var one in bytes)
        {
            state = BitOperations.Crc32C(state, one);
        }

        return state;
    }

    /// <summary>The checksum of what the state has taken in.</summary>
    public static uint Finish(uint state) => ~state;

    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Finish(Append(Start, bytes));

    /// <summary>The checksum of bytes in several pieces.</summary>
    public static uint Of(in ReadOnlySequence<byte> bytes)
    {
        var state = Start;
        foreach (var part in bytes)
        {
            state = Append(state, part.Span);
        }

        return Finish(state);
    }
}
