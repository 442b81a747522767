using System.Buffers.Binary;

namespace Leadglass.Fuzz.Tests;

/// <summary>Damages real bytes in the ways that parsers fear.</summary>
internal static class Mutation
{
    private static readonly byte[][] Structures =
    [
        [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xFE, 0xFF, 0x00, 0xE0, 0x00, 0x00, 0x00, 0x00],
        [0xFE, 0xFF, 0x0D, 0xE0, 0x00, 0x00, 0x00, 0x00],
        [0xFE, 0xFF, 0xDD, 0xE0, 0x00, 0x00, 0x00, 0x00],
        [0x40, 0x00, 0x75, 0x02, (byte)'S', (byte)'Q', 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF],
        [0x09, 0x00, 0x01, 0x10, (byte)'U', (byte)'N', 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xE0, 0x7F, 0x10, 0x00, (byte)'O', (byte)'B', 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xE0, 0x7F, 0x10, 0x00, (byte)'O', (byte)'W', 0x00, 0x00, 0xFE, 0xFF, 0xFF, 0xFF],
        [0x08, 0x00, 0x05, 0x00, (byte)'U', (byte)'T', 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x7F],
        [(byte)'Z', (byte)'Z', 0x00, 0x00],
        [(byte)' ', (byte)' '],
    ];

    private static readonly uint[] Lengths =
    [
        0,
        1,
        7,
        0xFF,
        0xFFFE,
        0xFFFF,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFFE,
        0xFFFFFFFF,
    ];

    /// <summary>One to eight damages, most of them near the start, where the structure is densest.</summary>
    public static byte[] Mutate(byte[] original, byte[] other, Random random)
    {
        var bytes = original;
        for (var i = random.Next(1, 9); i > 0 && bytes.Length > 0; i--)
        {
            bytes = MutateOnce(bytes, other, random);
        }

        return bytes;
    }

    private static byte[] MutateOnce(byte[] bytes, byte[] other, Random random)
    {
        var at = random.Next(random.Next(3) == 0 ? bytes.Length : Math.Min(bytes.Length, 2048));
        var copy = (byte[])bytes.Clone();
        switch (random.Next(7))
        {
            case 0:
                copy[at] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1:
                copy[at] = (byte)random.Next(256);
                return copy;
            case 2 when at <= copy.Length - 4:
                BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(at), Lengths[random.Next(Lengths.Length)]);
                return copy;
            case 3:
                return [.. bytes.AsSpan(0, at), .. Structures[random.Next(Structures.Length)], .. bytes.AsSpan(at)];
            case 4:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(Math.Min(bytes.Length, at + random.Next(1, 64)))];
            case 5:
                var structure = Structures[random.Next(Structures.Length)];
                structure.AsSpan(0, Math.Min(structure.Length, copy.Length - at)).CopyTo(copy.AsSpan(at));
                return copy;
            default:
                var from = random.Next(Math.Max(1, other.Length));
                var spliced = other.AsSpan(from, Math.Min(random.Next(256), other.Length - from));
                return [.. bytes.AsSpan(0, at), .. spliced, .. bytes.AsSpan(at)];
        }
    }
}
