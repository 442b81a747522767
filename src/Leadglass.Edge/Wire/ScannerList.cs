using System.Net;

namespace Leadglass.Edge;

/// <summary>What a scanner or workstation behind an edge may ask for.</summary>
public enum ScannerService
{
    /// <summary>C-STORE, and storage commitment of what it stored.</summary>
    Store,

    /// <summary>C-FIND, passed on live.</summary>
    Query,

    /// <summary>C-GET and C-MOVE, passed on live.</summary>
    Retrieve,
}

/// <summary>One scanner or workstation behind an edge.</summary>
/// <param name="Name">The device's name at the archive.</param>
/// <param name="AeTitles">The calling AE titles that it uses.</param>
/// <param name="Sources">The IP addresses or networks (CIDR) that it calls from.</param>
/// <param name="Services">What it may do; C-ECHO always.</param>
public sealed record ScannerEntry(
    string Name,
    IReadOnlyList<string> AeTitles,
    IReadOnlyList<string> Sources,
    IReadOnlyList<ScannerService> Services
)
{
    /// <summary>Where it listens in clear, as <c>HOST:PORT</c>: for storage commitment reports and C-MOVE; may be absent.</summary>
    public string? ListensAt { get; init; }

    /// <summary>The devices, by name, to which it may have instances moved beside itself.</summary>
    public IReadOnlyList<string> MoveTo { get; init; } = [];

    /// <summary>Whether it may do this.</summary>
    public bool Allows(ScannerService service) => Services.Contains(service);

    /// <summary>Whether it may have instances moved to another behind the same edge.</summary>
    public bool MayMoveTo(ScannerEntry other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other.Name == Name || MoveTo.Contains(other.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether it calls from this address.</summary>
    public bool CallsFrom(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var source in Sources)
        {
            if (
                IPNetwork.TryParse(source, out var network)
                    ? network.Contains(plain)
                    : IPAddress.TryParse(source, out var single) && single.Equals(plain)
            )
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>All scanners behind an edge. The archive decides; the edge keeps the last list so that it works without a link.</summary>
/// <param name="Digest">Changes when the list does: lowercase hexadecimal SHA-256, at most 64 characters.</param>
/// <param name="Scanners">The entries.</param>
public sealed record ScannerList(string Digest, IReadOnlyList<ScannerEntry> Scanners)
{
    /// <summary>How many scanners an edge serves at most.</summary>
    public const int ScannersMax = 256;

    /// <summary>Private SOP classes that the archive stores, at most 256.</summary>
    public IReadOnlyList<string> PrivateSopClasses { get; init; } = [];

    private const int TitlesMax = 16;
    private const int SourcesMax = 64;

    /// <summary>No scanner.</summary>
    public static ScannerList Empty { get; } = new("", []);

    /// <summary>The list with what the network does not know checked: counts, titles, addresses.</summary>
    /// <exception cref="EdgeWireException">An entry makes no sense; the message names it.</exception>
    public ScannerList Checked()
    {
        if (Scanners.Count > ScannersMax || PrivateSopClasses.Count > ScannersMax)
        {
            throw new EdgeWireException($"{Scanners.Count} scanners where an edge serves at most {ScannersMax}");
        }

        foreach (var scanner in Scanners)
        {
            if (
                scanner.Name is not { Length: > 0 and <= 64 }
                || scanner.AeTitles is not { Count: > 0 and <= TitlesMax }
                || scanner.Sources is not { Count: > 0 and <= SourcesMax }
                || scanner.AeTitles.Any(title => !Dicom.AeTitle.TryParse(title, out _))
                || scanner.Sources.Any(source =>
                    !IPNetwork.TryParse(source, out _) && !IPAddress.TryParse(source, out _)
                )
            )
            {
                throw new EdgeWireException(
                    $"the entry of scanner '{scanner.Name}' has no title or source that makes sense"
                );
            }
        }

        return this;
    }
}
