using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Server.Listeners;

/// <summary>
/// TLS by BCP 195 (RFC 9325; PS3.15 B.12, non-downgrading): 1.2 and 1.3, forward secrecy and authenticated encryption only,
/// no renegotiation, and no resumption, since a resumed session would carry an old judgement of a certificate.
/// </summary>
[SuppressMessage(
    "Security",
    "CA5398:Avoid hardcoded SslProtocols values",
    Justification = "The floor is a promise of the profile; a machine's configuration must not lower it."
)]
internal static class TlsProfile
{
    public const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    private static readonly CipherSuitesPolicy Suites = new([
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ]);

    /// <summary>For a listener. <paramref name="judge"/> null asks for no client certificate.</summary>
    public static SslServerAuthenticationOptions Server(
        SslStreamCertificateContext certificate,
        RemoteCertificateValidationCallback? judge
    ) =>
        new()
        {
            ServerCertificateContext = certificate,
            EnabledSslProtocols = Protocols,
            CipherSuitesPolicy = Suites,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ClientCertificateRequired = judge is not null,
            RemoteCertificateValidationCallback = judge,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = FetchNothing(),
        };

    /// <summary>For a connection of ours to a peer, whose certificate <paramref name="judge"/> judges.</summary>
    public static SslClientAuthenticationOptions Client(
        string host,
        X509Certificate2 certificate,
        RemoteCertificateValidationCallback judge
    ) =>
        new()
        {
            TargetHost = host,
            ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            EnabledSslProtocols = Protocols,
            CipherSuitesPolicy = Suites,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = judge,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = FetchNothing(),
        };

    /// <summary>
    /// The chain that is built before our own judgement: a stranger's certificate may name an address to fetch from, and
    /// nobody makes the archive call out.
    /// </summary>
    private static X509ChainPolicy FetchNothing() =>
        new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
}
