using System.Net;

namespace Leadglass.Server.Configuration;

/// <summary>
/// How an archive serves: read once at start, never changed. Nothing here opens a listener without TLS, because no such
/// setting exists.
/// </summary>
public sealed record ServeOptions
{
    /// <summary>The address that both listeners bind; loopback unless told otherwise.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>DICOM over TLS; 0 takes a free port. 2762 is the registered port (PS3.15 B.3).</summary>
    public int DicomPort { get; init; } = 2762;

    /// <summary>HTTPS; 0 takes a free port.</summary>
    public int HttpPort { get; init; } = 8443;

    /// <summary>
    /// HTTPS with client certificates, where programs reach DICOMweb and the interface for systems, and nothing else is;
    /// 0 takes a free port, null opens none.
    /// </summary>
    public int? ProgramPort { get; init; }

    /// <summary>
    /// A PEM file with the certificate for HTTPS and those between it and its root; null: one of the archive's own
    /// authority. Read again when it changes.
    /// </summary>
    public string? HttpsCertificate { get; init; }

    /// <summary>The PEM file with its key, not encrypted.</summary>
    public string? HttpsKey { get; init; }

    /// <summary>Where traces are sent by OTLP over gRPC, https or on this machine; null: nowhere.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>The archive's own application entity title (PS3.8 9.3.2).</summary>
    public string AeTitle { get; init; } = "LEADGLASS";

    /// <summary>Whether an association that calls another title than <see cref="AeTitle"/> is rejected.</summary>
    public bool ChecksCalledAeTitle { get; init; }

    /// <summary>Host names and addresses that the archive's own certificate names, besides those of this machine.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>DICOM connections at one time, 1 to 1,000: each holds a few hundred KiB at most.</summary>
    public int DicomConnectionsMax { get; init; } = 100;

    /// <summary>HTTPS connections at one time, 1 to 10,000.</summary>
    public int HttpConnectionsMax { get; init; } = 500;

    /// <summary>How long a TLS handshake may take, 1 to 60 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an association may stay silent, 5 to 86,400 s.</summary>
    public TimeSpan AssociationIdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long running associations get to end when the server stops, 0 to 600 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>UIDs of private SOP classes that are stored like the standard's.</summary>
    public IReadOnlyList<string> PrivateStorageClasses { get; init; } = [];

    /// <summary>How people sign in.</summary>
    public SignInOptions SignIn { get; init; } = new();

    /// <summary>What starts a process that decodes, where this program is not <c>leadglass</c>; null: this program.</summary>
    internal IReadOnlyList<string>? DecoderCommand { get; init; }
}
