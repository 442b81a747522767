namespace Leadglass.Exposure;

/// <summary>What a TLS handshake showed. Nothing here is trusted; it is what the server said of itself.</summary>
/// <param name="Protocol"><c>TLS 1.2</c>, <c>TLS 1.3</c>, or <see cref="NotTold"/>.</param>
/// <param name="CipherSuite">The IANA name, or <see cref="NotTold"/>.</param>
/// <param name="CertificateSha256">Digest of the certificate, hexadecimal; null when none was shown.</param>
/// <param name="NotBefore">Start of its validity, UTC.</param>
/// <param name="NotAfter">End of its validity, UTC.</param>
/// <param name="IsSelfIssued">Whether subject and issuer are the same.</param>
/// <param name="RequiresClientCertificate">Whether it asks for a certificate and refuses without one; null when that could not be told.</param>
public sealed record TlsFacts(
    string Protocol,
    string CipherSuite,
    string? CertificateSha256,
    DateTimeOffset? NotBefore,
    DateTimeOffset? NotAfter,
    bool IsSelfIssued,
    bool? RequiresClientCertificate
)
{
    /// <summary>Stands for the protocol or the cipher suite of a handshake that ended before they were told.</summary>
    public const string NotTold = "not told";

    internal const string Tls13 = "TLS 1.3";
}
