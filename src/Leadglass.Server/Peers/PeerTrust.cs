using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;

namespace Leadglass.Server.Peers;

/// <summary>Whether a peer that we call is who it should be.</summary>
public static class PeerTrust
{
    // id-kp-serverAuth (RFC 5280 4.2.1.12).
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>A peer whose certificate is of one of these authorities, valid now, for servers, and names the host.</summary>
    public static Func<X509Certificate2, bool> Of(
        X509Certificate2Collection authorities,
        string host,
        TimeProvider clock
    )
    {
        ArgumentNullException.ThrowIfNull(clock);
        return certificate =>
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = clock.GetUtcNow().UtcDateTime;
            chain.ChainPolicy.ApplicationPolicy.Add(new(ServerAuthentication));
            return chain.Build(certificate) && certificate.MatchesHostname(host);
        };
    }

    /// <summary>
    /// The enrolled device itself: the exact certificate that was enrolled for it, valid now and not withdrawn. Its name
    /// does not matter then, since nobody else has its key.
    /// </summary>
    public static Func<X509Certificate2, bool> Of(Device device, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(clock);
        return certificate =>
        {
            var fingerprint = CertificateFingerprint.Of(certificate);
            var now = clock.GetUtcNow();
            return device.Certificates.Any(held =>
                held.Fingerprint == fingerprint && !held.IsRevoked && held.NotBefore <= now && now <= held.NotAfter
            );
        };
    }
}
