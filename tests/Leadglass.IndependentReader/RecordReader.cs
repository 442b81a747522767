using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.IndependentReader;

/// <summary>An opened record: what it stands for and its runs.</summary>
/// <param name="KeyId">The data key's id.</param>
/// <param name="Instance">The token of what the record stands for.</param>
/// <param name="Runs">Contents by number of the run.</param>
public sealed record OpenedRecord(byte[] KeyId, byte[] Instance, IReadOnlyDictionary<int, byte[]> Runs);

/// <summary>The records of docs/storage-format.md, "Records".</summary>
public static class RecordReader
{
    private const int Chunk = 65536;

    /// <summary>Opens a whole record.</summary>
    /// <exception cref="InvalidDataException">It is not what was sealed, or the key is not at hand.</exception>
    /// <exception cref="CryptographicException">It is not what was sealed.</exception>
    public static OpenedRecord Open(byte[] record, KeysReader keys)
    {
        if (
            record.Length < 104 + 96
            || !record.AsSpan(0, 4).SequenceEqual("LGRC"u8)
            || record[4] != 1
            || record.AsSpan(5, 3).ContainsAnyExcept((byte)0)
        )
        {
            throw new InvalidDataException("not a record of version 1");
        }

        var dataKey = keys.Find(record.AsSpan(8, 16)) ?? throw new InvalidDataException("no key for this record");
        var derived = KeysReader.Hkdf(dataKey, record[40..72], record[..40], 64);
        if (!CryptographicOperations.FixedTimeEquals(derived.AsSpan(32), record.AsSpan(72, 32)))
        {
            throw new InvalidDataException("the commitment is to another key");
        }

        var key = derived[..32];
        var table = OpenChunk(key, record, record.AsSpan(record.Length - 96), new byte[16], 255, 0, last: true);
        var instance = table[..16];
        var runs = new Dictionary<int, byte[]>();
        var offset = 104;
        for (var entry = table.AsSpan(16); !entry.IsEmpty; entry = entry[16..])
        {
            var run = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            if (run == ulong.MaxValue)
            {
                break;
            }

            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
            runs[(int)run] = OpenRun(key, record, instance, (int)run, length, ref offset);
        }

        return offset + 96 == record.Length
            ? new OpenedRecord(record[8..24], instance, runs)
            : throw new InvalidDataException("the record is longer or shorter than its runs");
    }

    private static byte[] OpenRun(byte[] key, byte[] record, byte[] instance, int run, int length, ref int offset)
    {
        var content = new byte[length];
        var chunks = Math.Max(1, (length + Chunk - 1) / Chunk);
        for (var i = 0; i < chunks; i++)
        {
            var size = Math.Min(Chunk, length - (i * Chunk));
            var plain = OpenChunk(key, record, record.AsSpan(offset, size + 16), instance, run, i, i == chunks - 1);
            plain.CopyTo(content, i * Chunk);
            offset += size + 16;
        }

        return content;
    }

    private static byte[] OpenChunk(
        byte[] key,
        byte[] record,
        ReadOnlySpan<byte> sealedChunk,
        byte[] instance,
        int run,
        int index,
        bool last
    )
    {
        var nonce = new byte[12];
        nonce[0] = (byte)run;
        nonce[1] = last ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(nonce.AsSpan(4), index);
        var associated = new byte[72];
        record.AsSpan(0, 40).CopyTo(associated);
        instance.CopyTo(associated, 40);
        BinaryPrimitives.WriteInt64LittleEndian(associated.AsSpan(56), run);
        BinaryPrimitives.WriteInt64LittleEndian(associated.AsSpan(64), index);
        return Gcm.Open(key, nonce, sealedChunk, associated);
    }
}
