using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Access.Certificates;

/// <summary>What was made of a peer's certificate: a closed union.</summary>
public abstract record CertificateJudgement
{
    private CertificateJudgement() { }

    /// <summary>It speaks for this device.</summary>
    public sealed record Accepted(Device Device, DeviceCertificate Certificate) : CertificateJudgement;

    /// <summary>It does not.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Device">The device it was issued to, where that is certain.</param>
    public sealed record Refused(RefusalReason Reason, Device? Device = null) : CertificateJudgement;
}

/// <summary>
/// Judges the certificate of a TLS client: who has it, was it issued by the archive's authority or pinned, is it in its
/// time, may it authenticate a client. Nothing is fetched from a network. Pure, but for the revocation kept in the
/// registry that is passed in.
/// </summary>
/// <param name="authority">The certificate of the archive's own authority, the only root.</param>
public sealed class ClientCertificateJudge(X509Certificate2 authority)
{
    /// <summary>Client authentication (RFC 5280 4.2.1.12).</summary>
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Server authentication (RFC 5280 4.2.1.12).</summary>
    internal const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Judges.</summary>
    /// <param name="certificate">What the peer showed and has proved to hold the key of; null: nothing.</param>
    /// <param name="devices">Who is enrolled.</param>
    /// <param name="now">The time.</param>
    public CertificateJudgement Judge(X509Certificate2? certificate, EnrolledDevices devices, DateTimeOffset now)
    {
        if (certificate is null)
        {
            return new CertificateJudgement.Refused(RefusalReason.NoCertificate);
        }
        try
        {
            return JudgeShown(certificate, devices, now);
        }
        catch (Exception failure) when (failure is CryptographicException or NotSupportedException or ArgumentException)
        {
            // Its maker signed something that no certificate holds: impossible dates, an unknown curve.
            return new CertificateJudgement.Refused(RefusalReason.CertificateUnsuitable);
        }
    }

    private CertificateJudgement JudgeShown(X509Certificate2 certificate, EnrolledDevices devices, DateTimeOffset now)
    {
        var fingerprint = CertificateFingerprint.Of(certificate);
        var device = devices.FindByCertificate(fingerprint);
        var held = device?.Certificates.First(candidate => candidate.Fingerprint == fingerprint);

        // A pinned certificate of another PKI stands for itself; everything else has to come from our authority.
        if (held is not { IsForeign: true } && !IsIssuedByAuthority(certificate, now))
        {
            return new CertificateJudgement.Refused(RefusalReason.OtherAuthority);
        }
        if (device is null || held is null)
        {
            return new CertificateJudgement.Refused(WhyOutOfTime(certificate, now) ?? RefusalReason.UnknownDevice);
        }
        var reason =
            (held.IsRevoked ? RefusalReason.CertificateRevoked : (RefusalReason?)null)
            ?? (device.Enabled ? null : (RefusalReason?)RefusalReason.DeviceDisabled)
            ?? WhyOutOfTime(certificate, now)
            ?? (IsForClients(certificate) ? null : (RefusalReason?)RefusalReason.CertificateUnsuitable);
        return reason is { } refused
            ? new CertificateJudgement.Refused(refused, device)
            : new CertificateJudgement.Accepted(device, held);
    }

    /// <summary>Why a certificate that is bound to a program is not good now; null: it is.</summary>
    public static RefusalReason? WhyUnfit(X509Certificate2 certificate, DateTimeOffset now) =>
        WhyOutOfTime(certificate, now) ?? (IsForClients(certificate) ? null : RefusalReason.CertificateUnsuitable);

    /// <summary>
    /// Whether the chain ends at the authority at a moment inside the certificate's validity: its age is judged apart, so
    /// that an expired certificate of ours is named expired and not foreign.
    /// </summary>
    private bool IsIssuedByAuthority(X509Certificate2 certificate, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.VerificationTime = WithinValidity(certificate, now).UtcDateTime;
        try
        {
            return chain.Build(certificate)
                && chain.ChainElements.Count == 2
                && chain.ChainElements[1].Certificate.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span);
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }
    }

    private static DateTimeOffset WithinValidity(X509Certificate2 certificate, DateTimeOffset now)
    {
        var (from, until) = (certificate.ValidFrom(), certificate.ValidUntil());
        return WhyOutOfTime(certificate, now) is null ? now : from + ((until - from) / 2);
    }

    private static RefusalReason? WhyOutOfTime(X509Certificate2 certificate, DateTimeOffset now) =>
        now > certificate.ValidUntil() ? RefusalReason.CertificateExpired
        : now < certificate.ValidFrom() ? RefusalReason.CertificateNotYetValid
        : null;

    internal static bool IsForClients(X509Certificate2 certificate)
    {
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault();
        return usages is null
            ? certificate.PublicKey.IsStrongEnough()
            : usages.EnhancedKeyUsages.Cast<Oid>().Any(usage => usage.Value == ClientAuthentication)
                && certificate.PublicKey.IsStrongEnough();
    }
}
