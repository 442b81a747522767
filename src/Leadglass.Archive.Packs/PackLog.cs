using System.Buffers;

namespace Leadglass.Archive.Packs;

/// <summary>What a walk through a log pack meets: a batch, or bytes that are none.</summary>
/// <param name="Offset">Where it starts.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Commit">The batch; null for damage.</param>
internal sealed record PackSection(long Offset, long Length, CommitRecord? Commit);

/// <summary>Reads the structure of log packs: headers, batches, checksums. Changes nothing.</summary>
internal static class PackLog
{
    private const int PieceBytes = 1024 * 1024;

    /// <summary>The header of a pack; null where it cannot be read.</summary>
    public static PackHeader? ReadHeader(PackFolder packs, int number)
    {
        var block = new byte[PackFormat.BlockBytes];
        var count = packs.Read(number, 0, block) ?? 0;
        return PackHeader.TryRead(block.AsSpan(0, count)) is { } header && header.Number == number ? header : null;
    }

    /// <summary>
    /// The batches of a pack from an offset on, by their heads alone. Bytes that are no batch are damage where a valid
    /// batch follows them; where none follows, the walk ends.
    /// </summary>
    public static IEnumerable<PackSection> Walk(PackFolder packs, int number, UInt128? packId, long from, long end)
    {
        for (var offset = from; offset < end; )
        {
            var commit = ReadCommit(packs, number, packId, offset, end);
            if (commit is null)
            {
                var next = FindCommit(packs, number, packId, offset + PackFormat.BlockBytes, end);
                if (next is null)
                {
                    yield break;
                }

                yield return new PackSection(offset, next.Value - offset, Commit: null);
                offset = next.Value;
                continue;
            }

            yield return new PackSection(offset, commit.BatchBytes, commit);
            offset += commit.BatchBytes;
        }
    }

    /// <summary>Whether every record of the batch has its checksum.</summary>
    public static bool IsWhole(PackFolder packs, CommitRecord commit) =>
        commit.Entries.All(entry => DamageOf(packs, entry) is null);

    /// <summary>What is wrong with a record, or null.</summary>
    public static string? DamageOf(PackFolder packs, CommitEntry entry)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var state = Crc32C.Start;
            for (long done = 0; done < entry.Location.Length; )
            {
                var wanted = (int)Math.Min(PieceBytes, entry.Location.Length - done);
                var count = packs.Read(entry.Location.Pack, entry.Location.Offset + done, buffer.AsSpan(0, wanted));
                if (count is null)
                {
                    return "its pack is missing";
                }

                if (count != wanted)
                {
                    return "its pack is cut short";
                }

                state = Crc32C.Append(state, buffer.AsSpan(0, wanted));
                done += wanted;
            }

            return Crc32C.Finish(state) == entry.Checksum ? null : "its checksum is wrong";
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static CommitRecord? ReadCommit(PackFolder packs, int number, UInt128? packId, long offset, long end)
    {
        var block = new byte[PackFormat.BlockBytes];
        var count = packs.Read(number, offset, block) ?? 0;
        if (CommitRecord.ReadEntryCount(block.AsSpan(0, count)) is not { } entries)
        {
            return null;
        }

        var size = CommitRecord.SizeOf(entries);
        if (size > block.Length)
        {
            block = new byte[size];
            count = packs.Read(number, offset, block) ?? 0;
        }

        var commit = CommitRecord.TryRead(block.AsSpan(0, count));
        return commit is not null && Belongs(commit, number, packId, offset, end) ? commit : null;
    }

    /// <summary>A commit record of this pack, whose batch lies in it and whose records lie in the batch.</summary>
    private static bool Belongs(CommitRecord commit, int number, UInt128? packId, long offset, long end)
    {
        if (
            (packId is not null && commit.PackId != packId)
            || commit.BatchBytes <= 0
            || commit.BatchBytes % PackFormat.BlockBytes != 0
            || commit.BatchBytes > end - offset
        )
        {
            return false;
        }

        var first = offset + CommitRecord.SizeOf(commit.Entries.Count);
        return commit.Entries.All(entry =>
            entry.Location.Length >= 0
            && entry.Location.Offset >= 0
            && (
                entry.Location.Pack != number
                || (
                    entry.Location.Offset >= first
                    && entry.Location.Length <= offset + commit.BatchBytes - entry.Location.Offset
                )
            )
        );
    }

    private static long? FindCommit(PackFolder packs, int number, UInt128? packId, long from, long end)
    {
        for (var offset = from; offset < end; offset += PackFormat.BlockBytes)
        {
            if (ReadCommit(packs, number, packId, offset, end) is not null)
            {
                return offset;
            }
        }

        return null;
    }
}
