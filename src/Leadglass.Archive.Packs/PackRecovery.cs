using Leadglass.Sealing;

namespace Leadglass.Archive.Packs;

/// <summary>Where the log goes on.</summary>
/// <param name="End">After the last valid batch.</param>
/// <param name="Batches">Number of the last batch.</param>
/// <param name="PackId">Id of the pack that goes on growing; null where the next batch begins a new one.</param>
internal sealed record LogEnd(BlobMark End, long Batches, UInt128? PackId);

/// <summary>
/// Finds the end of the log after whatever happened, and, for the one who writes, removes what was never acknowledged: a
/// torn tail after the last valid batch, a pack without one, large records without a commit record. Nothing that a valid
/// batch follows is ever cut.
/// </summary>
internal static class PackRecovery
{
    /// <summary>Finds the end without changing anything: beside a running writer, or for the curious.</summary>
    /// <param name="indexed">What the index knows to be committed; seen even when it looks torn.</param>
    public static LogEnd Look(PackFolder packs, BlobMark indexed)
    {
        var (logs, _, _) = packs.List();
        for (var i = logs.Count - 1; i >= 0; i--)
        {
            var length = packs.LengthOf(logs[i]) ?? 0;
            if (FindEnd(packs, logs[i]) is { } found)
            {
                return indexed.CompareTo(found.End) > 0 ? Kept(found, length, indexed) : found;
            }

            if (IsKeptWithoutHeader(logs[i], length, indexed))
            {
                return EndWithoutHeader(logs[i], length);
            }
        }

        return new LogEnd(default, 0, null);
    }

    /// <summary>Makes durable what a killed process may have left in the page cache; cuts nothing.</summary>
    public static void Flush(PackFolder packs)
    {
        if (packs.List().Logs is [.., var last])
        {
            using var file = packs.Folder.Open(PackFolder.LogName(last), FileAccess.ReadWrite);
            file.Sync();
        }

        packs.Folder.Sync();
    }

    /// <summary>Finds the end and makes the folder ready for writing.</summary>
    /// <param name="indexed">What the index knows to be committed; never cut, even when it looks torn.</param>
    public static LogEnd Repair(PackFolder packs, BlobMark indexed)
    {
        var (logs, _, parts) = packs.List();
        var end = new LogEnd(default, 0, null);
        for (var i = logs.Count - 1; i >= 0; i--)
        {
            // What lies in the page cache only must not pass for committed.
            using var file = packs.Folder.Open(PackFolder.LogName(logs[i]), FileAccess.ReadWrite);
            file.Sync();
            if (FindEnd(packs, logs[i]) is { } found)
            {
                end = CutTail(file, found, indexed);
                break;
            }

            if (IsKeptWithoutHeader(logs[i], file.Length, indexed))
            {
                end = EndWithoutHeader(logs[i], file.Length);
                break;
            }

            Remove(packs, logs[i], PackFolder.LogName(logs[i]));
        }

        end = end with { Batches = Math.Max(end.Batches, BatchesBefore(packs, logs)) };
        foreach (var number in parts)
        {
            SettlePart(packs, number, end);
        }

        packs.Folder.Sync();
        return end;
    }

    /// <summary>The end of one log pack; null where its header cannot be read.</summary>
    private static LogEnd? FindEnd(PackFolder packs, int number)
    {
        if (PackLog.ReadHeader(packs, number) is not { Kind: PackKind.Log } header)
        {
            return null;
        }

        var (end, batches) = ((long)PackFormat.BlockBytes, header.BatchesBefore);
        PackSection? last = null;
        foreach (var section in Sections(packs, header))
        {
            if (last?.Commit is { } before)
            {
                (end, batches) = (last.Offset + last.Length, before.Number);
            }

            last = section;
        }

        // Only the last batch can have been on its way when the power went: each is flushed before the next is written.
        if (last?.Commit is { } commit && PackLog.IsWhole(packs, commit))
        {
            (end, batches) = (last.Offset + last.Length, commit.Number);
        }

        return new LogEnd(new BlobMark(number, end), batches, header.PackId);
    }

    private static IEnumerable<PackSection> Sections(PackFolder packs, PackHeader header) =>
        PackLog.Walk(packs, header.Number, header.PackId, PackFormat.BlockBytes, packs.LengthOf(header.Number) ?? 0);

    private static LogEnd CutTail(IDurableFile file, LogEnd found, BlobMark indexed)
    {
        if (indexed.CompareTo(found.End) > 0)
        {
            return Kept(found, file.Length, indexed);
        }

        if (file.Length > found.End.Offset)
        {
            file.Truncate(found.End.Offset);
            file.Sync();
        }

        return found;
    }

    /// <summary>
    /// The end where bytes are missing or bad that were acknowledged: after everything that is there, so that the sound
    /// records among them are read and the others reported. Nothing is cut, and the log goes on in a new pack. It is not
    /// moved beyond the bytes that are there: packs older than their index must not pass for damaged ones.
    /// </summary>
    private static LogEnd Kept(LogEnd found, long length, BlobMark indexed) =>
        indexed.Pack == found.End.Pack
            ? found with
            {
                End = found.End with { Offset = Math.Max(found.End.Offset, PackFormat.RoundUp(length)) },
                PackId = null,
            }
            : found with
            {
                PackId = null,
            };

    /// <summary>Whether a damaged header has more behind it: then it is left as it is, for a replay to report.</summary>
    private static bool IsKeptWithoutHeader(int number, long length, BlobMark indexed) =>
        length > PackFormat.BlockBytes || indexed.Pack >= number;

    private static LogEnd EndWithoutHeader(int number, long length) =>
        new(new BlobMark(number, PackFormat.RoundUp(length)), 0, null);

    /// <summary>A large pack that was being written: keeps it when the log commits it, removes it when it surely does not.</summary>
    private static void SettlePart(PackFolder packs, int number, LogEnd end)
    {
        var fate = PackLog.ReadHeader(packs, number) is { } header ? FateOf(packs, header, end) : Fate.Removed;
        if (fate == Fate.Committed)
        {
            packs.Folder.Rename(PackFolder.PartName(number), PackFolder.LargeName(number));
            packs.Forget(number);
        }
        else if (fate == Fate.Removed)
        {
            Remove(packs, number, PackFolder.PartName(number));
        }
    }

    private static Fate FateOf(PackFolder packs, PackHeader part, LogEnd end)
    {
        var fate = Fate.Removed;
        foreach (var section in LogReader.SectionsFrom(packs, part.Before, end.End))
        {
            if (section.Section.Commit is not { } commit)
            {
                // Its commit record may have been among the damaged bytes.
                fate = Fate.Kept;
            }
            else if (commit.Entries.Any(entry => entry.Location.Pack == part.Number))
            {
                return Fate.Committed;
            }
        }

        return fate;
    }

    private static long BatchesBefore(PackFolder packs, List<int> logs) =>
        logs.Select(number => PackLog.ReadHeader(packs, number)?.BatchesBefore ?? 0).DefaultIfEmpty().Max();

    private static void Remove(PackFolder packs, int number, string name)
    {
        packs.Forget(number);
        packs.Folder.Delete(name);
    }

    private enum Fate
    {
        Removed,
        Committed,
        Kept,
    }
}
