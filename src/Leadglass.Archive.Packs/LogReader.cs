namespace Leadglass.Archive.Packs;

/// <summary>A section of the log and the pack that it lies in.</summary>
internal sealed record LogSection(int Pack, PackSection Section, string? Damage);

/// <summary>Walks through all log packs in the order of commits.</summary>
internal static class LogReader
{
    /// <summary>Every section between two marks; what is missing or no batch comes as damage.</summary>
    public static IEnumerable<LogSection> SectionsFrom(PackFolder packs, BlobMark from, BlobMark end)
    {
        var (logs, _, _) = packs.List();
        long? last = from == default ? 0 : null;
        foreach (var number in logs.Where(number => number >= from.Pack && number <= end.Pack))
        {
            var header = PackLog.ReadHeader(packs, number);
            if (header is null)
            {
                yield return new LogSection(
                    number,
                    new PackSection(0, PackFormat.BlockBytes, Commit: null),
                    "the pack's header cannot be read"
                );
            }
            else if (last is not null && header.BatchesBefore > last)
            {
                yield return Missing(header.Before, header.BatchesBefore - last.Value);
            }

            var start = number == from.Pack ? Math.Max(from.Offset, PackFormat.BlockBytes) : PackFormat.BlockBytes;
            var isNextKnown = start == PackFormat.BlockBytes;
            last = isNextKnown ? header?.BatchesBefore ?? last : null;
            var length = packs.LengthOf(number) ?? 0;
            var stop = number == end.Pack ? Math.Min(end.Offset, length) : length;
            var reached = start;
            foreach (var section in PackLog.Walk(packs, number, header?.PackId, start, stop))
            {
                if (section.Commit is { } commit)
                {
                    if (isNextKnown && last is not null && commit.Number > last + 1)
                    {
                        yield return Missing(new BlobMark(number, section.Offset), commit.Number - last.Value - 1);
                    }

                    last = commit.Number;
                }

                isNextKnown = section.Commit is not null;

                reached = section.Offset + section.Length;
                yield return new LogSection(
                    number,
                    section,
                    section.Commit is null ? "these bytes are no batch, though batches follow them" : null
                );
            }

            if (reached < stop)
            {
                yield return new LogSection(
                    number,
                    new PackSection(reached, stop - reached, Commit: null),
                    "these bytes are no batch, though they were committed"
                );
            }
        }
    }

    private static LogSection Missing(BlobMark at, long batches) =>
        new(at.Pack, new PackSection(at.Offset, 0, Commit: null), $"{batches} batches before this place are missing");
}
