using System.Collections.Immutable;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>
/// An enrolled device: a modality, a workstation, another archive. Identity is the certificate; the AE titles are what it
/// may call itself. Immutable: a change makes a new one in the registry.
/// </summary>
public sealed record Device
{
    /// <summary>The most characters of a name.</summary>
    public const int NameLengthMax = 64;

    /// <summary>Unique, 1 to 64 of letters, digits, '.', '_' and '-', beginning with a letter or digit: it names files.</summary>
    public required string Name { get; init; }

    /// <summary>The calling AE titles it may use, at least one; no two devices share one.</summary>
    public required ImmutableArray<AeTitle> AeTitles { get; init; }

    /// <summary>What it may do beside C-ECHO.</summary>
    public required DeviceRights Rights { get; init; }

    /// <summary>Which patients and modalities its rights reach.</summary>
    public DeviceScope Scope { get; init; } = DeviceScope.Everything;

    /// <summary>The devices, by name, to which it may have instances moved; itself is always one.</summary>
    public ImmutableArray<string> MoveDestinations { get; init; } = [];

    /// <summary>Where it listens as a destination of C-MOVE and of storage commitment results; null when it does not.</summary>
    public DeviceAddress? Address { get; init; }

    /// <summary>Its certificates: two while a renewal overlaps; withdrawn ones stay, so that they are named as such.</summary>
    public ImmutableArray<DeviceCertificate> Certificates { get; init; } = [];

    /// <summary>False: every association is refused and live ones end.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>True: content that conflicts with what is stored is refused instead of quarantined.</summary>
    public bool RefuseConflicts { get; init; }

    /// <summary>Issuer of Patient ID for instances that name none.</summary>
    public string? DefaultIssuer { get; init; }

    /// <summary>The AE title it has to call; null: any.</summary>
    public AeTitle? CalledAeTitle { get; init; }

    /// <summary>Set where this is an edge.</summary>
    public EdgeEnrolment? Edge { get; init; }

    /// <summary>Set where it speaks to an edge instead of the archive.</summary>
    public BehindEdge? Behind { get; init; }

    /// <summary>When it was enrolled.</summary>
    public DateTimeOffset EnrolledAt { get; init; }

    /// <summary>Whether it may do this at all; the scope is another question.</summary>
    public bool Allows(Operation operation) =>
        operation switch
        {
            Operation.Echo => true,
            Operation.Store => Rights.HasFlag(DeviceRights.Store),
            Operation.Query => Rights.HasFlag(DeviceRights.Query),
            Operation.Retrieve or Operation.Move => Rights.HasFlag(DeviceRights.Retrieve),
            _ => false,
        };

    /// <summary>
    /// Whether everything that an identity or a grant of the other rests on stands here as it did there: nothing that was
    /// allowed then is allowed less now. Certificates are asked about apart.
    /// </summary>
    internal bool IsAsEnrolled(Device other) =>
        Rights == other.Rights
        && Scope.Equals(other.Scope)
        && CalledAeTitle == other.CalledAeTitle
        && Edge is null == other.Edge is null
        && string.Equals(Behind?.Edge, other.Behind?.Edge, StringComparison.OrdinalIgnoreCase)
        && other.AeTitles.All(title => AeTitles.Contains(title))
        && other.MoveDestinations.All(name => MoveDestinations.Contains(name));

    /// <summary>Whether this is a name that a device may have.</summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= NameLengthMax }
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>The name only: limits to patients stay inside.</summary>
    public override string ToString() => Name;
}

/// <summary>Where a device listens: DNS name or IP address, and port.</summary>
public sealed record DeviceAddress(string Host, int Port)
{
    /// <summary>Reads HOST:PORT, [IPV6]:PORT.</summary>
    public static bool TryParse(string? text, out DeviceAddress? address)
    {
        address = null;
        if (string.IsNullOrWhiteSpace(text) || text.Length > 270)
        {
            return false;
        }
        var colon = text.LastIndexOf(':');
        if (
            colon < 1
            || !int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port)
            || port is < 1 or > 65535
        )
        {
            return false;
        }
        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }
        if (Uri.CheckHostName(host) is UriHostNameType.Unknown or UriHostNameType.Basic)
        {
            return false;
        }
        address = new DeviceAddress(host, port);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>The SHA-256 of a certificate's DER bytes: what identity is bound to.</summary>
public readonly record struct CertificateFingerprint
{
    private readonly string? _hex;

    private CertificateFingerprint(string hex) => _hex = hex;

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Value => _hex ?? "";

    /// <summary>The fingerprint of this certificate.</summary>
    public static CertificateFingerprint Of(
        System.Security.Cryptography.X509Certificates.X509Certificate2 certificate
    ) => new(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(certificate.RawDataMemory.Span)));

    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse(string? text, out CertificateFingerprint fingerprint)
    {
        var valid = text is { Length: 64 } && text.All(char.IsAsciiHexDigit);
        fingerprint = valid ? new CertificateFingerprint(text!.ToLowerInvariant()) : default;
        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A certificate that speaks for a device.</summary>
/// <param name="Fingerprint">The exact certificate.</param>
/// <param name="NotBefore">Its validity begins.</param>
/// <param name="NotAfter">Its validity ends.</param>
/// <param name="IsForeign">True: issued by another PKI and pinned; its chain is not followed.</param>
/// <param name="IsRevoked">True: withdrawn.</param>
public sealed record DeviceCertificate(
    CertificateFingerprint Fingerprint,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    bool IsForeign = false,
    bool IsRevoked = false
);
