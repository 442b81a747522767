using System.Collections.Immutable;
using System.Net;

namespace Leadglass.Exposure;

/// <summary>
/// What may be probed, how far, when, and who says so. A declaration: what it says of permission nobody can check but its reader.
/// Read by <see cref="ScopeReader"/>; immutable, and complete once it exists.
/// </summary>
public sealed partial class ScanScope
{
    /// <summary>Public addresses of a scope, together.</summary>
    public const int PublicAddressesMax = 65_536;

    /// <summary>Longest validity, days.</summary>
    public const int ValidityDaysMax = 366;

    /// <summary>The highest rung at devices.</summary>
    public const Rung DeviceRung = Rung.Identify;

    /// <summary>The highest rung at public addresses without a proof of control.</summary>
    public const Rung UnprovedPublicRung = Rung.Echo;

    internal ScanScope() { }

    /// <summary>What the audit is called.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the file, 64 hexadecimal digits in lower case; what a proof of control names.</summary>
    public required string Digest { get; init; }

    /// <summary>Who declares that it is allowed.</summary>
    public required ScopeAuthorisation Authorisation { get; init; }

    /// <summary>The first moment, UTC.</summary>
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>The first moment no more, UTC; at most 366 days after the first.</summary>
    public required DateTimeOffset ValidUntil { get; init; }

    /// <summary>The highest rung anywhere; what holds at an address may be lower.</summary>
    public required Rung HighestRung { get; init; }

    /// <summary>The networks; where one lies in another, the narrower one's words count.</summary>
    public required ImmutableArray<ScopeNetwork> Networks { get; init; }

    /// <summary>The ports.</summary>
    public required PortSet Ports { get; init; }

    /// <summary>Names to resolve, once in each run.</summary>
    public ImmutableArray<ScopeName> Names { get; init; } = [];

    /// <summary>What is never probed.</summary>
    public ImmutableArray<AddressRange> Exclusions { get; init; } = [];

    /// <summary>Devices: identified, never asked for more.</summary>
    public ImmutableArray<AddressRange> Devices { get; init; } = [];

    /// <summary>Whose the networks are.</summary>
    public ImmutableArray<InventoryEntry> Inventory { get; init; } = [];

    /// <summary>Proofs of control that are announced.</summary>
    public ImmutableArray<ProofClaim> ProofOfControl { get; init; } = [];

    /// <summary>When probing is allowed; null always.</summary>
    public TimeWindow? TimeWindow { get; init; }

    /// <summary>How fast.</summary>
    public required ScopeRate Rate { get; init; }

    /// <summary>Whether the published default AE title of an identified product may be called.</summary>
    public bool TriesPublishedTitles { get; init; }

    /// <summary>Whether <c>/.well-known/security.txt</c> may be fetched from systems found.</summary>
    public bool FetchesSecurityText { get; init; }

    /// <summary>
    /// The addresses that are walked, each once: all networks but those of IPv6 with more than 2^24 addresses, into which only
    /// names and imports lead. Exclusions are decided for each address by the gate.
    /// </summary>
    public IAddressSpace Targets =>
        _targets ??= AddressSet.Of(Networks.Select(network => network.Addresses).Where(IsWalked));

    /// <summary>Networks that are too large to be walked.</summary>
    public IEnumerable<ScopeNetwork> NetworksNotWalked => Networks.Where(network => !IsWalked(network.Addresses));

    /// <summary>How many public addresses, each counted once.</summary>
    public int PublicAddresses => (int)PublicCount(Networks.Select(network => network.Addresses));

    internal AddressTable<ScopeNetwork> NetworkTable =>
        _networkTable ??= new AddressTable<ScopeNetwork>(Networks.Select(network => (network.Addresses, network)));

    internal AddressSet ExclusionSet => _exclusions ??= AddressSet.Of(Exclusions);

    internal AddressSet DeviceSet => _devices ??= AddressSet.Of(Devices);

    /// <summary>Public addresses that need no proof: this machine's own.</summary>
    internal AddressSet OwnAddresses { get; init; } = AddressSet.Empty;

    /// <summary>Whose an address is, by the narrowest entry of the inventory.</summary>
    public InventoryEntry? OwnerOf(IPAddress address)
    {
        _inventory ??= new AddressTable<InventoryEntry>(Inventory.Select(owned => (owned.Addresses, owned)));
        return AddressNumber.TryOf(address, out var number) && _inventory.TryFind(number, out var entry) ? entry : null;
    }

    /// <summary>Names what it is, no target.</summary>
    public override string ToString() => $"scope {Digest[..12]} until {ValidUntil:yyyy-MM-dd}";

    internal static UInt128 PublicCount(IEnumerable<AddressRange> ranges)
    {
        UInt128 count = 0;
        foreach (var range in AddressSet.Of(ranges).Ranges)
        {
            count += range.Count - AddressKinds.Local.CountWithin(range);
        }

        return count;
    }

    private static bool IsWalked(AddressRange range) => range.IsV4 || range.Count <= WalkedV6AddressesMax;

    private const int WalkedV6AddressesMax = 1 << 24;
    private AddressSet? _targets;
    private AddressSet? _exclusions;
    private AddressSet? _devices;
    private AddressTable<ScopeNetwork>? _networkTable;
    private AddressTable<InventoryEntry>? _inventory;
}
