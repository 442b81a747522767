using System.Net;

namespace Leadglass.Exposure;

/// <summary>A step of the scan.</summary>
/// <param name="IsFirstPort">Whether it stands for its address when addresses are counted.</param>
internal readonly record struct ScanStep(long Number, IPAddress Address, int Port, bool IsFirstPort);

/// <summary>Steps whose host has somebody else's turn, in order for each host. Bounded by the scan.</summary>
internal sealed class WaitingPairs
{
    private readonly Dictionary<IPAddress, Queue<ScanStep>> _hosts = [];
    private readonly List<IPAddress> _order = [];
    private int _next;

    public int Count { get; private set; }

    public bool HasOf(IPAddress host) => _hosts.ContainsKey(host);

    public void Add(ScanStep step)
    {
        if (!_hosts.TryGetValue(step.Address, out var steps))
        {
            _hosts[step.Address] = steps = [];
            _order.Add(step.Address);
        }
        steps.Enqueue(step);
        Count++;
    }

    /// <summary>Takes a step whose host gives its turn now; at most one round over all hosts.</summary>
    public bool TryTake(HostTurns turns, out ScanStep step)
    {
        for (var tries = _order.Count; tries > 0; tries--)
        {
            _next = _next + 1 < _order.Count ? _next + 1 : 0;
            var host = _order[_next];
            if (!turns.TryTake(host))
            {
                continue;
            }
            var steps = _hosts[host];
            step = steps.Dequeue();
            Count--;
            if (steps.Count == 0)
            {
                _hosts.Remove(host);
                _order[_next] = _order[^1];
                _order.RemoveAt(_order.Count - 1);
            }
            return true;
        }
        step = default;
        return false;
    }
}
