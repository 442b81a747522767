using System.Net;

namespace Leadglass.Edge;

/// <summary>Refusals, summed by source, title, reason and minute until the archive has been told; bounded.</summary>
internal sealed class RefusalSums(TimeProvider clock, EdgeLog log)
{
    private const int SumsMax = 4096;
    private readonly Lock _gate = new();
    private readonly Dictionary<
        (string Source, string? Title, string? Scanner, EdgeRefusalReason Reason, long Minute),
        long
    > _sums = [];

    /// <summary>All refusals of this run.</summary>
    public long Total { get; private set; }

    /// <summary>Notes one.</summary>
    public void Add(IPAddress source, EdgeRefusalReason reason, string? title = null, string? scanner = null)
    {
        var plain = source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source;
        var key = (plain.ToString(), Clean(title), scanner, reason, clock.GetUtcNow().ToUnixTimeSeconds() / 60);
        lock (_gate)
        {
            Total++;
            if (_sums.Count >= SumsMax && !_sums.ContainsKey(key))
            {
                // A flood of titles: the address is told, not each title.
                key = (plain.ToString(), null, scanner, reason, key.Item5);
            }

            if (_sums.Count < 2 * SumsMax || _sums.ContainsKey(key))
            {
                _sums[key] = _sums.GetValueOrDefault(key) + 1;
            }
        }

        log.Refused(plain, reason);
    }

    /// <summary>Takes up to a report's worth of sums.</summary>
    public IReadOnlyList<EdgeRefusal> Take()
    {
        lock (_gate)
        {
            var taken = _sums.Take(EdgeReport.RefusalsMax).ToList();
            foreach (var sum in taken)
            {
                _sums.Remove(sum.Key);
            }

            return
            [
                .. taken.Select(sum => new EdgeRefusal(
                    sum.Key.Source,
                    sum.Key.Title,
                    sum.Key.Scanner,
                    sum.Key.Reason,
                    DateTimeOffset.FromUnixTimeSeconds(sum.Key.Minute * 60),
                    sum.Value
                )),
            ];
        }
    }

    private static string? Clean(string? title)
    {
        var cleaned = title is null
            ? null
            : new string([.. title.Take(16).Select(c => c is > ' ' and < '\x7f' ? c : '?')]);
        return string.IsNullOrEmpty(cleaned) ? null : cleaned;
    }
}
