using System.Collections.Immutable;

namespace Leadglass.Exposure;

/// <summary>Who declares that the audit is allowed, and why. Declared, never proved.</summary>
/// <param name="By">The person or office.</param>
/// <param name="Basis">The legal basis or order.</param>
/// <param name="Contact">A mail address or URL, sent to every web server that is probed.</param>
/// <param name="RecordsBasis">The basis for rungs 5b and 6, which receive records in flight; null forbids them.</param>
public sealed record ScopeAuthorisation(string By, string Basis, string Contact, string? RecordsBasis);

/// <summary>A network that may be probed.</summary>
/// <param name="Addresses">Its addresses.</param>
/// <param name="CalledAeTitles">AE titles known there, tried in order.</param>
/// <param name="HighestRung">Its own highest rung; null leaves the scope's for local addresses and rung 2 for public ones.</param>
public sealed record ScopeNetwork(
    AddressRange Addresses,
    ImmutableArray<string> CalledAeTitles,
    Rung? HighestRung = null
)
{
    /// <summary>Place in the scope, for sums by network.</summary>
    internal int Number { get; init; }
}

/// <summary>A host's name. What it resolves to is probed only where a network of the scope holds it.</summary>
/// <param name="Host">The name, in lower case, without a final dot.</param>
/// <param name="CalledAeTitles">AE titles known there, tried before those of the network.</param>
public sealed record ScopeName(string Host, ImmutableArray<string> CalledAeTitles);

/// <summary>Whose a network is.</summary>
/// <param name="Addresses">Its addresses.</param>
/// <param name="Site">Where it is.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Contact">How to reach them.</param>
public sealed record InventoryEntry(AddressRange Addresses, string? Site, string? Owner, string? Contact);

/// <summary>How fast probes may be sent.</summary>
/// <param name="ConnectionsPerSecond">Overall, 1 to 20,000.</param>
/// <param name="PerNetwork24PerSecond">Into each /24 of IPv4 and /64 of IPv6, 1 to 20,000.</param>
/// <param name="InFlight">Connections waiting at once, 1 to 4,096.</param>
/// <param name="TimeoutMilliseconds">How long a silent port is waited for, 100 to 30,000 ms.</param>
/// <param name="ConnectionSeconds">How long one connection may live, 1 to 600 s.</param>
/// <param name="HostSeconds">How long all connections to one host may take together, 1 to 7,200 s.</param>
public sealed record ScopeRate(
    int ConnectionsPerSecond,
    int PerNetwork24PerSecond,
    int InFlight,
    int TimeoutMilliseconds,
    int ConnectionSeconds = 60,
    int HostSeconds = 600
)
{
    internal const int PerSecondMax = 20_000;
    internal const int InFlightMax = 4_096;
    internal const int TimeoutMillisecondsMin = 100;
    internal const int TimeoutMillisecondsMax = 30_000;
    internal const int ConnectionSecondsMax = 600;
    internal const int HostSecondsMax = 7_200;

    /// <summary>Where only networks of one's own are checked.</summary>
    public static ScopeRate ForLocalNetworks { get; } = new(5_000, 2_000, 1_024, 500);

    /// <summary>Where the Internet lies between.</summary>
    public static ScopeRate ForPublicNetworks { get; } = new(200, 20, 200, 2_000);
}

/// <summary>Where a proof of control lies.</summary>
public enum ProofKind
{
    /// <summary>A TXT record below a name that the addresses' own reverse DNS leads to.</summary>
    Name,

    /// <summary>A file on the address itself.</summary>
    File,

    /// <summary>A TXT record in the reverse zone of a network.</summary>
    ReverseZone,
}

/// <summary>A proof that the scope announces. It counts only when it was checked in this run.</summary>
/// <param name="Kind">Where it lies.</param>
/// <param name="Place">The name, the address, or the network.</param>
public sealed record ProofClaim(ProofKind Kind, string Place)
{
    /// <summary>The addresses named; null for a name.</summary>
    internal AddressRange? Addresses { get; init; }
}
