using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Exposure;

public sealed partial class ScanScope
{
    private const int OwnListenersMax = 256;

    /// <summary>
    /// A scope without a file, for a program that looks at itself: loopback, and addresses that this machine has now. It holds for a
    /// day, and no higher than rung 4.
    /// </summary>
    /// <param name="listeners">Where the program listens; wildcard addresses are resolved by the caller.</param>
    /// <param name="highestRung">At most <see cref="Rung.NullRetrieve"/>.</param>
    /// <exception cref="ScopeException">An address is not this machine's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No listener, too many, or too high a rung.</exception>
    public static ScanScope OfOwnListeners(IReadOnlyList<IPEndPoint> listeners, Rung highestRung, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)highestRung, (int)Rung.NullRetrieve, nameof(highestRung));
        ArgumentOutOfRangeException.ThrowIfZero(listeners.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(listeners.Count, OwnListenersMax);
        var own = OwnUnicastAddresses();
        var ranges = new HashSet<AddressRange>();
        var mistakes = new List<ScopeMistake>();
        foreach (var address in listeners.Select(listener => listener.Address))
        {
            if (AddressNumber.TryOf(address, out var number) && (IPAddress.IsLoopback(address) || own.Contains(number)))
            {
                ranges.Add(new AddressRange(number, number));
            }
            else
            {
                mistakes.Add(new ScopeMistake(0, $"{address} is no address of this machine"));
            }
        }

        if (mistakes.Count > 0)
        {
            throw new ScopeException("own listeners", mistakes);
        }

        var ports = PortSet.Of(listeners.Select(listener => listener.Port));
        var now = clock.GetUtcNow();
        var words = string.Join(' ', ranges.Order(Comparer<AddressRange>.Create((a, b) => a.First.CompareTo(b.First))));
        return new ScanScope
        {
            Name = "own listeners",
            Digest = Convert.ToHexStringLower(
                SHA256.HashData(Encoding.UTF8.GetBytes($"own listeners {words} {ports}"))
            ),
            Authorisation = new ScopeAuthorisation("this program", "it looks at itself", "none", RecordsBasis: null),
            ValidFrom = now,
            ValidUntil = now.AddDays(1),
            HighestRung = highestRung,
            Networks = [.. ranges.Select((range, i) => new ScopeNetwork(range, [], highestRung) { Number = i })],
            Ports = ports,
            Rate = ScopeRate.ForLocalNetworks,
            OwnAddresses = AddressSet.Of(ranges),
        };
    }

    private static AddressSet OwnUnicastAddresses() =>
        AddressSet.Of(
            NetworkInterface
                .GetAllNetworkInterfaces()
                .SelectMany(network => network.GetIPProperties().UnicastAddresses)
                .Select(unicast => AddressNumber.TryOf(unicast.Address, out var number) ? number : 0)
                .Where(number => number != 0)
                .Select(number => new AddressRange(number, number))
        );
}
