using System.Net;

namespace Leadglass.Exposure;

/// <summary>
/// What each host has used of its share of bytes and time. The table is bounded: a host that was not heard of for longest
/// makes way, which only matters where tens of thousands are probed between two connections of one.
/// </summary>
internal sealed class HostBudgets(long bytesMax, TimeSpan timeMax)
{
    private const int HostsMax = 16_384;

    private readonly Dictionary<IPAddress, LinkedListNode<Used>> _hosts = [];
    private readonly LinkedList<Used> _byAge = new();
    private readonly Lock _lock = new();

    /// <summary>What is left; either may be zero.</summary>
    public (long Bytes, TimeSpan Time) LeftFor(IPAddress host)
    {
        lock (_lock)
        {
            return _hosts.TryGetValue(host, out var node)
                ? (Math.Max(0, bytesMax - node.Value.Bytes), Later(timeMax - node.Value.Time))
                : (bytesMax, timeMax);
        }
    }

    /// <summary>Writes down what a connection used.</summary>
    public void Use(IPAddress host, long bytes, TimeSpan time)
    {
        lock (_lock)
        {
            if (_hosts.Remove(host, out var node))
            {
                _byAge.Remove(node);
                node.Value = node.Value with { Bytes = node.Value.Bytes + bytes, Time = node.Value.Time + time };
            }
            else
            {
                if (_hosts.Count >= HostsMax)
                {
                    _hosts.Remove(_byAge.First!.Value.Host);
                    _byAge.RemoveFirst();
                }
                node = new LinkedListNode<Used>(new Used(host, bytes, time));
            }
            _byAge.AddLast(node);
            _hosts[host] = node;
        }
    }

    private static TimeSpan Later(TimeSpan left) => left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private sealed record Used(IPAddress Host, long Bytes, TimeSpan Time);
}
