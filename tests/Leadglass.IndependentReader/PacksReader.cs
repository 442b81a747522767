using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Leadglass.IndependentReader;

/// <summary>The packs of docs/storage-format.md, "Packs".</summary>
public static class PacksReader
{
    private const int Block = 4096;

    /// <summary>Every committed record of a data folder, still sealed, in the order of commits.</summary>
    /// <exception cref="InvalidDataException">Something committed is damaged or missing.</exception>
    public static IEnumerable<byte[]> ReadRecords(string dataFolder)
    {
        var folder = Path.Combine(dataFolder, "packs");
        var log = Directory
            .EnumerateFiles(folder, "*.pack")
            .Order(StringComparer.Ordinal)
            .Select(file => (Number(file), File.ReadAllBytes(file)));
        ulong batches = 0;
        foreach (var (number, pack) in log)
        {
            CheckHeader(pack, number, kind: 1);
            var offset = Block;
            while (offset + Block <= pack.Length && pack.AsSpan(offset, 8).SequenceEqual("LGCOMMIT"u8))
            {
                var entries = BinaryPrimitives.ReadInt32LittleEndian(pack.AsSpan(offset + 12));
                var commit = pack.AsSpan(offset, 48 + (24 * entries) + 32);
                if (
                    !SHA256.HashData(commit[..^32]).AsSpan().SequenceEqual(commit[^32..])
                    || !commit.Slice(32, 16).SequenceEqual(pack.AsSpan(16, 16))
                    || BinaryPrimitives.ReadUInt64LittleEndian(commit[16..]) != ++batches
                )
                {
                    throw new InvalidDataException($"pack {number}: the commit record at {offset} is damaged");
                }

                for (var i = 0; i < entries; i++)
                {
                    yield return ReadRecord(folder, number, pack, pack.AsSpan(offset + 48 + (24 * i), 24));
                }

                offset += (int)BinaryPrimitives.ReadInt64LittleEndian(pack.AsSpan(offset + 24));
            }
        }
    }

    private static byte[] ReadRecord(string folder, int number, byte[] pack, ReadOnlySpan<byte> entry)
    {
        var recordPack = BinaryPrimitives.ReadInt32LittleEndian(entry);
        var offset = (int)BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(entry[16..]);
        var bytes = recordPack == number ? pack : ReadLarge(folder, recordPack);
        var record = bytes.AsSpan(offset, length).ToArray();
        return Crc32C(record) == BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])
            ? record
            : throw new InvalidDataException($"pack {recordPack}: the record at {offset} is damaged");
    }

    private static byte[] ReadLarge(string folder, int number)
    {
        var large = Path.Combine(folder, $"{number:D8}.large");
        var bytes = File.ReadAllBytes(File.Exists(large) ? large : Path.ChangeExtension(large, ".part"));
        CheckHeader(bytes, number, kind: 2);
        return bytes;
    }

    private static void CheckHeader(byte[] pack, int number, int kind)
    {
        if (
            pack.Length < Block
            || !pack.AsSpan(0, 8).SequenceEqual("LGPACK\0\0"u8)
            || BinaryPrimitives.ReadUInt16LittleEndian(pack.AsSpan(8)) != 1
            || BinaryPrimitives.ReadUInt16LittleEndian(pack.AsSpan(10)) != kind
            || BinaryPrimitives.ReadInt32LittleEndian(pack.AsSpan(12)) != number
            || !SHA256.HashData(pack.AsSpan(0, 64)).AsSpan().SequenceEqual(pack.AsSpan(64, 32))
        )
        {
            throw new InvalidDataException($"pack {number} has no header of version 1");
        }
    }

    private static int Number(string file) =>
        int.Parse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture);

    private static uint Crc32C(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        return ~crc;
    }
}
