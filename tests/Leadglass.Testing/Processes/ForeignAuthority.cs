using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Testing.Processes;

/// <summary>A certificate authority that no archive made: for strangers, and for a hospital's own certificates.</summary>
public sealed class ForeignAuthority : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;
    private readonly DateTimeOffset now;

    public ForeignAuthority(TimeProvider clock)
    {
        now = clock.GetUtcNow();
        var request = new CertificateRequest("CN=Authority of somebody else", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true)
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        certificate = request.CreateSelfSigned(now.AddDays(-30), now.AddDays(30));
    }

    /// <summary>Writes a device's three files as <c>device add</c> does.</summary>
    /// <param name="lifetime">from a day ago until this long from now; negative has expired</param>
    /// <param name="authorityPath">another CA file to trust, when it shall reach an archive with a certificate of ours</param>
    public EnrolledDevice Issue(
        string folder,
        string name,
        string aeTitle,
        TimeSpan lifetime,
        string? authorityPath = null
    )
    {
        using var deviceKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", deviceKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true)
        );
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false)
        );
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(12);
        using var issued = request.Create(certificate, now.AddDays(-1), now + lifetime, serial);
        var device = new EnrolledDevice(name, aeTitle, Directory.CreateDirectory(folder).FullName);
        File.WriteAllText(device.KeyPath, deviceKey.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(device.CertificatePath, issued.ExportCertificatePem());
        File.WriteAllText(
            device.AuthorityPath,
            authorityPath is null ? certificate.ExportCertificatePem() : File.ReadAllText(authorityPath)
        );
        return device;
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
