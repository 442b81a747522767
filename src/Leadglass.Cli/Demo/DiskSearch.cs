using System.Text;

namespace Leadglass.Cli.Demo;

/// <summary>Looks through all bytes below a folder for what must not be readable there, in the usual encodings.</summary>
internal sealed class DiskSearch
{
    private const int ChunkBytes = 4 * 1024 * 1024;

    // Shorter than this a text turns up in random bytes by chance.
    private const int NeedleBytesMin = 6;

    private readonly byte[][] _needles;

    public DiskSearch(IEnumerable<string> texts)
    {
        Encoding[] encodings = [Encoding.UTF8, Encoding.Latin1, Encoding.Unicode, Encoding.BigEndianUnicode];
        _needles =
        [
            .. texts
                .Where(text => text.Length > 0)
                .Distinct(StringComparer.Ordinal)
                .SelectMany(text => encodings.Select(encoding => Convert.ToHexString(encoding.GetBytes(text))))
                .Distinct(StringComparer.Ordinal)
                .Select(Convert.FromHexString)
                .Where(needle => needle.Length >= NeedleBytesMin),
        ];
    }

    /// <summary>How many byte patterns are looked for.</summary>
    public int Patterns => _needles.Length;

    /// <summary>Reads every file, names of files included.</summary>
    public async Task<DiskFinding> RunAsync(string folder, CancellationToken cancel)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        var (files, bytes, hits) = (0, 0L, 0L);
        foreach (var file in Directory.EnumerateFiles(folder, "*", options).Order(StringComparer.Ordinal))
        {
            hits += Count(Encoding.UTF8.GetBytes(file), 0);
            if (IsSocket(file) || new FileInfo(file).Length == 0)
            {
                continue;
            }

            var (length, found) = await ReadAsync(file, cancel);
            files++;
            bytes += length;
            hits += found;
        }

        return new DiskFinding(files, bytes, hits);
    }

    /// <summary>How often the patterns occur in bytes at hand.</summary>
    public long Count(ReadOnlySpan<byte> bytes) => Count(bytes, seen: 0);

    private async Task<(long Length, long Hits)> ReadAsync(string file, CancellationToken cancel)
    {
        var overlap = _needles.Max(needle => needle.Length) - 1;
        var buffer = new byte[overlap + ChunkBytes];
        await using var stream = new FileStream(
            file,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0,
            useAsync: true
        );
        var (length, hits, kept) = (0L, 0L, 0);
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(kept, ChunkBytes), cancel)) > 0)
        {
            length += read;
            var filled = kept + read;
            hits += Count(buffer.AsSpan(0, filled), kept);
            kept = Math.Min(overlap, filled);
            buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
        }

        return (length, hits);
    }

    /// <summary>Counts matches that end beyond what was looked at before.</summary>
    private long Count(ReadOnlySpan<byte> bytes, int seen)
    {
        var hits = 0L;
        foreach (var needle in _needles)
        {
            for (var from = 0; ; )
            {
                var at = bytes[from..].IndexOf(needle);
                if (at < 0)
                {
                    break;
                }

                from += at + 1;
                if (from - 1 + needle.Length > seen)
                {
                    hits++;
                }
            }
        }

        return hits;
    }

    private static bool IsSocket(string file) => file.EndsWith(".sock", StringComparison.Ordinal);
}

/// <summary>What a search of the disk came to.</summary>
internal sealed record DiskFinding(int Files, long Bytes, long Hits);
