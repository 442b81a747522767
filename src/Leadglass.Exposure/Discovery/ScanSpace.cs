using System.Collections.Immutable;
using System.Net;

namespace Leadglass.Exposure;

/// <summary>
/// Every pair of a host and a port of one shard, once each, in an order that jumps over networks. It is arithmetic only: the
/// seed and a number of steps say where a scan stands. Hosts, not pairs, are dealt to the shards, so that no host is
/// connected to by two of them.
/// </summary>
internal sealed class ScanSpace
{
    private readonly IAddressSpace _addresses;
    private readonly ImmutableArray<int> _ports;
    private readonly Shard _shard;
    private readonly Permutation? _hosts;
    private readonly Permutation? _pairs;

    public ScanSpace(IAddressSpace addresses, ImmutableArray<int> ports, Shard shard, ReadOnlySpan<byte> seed)
    {
        _addresses = addresses;
        _ports = ports;
        _shard = shard;
        var before = shard.Number - 1;
        Hosts = addresses.Count <= before ? 0 : ((addresses.Count - 1 - before) / shard.Of) + 1;
        Steps = Hosts * ports.Length;
        if (Steps > 0)
        {
            _hosts = new Permutation((ulong)addresses.Count, seed, purpose: 1);
            _pairs = new Permutation((ulong)Steps, seed, purpose: 2);
        }
    }

    /// <summary>How many hosts.</summary>
    public long Hosts { get; }

    /// <summary>How many pairs.</summary>
    public long Steps { get; }

    /// <summary>The pair at a step.</summary>
    /// <param name="step">0 to <see cref="Steps"/> - 1.</param>
    public ScanStep At(long step)
    {
        var pair = (long)_pairs!.At((ulong)step);
        var (host, port) = Math.DivRem(pair, _ports.Length);
        var place = _hosts!.At((ulong)((host * _shard.Of) + _shard.Number - 1));
        return new ScanStep(step, _addresses.At((long)place), _ports[(int)port], port == 0);
    }
}
