using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Access.Certificates;

/// <summary>Certificates and signing requests that come from outside.</summary>
public static class SigningRequest
{
    private const int PemLengthMax = 64 * 1024;

    /// <summary>The key of a PKCS #10 request whose signature proves that its maker has the private half.</summary>
    /// <exception cref="EnrolmentException">It is no valid request, or its key is too weak.</exception>
    internal static PublicKey ReadKey(string pem)
    {
        CheckLength(pem);
        CertificateRequest request;
        try
        {
            request = CertificateRequest.LoadSigningRequestPem(
                pem,
                HashAlgorithmName.SHA256,
                CertificateRequestLoadOptions.Default,
                RSASignaturePadding.Pkcs1
            );
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new EnrolmentException(
                "the signing request is not a valid PKCS #10 request in PEM, or its signature does not match its key"
            );
        }
        if (!request.PublicKey.IsStrongEnough())
        {
            throw new EnrolmentException(
                "the key of the signing request is too weak: ECDSA P-256 or RSA 2048 at least"
            );
        }
        return request.PublicKey;
    }

    /// <summary>The certificate of another PKI, to be pinned to a device exactly as it is.</summary>
    /// <exception cref="EnrolmentException">It is no certificate, too weak, expired, or not for client authentication.</exception>
    public static DeviceCertificate ReadForeignCertificate(string pem, DateTimeOffset now)
    {
        CheckLength(pem);
        try
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return ReadForeignCertificate(certificate, now);
        }
        catch (Exception failure) when (failure is CryptographicException or NotSupportedException)
        {
            throw new EnrolmentException("the certificate is not a PEM certificate, or of a kind unknown here");
        }
    }

    private static DeviceCertificate ReadForeignCertificate(X509Certificate2 certificate, DateTimeOffset now)
    {
        if (certificate.ValidUntil() <= now)
        {
            throw new EnrolmentException("the certificate has expired: ask its issuer for a new one");
        }
        if (!ClientCertificateJudge.IsForClients(certificate))
        {
            throw new EnrolmentException(
                "the certificate is not for client authentication, or its key is weaker than ECDSA P-256 or RSA 2048"
            );
        }
        return new DeviceCertificate(
            CertificateFingerprint.Of(certificate),
            certificate.ValidFrom(),
            certificate.ValidUntil(),
            IsForeign: true
        );
    }

    private static void CheckLength(string pem)
    {
        if (pem.Length > PemLengthMax)
        {
            throw new EnrolmentException(
                $"the file is longer than {PemLengthMax} characters: it is not one certificate"
            );
        }
    }
}
