using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Server.SelfExamination;

/// <summary>A certificate that a stranger made for themselves.</summary>
internal static class StrangersCertificate
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(1);

    public static X509Certificate2 Make(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=scanner", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(now - Validity, now + Validity);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }
}
