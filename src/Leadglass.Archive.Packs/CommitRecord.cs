using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Leadglass.Archive.Packs;

/// <summary>One record that a batch commits.</summary>
/// <param name="Location">Where it lies: in the batch, or in a pack of its own.</param>
/// <param name="Checksum">CRC-32C of the sealed record.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CommitEntry(BlobLocation Location, uint Checksum);

/// <summary>
/// The head of a batch: says how long the batch is, which records it commits, where they lie and what their checksums
/// are. It is written together with the records and flushed once. docs/storage-format.md, "Batches".
/// </summary>
/// <param name="Number">Counts all batches of the log, from 1.</param>
/// <param name="PackId">The pack that it belongs to.</param>
/// <param name="BatchBytes">The whole batch with this head and its filling; a multiple of a block.</param>
/// <param name="Entries">The records, in order.</param>
internal sealed record CommitRecord(long Number, UInt128 PackId, long BatchBytes, IReadOnlyList<CommitEntry> Entries)
{
    private const ushort Version = 1;
    private const int FixedBytes = 48;
    private const int EntryBytes = 24;

    private static ReadOnlySpan<byte> Magic => "LGCOMMIT"u8;

    /// <summary>Length of the commit record of so many entries.</summary>
    public static int SizeOf(int entries) => FixedBytes + (entries * EntryBytes) + SHA256.HashSizeInBytes;

    /// <summary>The commit record's bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[SizeOf(Entries.Count)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Number);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), BatchBytes);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(32), PackId);
        var rest = bytes.AsSpan(FixedBytes);
        foreach (var entry in Entries)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, entry.Location.Pack);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], entry.Checksum);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], entry.Location.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(rest[16..], entry.Location.Length);
            rest = rest[EntryBytes..];
        }

        SHA256.HashData(bytes.AsSpan(0, bytes.Length - SHA256.HashSizeInBytes), rest);
        return bytes;
    }

    /// <summary>How many entries the fixed part announces; null where no commit record starts here.</summary>
    public static int? ReadEntryCount(ReadOnlySpan<byte> start)
    {
        if (
            start.Length < FixedBytes
            || !start[..8].SequenceEqual(Magic)
            || BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) != Version
        )
        {
            return null;
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(start[12..]);
        return count is > 0 and <= PackFormat.EntriesMax ? count : null;
    }

    /// <summary>Reads a commit record; null where it is not whole.</summary>
    public static CommitRecord? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (ReadEntryCount(bytes) is not { } count || bytes.Length < SizeOf(count))
        {
            return null;
        }

        var body = bytes[..(FixedBytes + (count * EntryBytes))];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        if (!hash.SequenceEqual(bytes.Slice(body.Length, hash.Length)))
        {
            return null;
        }

        var entries = new CommitEntry[count];
        var rest = body[FixedBytes..];
        for (var i = 0; i < count; i++)
        {
            var location = new BlobLocation(
                BinaryPrimitives.ReadInt32LittleEndian(rest),
                BinaryPrimitives.ReadInt64LittleEndian(rest[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(rest[16..])
            );
            entries[i] = new CommitEntry(location, BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]));
            rest = rest[EntryBytes..];
        }

        return new CommitRecord(
            BinaryPrimitives.ReadInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadUInt128BigEndian(body[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
            entries
        );
    }
}
