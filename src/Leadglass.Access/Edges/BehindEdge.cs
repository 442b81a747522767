using System.Collections.Immutable;
using System.Net;

namespace Leadglass.Access;

/// <summary>
/// Where a device stands that speaks no TLS: behind an edge, at listed addresses. It has no certificate of its own; the
/// edge's counts, and both names stand in the trail.
/// </summary>
public sealed record BehindEdge
{
    /// <summary>The edge, by name.</summary>
    public required string Edge { get; init; }

    /// <summary>The addresses it may come from, at least one; the edge sees to that.</summary>
    public required ImmutableArray<IPNetwork> Sources { get; init; }

    /// <summary>
    /// Where it listens, in clear, for its edge: results of storage commitment, and what it asked for by C-MOVE. The archive
    /// itself never calls it. Null: it does not listen.
    /// </summary>
    public DeviceAddress? ListensAt { get; init; }

    /// <summary>What the archive sets in what it stores. Null: nothing.</summary>
    public CoercionRules? Coercion { get; init; }

    /// <summary>Reads ADDRESS or NETWORK/LENGTH; null where it is neither.</summary>
    public static IPNetwork? ReadSource(string? text)
    {
        if (text is null or { Length: > 64 })
        {
            return null;
        }
        if (IPNetwork.TryParse(text, out var network))
        {
            return network;
        }
        return IPAddress.TryParse(text, out var address)
            ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : null;
    }

    /// <summary>The same edge, addresses and rules, in whichever order.</summary>
    public bool Equals(BehindEdge? other) =>
        other is not null
        && string.Equals(Edge, other.Edge, StringComparison.OrdinalIgnoreCase)
        && ListensAt == other.ListensAt
        && Coercion == other.Coercion
        && Sources.ToHashSet().SetEquals(other.Sources);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Edge.ToUpperInvariant(), Sources.Distinct().Count());
}

/// <summary>
/// What the archive sets in the data sets of a device behind an edge before it stores them: few, explicit, and told by the
/// trail with what they replace. The issuer of patient IDs is the device's <see cref="Device.DefaultIssuer"/>, which
/// changes no data set.
/// </summary>
/// <param name="Institution">Institution Name (0008,0080); null: as it came.</param>
/// <param name="Station">Station Name (0008,1010); null: as it came.</param>
public sealed record CoercionRules(string? Institution, string? Station)
{
    /// <summary>The most characters of Institution Name: VR LO (PS3.5 6.2).</summary>
    public const int InstitutionLengthMax = 64;

    /// <summary>The most characters of Station Name: VR SH (PS3.5 6.2).</summary>
    public const int StationLengthMax = 16;
}
