using System.Net;

namespace Leadglass.Access.Trails;

/// <summary>
/// Keeps strangers from filling the disk: the first refusal of a source and reason in a minute is recorded at once, the
/// rest of that minute is one record with a count. Beyond a number of sources all others of a reason are one source.
/// Memory and records per minute are bounded however many strangers there are. Enrolled devices are counted apart, so
/// that a flood of strangers hides none of them.
/// </summary>
internal sealed class RefusalSums
{
    /// <summary>Strangers told apart within a minute.</summary>
    internal const int StrangersMax = 64;

    /// <summary>Refusals of enrolled devices told apart within a minute.</summary>
    internal const int KnownMax = 1_024;

    private const string Stranger = "stranger";

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Func<TrailEvent, bool> _write;
    private readonly Lock _gate = new();
    private readonly Dictionary<Source, Sum> _sums = [];
    private readonly ITimer _timer;
    private int _strangers;

    public RefusalSums(TimeProvider clock, Func<TrailEvent, bool> write)
    {
        _write = write;
        _timer = clock.CreateTimer(_ => WriteSums(), null, Period, Period);
    }

    public void Note(TrailEvent refusal)
    {
        lock (_gate)
        {
            var source = new Source(
                refusal.Who,
                refusal.Through,
                NetworkOf(refusal.Address),
                refusal.Operation,
                refusal.Refusal
            );
            var isStranger = refusal.Who == Stranger;
            var isCrowded = isStranger ? _strangers >= StrangersMax : _sums.Count - _strangers >= KnownMax;
            if (!_sums.TryGetValue(source, out var sum) && isCrowded)
            {
                var many = isStranger ? "many strangers" : "many devices";
                source = new Source(many, null, null, null, refusal.Refusal);
                refusal = refusal with
                {
                    Who = many,
                    Through = null,
                    Address = null,
                    Certificate = null,
                    Operation = null,
                };
                _sums.TryGetValue(source, out sum);
            }
            if (sum is not null)
            {
                sum.Further += refusal.Count;
                return;
            }
            _strangers += isStranger ? 1 : 0;
            _sums[source] = new Sum(refusal) { Further = _write(refusal) ? 0 : refusal.Count };
        }
    }

    /// <summary>Writes what is summed; nothing is noted any more in the background.</summary>
    public void Close()
    {
        _timer.Dispose();
        WriteSums();
    }

    /// <summary>Writes what is summed so far; a new minute begins.</summary>
    public void WriteSums()
    {
        lock (_gate)
        {
            var unwritten = new List<(Source Source, Sum Sum)>();
            foreach (var (source, sum) in _sums)
            {
                if (sum.Further > 0 && !_write(sum.First with { Count = sum.Further }))
                {
                    unwritten.Add((source, sum));
                }
            }
            _sums.Clear();
            _strangers = unwritten.Count(entry => entry.Sum.First.Who == Stranger);
            foreach (var (source, sum) in unwritten)
            {
                _sums[source] = sum;
            }
        }
    }

    /// <summary>One host has a whole /64 of IPv6 addresses at its disposal.</summary>
    private static string? NetworkOf(string? address)
    {
        if (!IPAddress.TryParse(address, out var parsed) || parsed.IsIPv4MappedToIPv6)
        {
            return address;
        }
        var bytes = parsed.GetAddressBytes();
        if (bytes.Length == 4)
        {
            return address;
        }
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }

    private readonly record struct Source(
        string Who,
        string? Through,
        string? Network,
        Operation? Operation,
        RefusalReason? Reason
    );

    private sealed class Sum(TrailEvent first)
    {
        public TrailEvent First { get; } = first;

        public int Further { get; set; }
    }
}
