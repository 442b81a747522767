using System.Net;

namespace Leadglass.Exposure;

/// <summary>
/// Token buckets, one over all and one for each network. A bucket holds what a second brings (one at least), and is kept as
/// the time at which it would be full again, so that a full bucket needs no entry: the table holds busy networks only.
/// </summary>
internal sealed class ConnectionRates
{
    /// <summary>Busy networks that are told apart at one time; beyond that, newcomers wait.</summary>
    private const int NetworksMax = 65_536;

    private readonly Dictionary<NetworkOf, long> _fullAt = [];
    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly Bucket _overall;
    private readonly Bucket _network;
    private long _overallFullAt;

    public ConnectionRates(double perSecond, double perNetworkPerSecond, TimeProvider clock)
    {
        _clock = clock;
        _overall = new Bucket(perSecond, clock.TimestampFrequency);
        _network = new Bucket(perNetworkPerSecond, clock.TimestampFrequency);
        _overallFullAt = clock.GetTimestamp();
    }

    /// <summary>Takes one token of each bucket, or none.</summary>
    /// <returns>Zero when taken, else how long to wait before trying again.</returns>
    public TimeSpan Take(IPAddress address)
    {
        var network = NetworkOf.Address(address);
        lock (_lock)
        {
            var now = _clock.GetTimestamp();
            var known = _fullAt.TryGetValue(network, out var fullAt);
            if (!known && _fullAt.Count >= NetworksMax && !Forget(now))
            {
                return TimeSpan.FromMilliseconds(1);
            }
            var wait = Math.Max(_overall.WaitFor(_overallFullAt, now), _network.WaitFor(fullAt, now));
            if (wait > 0)
            {
                return TimeSpan.FromSeconds((double)wait / _clock.TimestampFrequency);
            }
            _overallFullAt = _overall.After(_overallFullAt, now);
            _fullAt[network] = _network.After(fullAt, now);
            return TimeSpan.Zero;
        }
    }

    /// <summary>Takes a token of each bucket that may not be there yet: those after it wait longer.</summary>
    public void Owe(IPAddress address)
    {
        lock (_lock)
        {
            var now = _clock.GetTimestamp();
            var network = NetworkOf.Address(address);
            _overallFullAt = _overall.After(_overallFullAt, now);
            if (_fullAt.TryGetValue(network, out var fullAt))
            {
                _fullAt[network] = _network.After(fullAt, now);
            }
        }
    }

    /// <summary>Waits for a token of each bucket.</summary>
    public async ValueTask TakeAsync(IPAddress address, CancellationToken cancel)
    {
        while (Take(address) is { Ticks: > 0 } wait)
        {
            await Task.Delay(wait, _clock, cancel);
        }
    }

    private bool Forget(long now)
    {
        foreach (var (network, fullAt) in _fullAt)
        {
            if (fullAt <= now)
            {
                _fullAt.Remove(network);
            }
        }
        return _fullAt.Count < NetworksMax;
    }

    private readonly struct Bucket(double perSecond, long frequency)
    {
        // Ticks of the clock that one token takes to come back, and those that an empty bucket takes.
        private readonly long _token = Math.Max(1, (long)(frequency / perSecond));
        private readonly long _depth = Math.Max((long)(frequency / perSecond), frequency);

        public long WaitFor(long fullAt, long now) => Math.Max(fullAt, now) + _token - _depth - now;

        public long After(long fullAt, long now) => Math.Max(fullAt, now) + _token;
    }
}
