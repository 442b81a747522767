using System.Net;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// How often one address may fail to sign in: so many times in five minutes, whatever the names it tried. Memory is
/// bounded: when very many addresses fail, further ones are not counted, so that whoever commands many cannot shut
/// everybody out; the lock of each account and the bounded work of <see cref="PasswordWork"/> hold all the same.
/// </summary>
internal sealed class AttemptLimit(TimeProvider clock)
{
    /// <summary>Failures of one address, or of one IPv6 network of 64 bits, in <see cref="Period"/>.</summary>
    public const int FailuresMax = 30;

    private const int AddressesMax = 10_000;

    /// <summary>For how long a failure counts.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, Count> _counts = [];

    /// <summary>Whether the address may try again now.</summary>
    public bool MayTry(IPAddress? address)
    {
        lock (_gate)
        {
            return CountOf(NetworkOf(address)) is not { Failures: >= FailuresMax };
        }
    }

    /// <summary>Notes a failure.</summary>
    public void Fail(IPAddress? address)
    {
        lock (_gate)
        {
            var network = NetworkOf(address);
            var count = CountOf(network);
            if (count is null && _counts.Count >= AddressesMax)
            {
                Prune();
                if (_counts.Count >= AddressesMax)
                {
                    return;
                }
            }

            _counts[network] = new Count((count?.Failures ?? 0) + 1, count?.Since ?? clock.GetUtcNow());
        }
    }

    private Count? CountOf(IPAddress network) =>
        _counts.TryGetValue(network, out var count) && clock.GetUtcNow() - count.Since < Period ? count : null;

    private void Prune()
    {
        var now = clock.GetUtcNow();
        foreach (var (network, count) in _counts)
        {
            if (now - count.Since >= Period)
            {
                _counts.Remove(network);
            }
        }
    }

    /// <summary>What counts as one: an IPv4 address, or an IPv6 network of 64 bits.</summary>
    public static IPAddress NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return IPAddress.Any;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        var bytes = address.GetAddressBytes();
        if (bytes.Length == 4)
        {
            return address;
        }

        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private sealed record Count(int Failures, DateTimeOffset Since);
}
