using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Archive.Packs;

/// <summary>What a pack holds.</summary>
internal enum PackKind : ushort
{
    /// <summary>Batches, one after another.</summary>
    Log = 1,

    /// <summary>One large record, which a commit record in a log pack makes valid.</summary>
    Large = 2,
}

/// <summary>The first block of a pack: docs/storage-format.md, "Pack header".</summary>
/// <param name="Kind">What the pack holds.</param>
/// <param name="Number">The pack's number, from 1.</param>
/// <param name="PackId">Random; every commit record in the pack repeats it.</param>
/// <param name="CreatedUnixMilliseconds">Time of writing.</param>
/// <param name="Before">The end of the log when the pack was made: where the former log pack ends.</param>
/// <param name="BatchesBefore">Number of the last batch before this pack.</param>
internal sealed record PackHeader(
    PackKind Kind,
    int Number,
    UInt128 PackId,
    long CreatedUnixMilliseconds,
    BlobMark Before,
    long BatchesBefore
)
{
    private const ushort Version = 1;
    private const int HashedBytes = 64;

    private static ReadOnlySpan<byte> Magic => "LGPACK\0\0"u8;

    /// <summary>The header's block; what it does not use is random, as everything else in a pack seems.</summary>
    public byte[] ToBlock()
    {
        var block = RandomNumberGenerator.GetBytes(PackFormat.BlockBytes);
        Magic.CopyTo(block);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(10), (ushort)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(12), Number);
        BinaryPrimitives.WriteUInt128BigEndian(block.AsSpan(16), PackId);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(32), CreatedUnixMilliseconds);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(40), Before.Pack);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(48), Before.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(56), BatchesBefore);
        SHA256.HashData(block.AsSpan(0, HashedBytes), block.AsSpan(HashedBytes));
        return block;
    }

    /// <summary>Reads a header; null where it is not whole or of another version.</summary>
    public static PackHeader? TryRead(ReadOnlySpan<byte> block)
    {
        if (block.Length < HashedBytes + SHA256.HashSizeInBytes || !block[..8].SequenceEqual(Magic))
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(block[..HashedBytes], hash);
        if (
            !hash.SequenceEqual(block.Slice(HashedBytes, hash.Length))
            || BinaryPrimitives.ReadUInt16LittleEndian(block[8..]) != Version
        )
        {
            return null;
        }

        return new PackHeader(
            (PackKind)BinaryPrimitives.ReadUInt16LittleEndian(block[10..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[12..]),
            BinaryPrimitives.ReadUInt128BigEndian(block[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[32..]),
            new BlobMark(
                (int)BinaryPrimitives.ReadInt64LittleEndian(block[40..]),
                BinaryPrimitives.ReadInt64LittleEndian(block[48..])
            ),
            BinaryPrimitives.ReadInt64LittleEndian(block[56..])
        );
    }
}

/// <summary>The numbers of docs/storage-format.md, "Packs".</summary>
internal static class PackFormat
{
    /// <summary>
    /// Batches begin at multiples of this, so that bytes which were acknowledged never share a sector or page with bytes
    /// written later.
    /// </summary>
    public const int BlockBytes = 4096;

    /// <summary>Records in one batch; fewer than a block has bytes, so that a mark can point between them.</summary>
    public const int EntriesMax = BlockBytes - 1;

    public static long RoundUp(long bytes) => (bytes + BlockBytes - 1) / BlockBytes * BlockBytes;
}
