using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Access.Certificates;

/// <summary>What is asked of certificates here and the framework leaves to its caller.</summary>
internal static class CertificateFacts
{
    private const int RsaBitsMin = 2048;
    private const int EllipticBitsMin = 256;

    extension(X509Certificate2 certificate)
    {
        /// <summary>The framework gives local time.</summary>
        public DateTimeOffset ValidFrom() => new(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero);

        /// <summary>The framework gives local time.</summary>
        public DateTimeOffset ValidUntil() => new(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
    }

    extension(PublicKey key)
    {
        /// <summary>RSA from 2048 bits, elliptic curves from 256; nothing else is enrolled.</summary>
        public bool IsStrongEnough()
        {
            try
            {
                using var rsa = key.GetRSAPublicKey();
                if (rsa is not null)
                {
                    return rsa.KeySize >= RsaBitsMin;
                }
                using var elliptic = key.GetECDsaPublicKey();
                return elliptic is not null && elliptic.KeySize >= EllipticBitsMin;
            }
            catch (Exception failure) when (failure is CryptographicException or NotSupportedException)
            {
                // A curve or an encoding that this machine does not know.
                return false;
            }
        }
    }
}
