using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Sealing;

namespace Leadglass.Access.Certificates;

/// <summary>
/// The archive's own certificate authority: ECDSA P-256, one self-signed root that can sign leaf certificates only. It
/// issues the listener's certificate and those of devices. Certificates of devices are for both sides of TLS, since a
/// C-MOVE destination is a server.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>Validity of a device's certificate: 398 days.</summary>
    public static readonly TimeSpan DeviceValidity = TimeSpan.FromDays(398);

    /// <summary>Validity of the listener's certificate, renewed by itself at two thirds of it: 90 days.</summary>
    public static readonly TimeSpan ServerValidity = TimeSpan.FromDays(90);

    /// <summary>The sealed file's name in the state folder.</summary>
    public const string FileName = "authority";

    private static readonly TimeSpan AuthorityValidity = TimeSpan.FromDays(20 * 365);

    // Clocks of devices are seldom right.
    private static readonly TimeSpan Backdated = TimeSpan.FromMinutes(10);

    private readonly X509Certificate2 _certificateWithKey;
    private readonly TimeProvider _clock;

    private CertificateAuthority(X509Certificate2 certificateWithKey, TimeProvider clock)
    {
        _certificateWithKey = certificateWithKey;
        _clock = clock;
        Certificate = X509CertificateLoader.LoadCertificate(certificateWithKey.RawDataMemory.Span);
    }

    /// <summary>The root, without its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The root as PEM: the file that devices trust.</summary>
    public string CertificatePem => Certificate.ExportCertificatePem();

    /// <summary>Opens the archive's authority; makes it, durably, where there is none yet.</summary>
    /// <param name="state">The folder <c>state/</c>.</param>
    /// <param name="master">The archive's master key, under which the authority's key is sealed.</param>
    /// <param name="name">Stands in the subject, so that two archives' roots can be told apart; at most 40 characters.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    public static async ValueTask<CertificateAuthority> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        string name,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        if (await SealedFile.ReadAsync(state, FileName, master, cancellationToken) is { } stored)
        {
            try
            {
                return new CertificateAuthority(X509CertificateLoader.LoadPkcs12(stored, password: null), clock);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(stored);
            }
        }
        var made = Create(name, clock);
        var content = made._certificateWithKey.ExportPkcs12(
            new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, iterationCount: 1),
            password: null
        );
        SealedFile.Write(state, FileName, master, content);
        CryptographicOperations.ZeroMemory(content);
        return made;
    }

    /// <summary>Makes a new authority that is kept nowhere.</summary>
    /// <param name="name">Stands in the subject; at most 40 characters.</param>
    /// <param name="clock">The time.</param>
    public static CertificateAuthority Create(string name, TimeProvider clock)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName($"Leadglass archive {name}");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true)
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var from = clock.GetUtcNow() - Backdated;
        return new CertificateAuthority(request.CreateSelfSigned(from, from + AuthorityValidity), clock);
    }

    /// <summary>The certificate and key of a listener on these hosts.</summary>
    /// <param name="hosts">DNS names and IP addresses that peers connect to; loopback is always among them.</param>
    /// <returns>A certificate with its key, ready for TLS. The caller disposes of it.</returns>
    public X509Certificate2 IssueServer(IEnumerable<string> hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Concat(["localhost", "127.0.0.1", "::1"]).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            AddHost(names, host);
        }
        using var certificate = Sign(
            "Leadglass",
            new PublicKey(key),
            names,
            [ClientCertificateJudge.ServerAuthentication, ClientCertificateJudge.ClientAuthentication],
            ServerValidity
        );
        using var withKey = certificate.CopyWithPrivateKey(key);
        // TLS wants a key that is bound to the certificate rather than an ephemeral one.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
    }

    /// <summary>A key of its own and a certificate for a device.</summary>
    /// <param name="deviceName">The device's name, which becomes the subject.</param>
    /// <param name="host">Where it listens, for the subject's alternative names; null when it does not.</param>
    public IssuedCertificate IssueDevice(string deviceName, string? host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = SignDevice(deviceName, host, new PublicKey(key));
        return new IssuedCertificate(
            certificate.ExportCertificatePem(),
            key.ExportPkcs8PrivateKeyPem(),
            Describe(certificate)
        );
    }

    /// <summary>
    /// A certificate for the key of a signing request (PKCS #10, PEM). Its signature and the strength of its key are
    /// checked; its key is all that is taken from it: names and usages are ours.
    /// </summary>
    /// <exception cref="EnrolmentException">It is no valid request, or its key is too weak.</exception>
    public IssuedCertificate IssueDevice(string deviceName, string? host, string signingRequestPem)
    {
        var key = SigningRequest.ReadKey(signingRequestPem);
        using var certificate = SignDevice(deviceName, host, key);
        return new IssuedCertificate(certificate.ExportCertificatePem(), KeyPem: null, Describe(certificate));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        _certificateWithKey.Dispose();
    }

    private static DeviceCertificate Describe(X509Certificate2 certificate) =>
        new(CertificateFingerprint.Of(certificate), certificate.ValidFrom(), certificate.ValidUntil());

    private static void AddHost(SubjectAlternativeNameBuilder names, string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }
    }

    private X509Certificate2 SignDevice(string deviceName, string? host, PublicKey key)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri($"urn:leadglass:device:{deviceName}"));
        if (host is not null)
        {
            AddHost(names, host);
        }
        return Sign(
            deviceName,
            key,
            names,
            [ClientCertificateJudge.ClientAuthentication, ClientCertificateJudge.ServerAuthentication],
            DeviceValidity
        );
    }

    private X509Certificate2 Sign(
        string commonName,
        PublicKey key,
        SubjectAlternativeNameBuilder names,
        string[] usages,
        TimeSpan validity
    )
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true)
        );
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], critical: false)
        );
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
                _certificateWithKey,
                includeKeyIdentifier: true,
                includeIssuerAndSerial: false
            )
        );
        var from = _clock.GetUtcNow() - Backdated;
        var until = from + validity;
        var authorityEnds = Certificate.ValidUntil();
        using var signingKey = _certificateWithKey.GetECDsaPrivateKey()!;
        return request.Create(
            _certificateWithKey.SubjectName,
            X509SignatureGenerator.CreateForECDsa(signingKey),
            from,
            until < authorityEnds ? until : authorityEnds,
            NewSerial()
        );
    }

    /// <summary>127 random bits, positive and never zero (RFC 5280 4.1.2.2).</summary>
    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}

/// <summary>What was issued to a device. The key is not kept by the archive.</summary>
/// <param name="CertificatePem">The certificate.</param>
/// <param name="KeyPem">Its key, PKCS #8; null when the device made its own.</param>
/// <param name="Certificate">What the registry keeps.</param>
public sealed record IssuedCertificate(string CertificatePem, string? KeyPem, DeviceCertificate Certificate)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => Certificate.Fingerprint.Value;
}
