using System.Net;
using System.Threading.Channels;

namespace Leadglass.Exposure;

/// <summary>
/// Hosts with open ports that wait for their probes. A host is with one worker at a time, however many of its ports are found
/// meanwhile. Bounded: a full backlog makes discovery wait, and loses nothing.
/// </summary>
internal sealed class HostBacklog
{
    /// <summary>Hosts that may wait or be under way.</summary>
    public const int HostsMax = 16_384;

    private readonly Dictionary<IPAddress, HostPorts> _hosts = [];

    // It has room for every host that HasRoom let in, and for one found by each connect that was under way then.
    private readonly Channel<IPAddress> _ready = Channel.CreateBounded<IPAddress>(HostsMax * 3);
    private readonly Lock _lock = new();
    private bool _isComplete;

    /// <summary>Whether another host can be taken.</summary>
    public bool HasRoom => Count < HostsMax;

    /// <summary>Hosts that wait or are under way.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _hosts.Count;
            }
        }
    }

    /// <summary>Adds an open port of a host.</summary>
    public void Add(IPAddress address, int port)
    {
        lock (_lock)
        {
            if (_hosts.TryGetValue(address, out var ports))
            {
                ports.Add(port);
                return;
            }
            _hosts[address] = new HostPorts(port);
            if (!_ready.Writer.TryWrite(address))
            {
                throw new InvalidOperationException("More hosts were found than the backlog had room for.");
            }
        }
    }

    /// <summary>No port is found any more.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _isComplete = true;
            EndIfEmpty();
        }
    }

    /// <summary>Hosts, each for whoever gets it, until there is none any more.</summary>
    public IAsyncEnumerable<IPAddress> HostsAsync(CancellationToken cancel) => _ready.Reader.ReadAllAsync(cancel);

    /// <summary>The next port of a host that a worker has; null when there is none now.</summary>
    public int? Next(IPAddress address)
    {
        lock (_lock)
        {
            return _hosts[address].Take();
        }
    }

    /// <summary>Gives a host up, unless another of its ports was found meanwhile.</summary>
    public bool TryGiveUp(IPAddress address)
    {
        lock (_lock)
        {
            if (_hosts[address].Any)
            {
                return false;
            }
            _hosts.Remove(address);
            EndIfEmpty();
            return true;
        }
    }

    private void EndIfEmpty()
    {
        if (_isComplete && _hosts.Count == 0)
        {
            _ready.Writer.TryComplete();
        }
    }

    private sealed class HostPorts(int first)
    {
        // Ports of archives, then those of web servers, each in ascending order.
        private readonly SortedSet<(bool IsWeb, int Port)> _ports = [(KnownPorts.IsWeb(first), first)];

        public bool Any => _ports.Count > 0;

        public void Add(int port) => _ports.Add((KnownPorts.IsWeb(port), port));

        public int? Take()
        {
            if (_ports.Count == 0)
            {
                return null;
            }
            var next = _ports.Min;
            _ports.Remove(next);
            return next.Port;
        }
    }
}
