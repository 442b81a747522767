using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Sealing;

namespace Leadglass.Access.Tests.Certificates;

/// <summary>What the archive's authority issues, and what it refuses to.</summary>
public sealed class CertificateAuthorityTests
{
    [Fact]
    public void TheRootSignsLeavesOnly()
    {
        using var authority = CertificateAuthority.Create("test", TimeProvider.System);
        var constraints = Assert.Single(authority.Certificate.Extensions.OfType<X509BasicConstraintsExtension>());
        Assert.True(
            constraints is { CertificateAuthority: true, HasPathLengthConstraint: true, PathLengthConstraint: 0 }
        );
        Assert.True(constraints.Critical);
        var usage = Assert.Single(authority.Certificate.Extensions.OfType<X509KeyUsageExtension>());
        Assert.Equal(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, usage.KeyUsages);
        Assert.False(authority.Certificate.HasPrivateKey);
    }

    [Fact]
    public void ADevicesCertificateIsForBothSidesOfTlsAndNamesWhereItListens()
    {
        using var authority = CertificateAuthority.Create("test", TimeProvider.System);
        var issued = authority.IssueDevice("ws-1", "ws1.example");
        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
        var usages = Assert.Single(certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()).EnhancedKeyUsages;
        Assert.Equal(
            ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
            usages.Cast<Oid>().Select(usage => usage.Value).Order()
        );
        Assert.True(certificate.MatchesHostname("ws1.example"));
        Assert.False(certificate.MatchesHostname("other.example"));
        Assert.Equal("CN=ws-1", certificate.Subject);
        Assert.Equal(256, certificate.GetECDsaPublicKey()!.KeySize);
        Assert.InRange(certificate.NotAfter - certificate.NotBefore, TimeSpan.FromDays(397), TimeSpan.FromDays(399));
    }

    [Fact]
    public void SerialsAreRandom()
    {
        using var authority = CertificateAuthority.Create("test", TimeProvider.System);
        var serials = Enumerable
            .Range(0, 50)
            .Select(_ =>
            {
                using var certificate = X509Certificate2.CreateFromPem(authority.IssueDevice("a", null).CertificatePem);
                return certificate.SerialNumber;
            })
            .ToHashSet();
        Assert.Equal(50, serials.Count);
        Assert.All(serials, serial => Assert.Equal(32, serial.Length));
    }

    [Fact]
    public void TheListenersCertificateNamesLoopbackAndItsHosts()
    {
        using var authority = CertificateAuthority.Create("test", TimeProvider.System);
        using var certificate = authority.IssueServer(["pacs.example", "192.0.2.1"]);
        Assert.All(
            new[] { "pacs.example", "192.0.2.1", "localhost", "127.0.0.1" },
            host => Assert.True(certificate.MatchesHostname(host), host)
        );
        Assert.True(certificate.HasPrivateKey);
    }

    [Fact]
    public void TheListenersCertificateRenewsItselfAndTheFormerStaysUsable()
    {
        var clock = new ManualClock();
        using var authority = CertificateAuthority.Create("test", clock);
        using var listener = new ListenerCertificate(authority, ["pacs.example"], clock);
        var first = listener.Current;
        Assert.Same(first, listener.Current);
        clock.Advance(CertificateAuthority.ServerValidity * 0.7);
        var second = listener.Current;
        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.True(first.HasPrivateKey);
        Assert.True(second.NotAfter > first.NotAfter);
    }

    [Fact]
    public async Task TheSameAuthorityComesBackAndOnlyWithItsMasterKey()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-ca-").FullName;
        try
        {
            using var master = MasterKey.Create();
            var state = DurableFolder.Open(folder);
            string made;
            string issued;
            using (var authority = await OpenAsync(state, master))
            {
                made = authority.CertificatePem;
            }
            using (var again = await OpenAsync(state, master))
            {
                Assert.Equal(made, again.CertificatePem);
                issued = again.IssueDevice("ct1", null).CertificatePem;
            }
            Assert.True(Verifies(issued, made));
            using var other = MasterKey.Create();
            await Assert.ThrowsAnyAsync<SealingException>(async () => await OpenAsync(state, other));
            var stored = await File.ReadAllBytesAsync(Path.Combine(folder, CertificateAuthority.FileName));
            Assert.True(stored.AsSpan().IndexOf("Leadglass"u8) < 0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void ASigningRequestGivesItsKeyAndNothingElse()
    {
        using var authority = CertificateAuthority.Create("test", TimeProvider.System);
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=evil", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var issued = authority.IssueDevice("mr1", null, request.CreateSigningRequestPem());
        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem);
        Assert.Null(issued.KeyPem);
        Assert.Equal("CN=mr1", certificate.Subject);
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public void ASigningRequestThatProvesNothingOrIsWeakIsRefused()
    {
        using var authority = CertificateAuthority.Create("test", TimeProvider.System);
        using var weak = RSA.Create(1024);
        using var strong = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = new CertificateRequest("CN=x", strong, HashAlgorithmName.SHA256).CreateSigningRequest();
        good[^1] ^= 1;
        string[] bad =
        [
            "",
            "no request",
            new CertificateRequest(
                "CN=x",
                weak,
                HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1
            ).CreateSigningRequestPem(),
            new string(PemEncoding.Write("CERTIFICATE REQUEST", good)),
            new string('A', 1_000_000),
        ];
        Assert.All(bad, pem => Assert.Throws<EnrolmentException>(() => authority.IssueDevice("x", null, pem)));
    }

    [Fact]
    public async Task FilesAreForTheirOwnerAndNothingIsOverwritten()
    {
        var folder = Directory.CreateTempSubdirectory("leadglass-pki-").FullName;
        try
        {
            using var authority = CertificateAuthority.Create("test", TimeProvider.System);
            using var other = CertificateAuthority.Create("test", TimeProvider.System);
            var path = Path.Combine(folder, "new", "pki");
            var files = new CertificateFolder(path);
            await WriteAsync(files, authority, "ct1");
            await WriteAsync(files, authority, "ct2");
            Assert.Equal(
                ["ca.cert.pem", "ct1.cert.pem", "ct1.key.pem", "ct2.cert.pem", "ct2.key.pem"],
                Directory.GetFiles(path).Select(Path.GetFileName).Order()
            );
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files.KeyFile("ct1")));
            var key = await File.ReadAllTextAsync(files.KeyFile("ct1"));
            await Assert.ThrowsAsync<EnrolmentException>(() => WriteAsync(files, authority, "ct1"));
            await Assert.ThrowsAsync<EnrolmentException>(() => WriteAsync(files, other, "ct3"));
            Assert.Equal(key, await File.ReadAllTextAsync(files.KeyFile("ct1")));
            Assert.False(File.Exists(files.KeyFile("ct3")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task WriteAsync(CertificateFolder files, CertificateAuthority authority, string name)
    {
        var issued = authority.IssueDevice(name, null);
        return files.WriteAsync(
            name,
            issued.CertificatePem,
            issued.KeyPem,
            authority.CertificatePem,
            CancellationToken.None
        );
    }

    private static ValueTask<CertificateAuthority> OpenAsync(IDurableFolder state, MasterKey master) =>
        CertificateAuthority.OpenAsync(state, master, "test", TimeProvider.System, CancellationToken.None);

    private static bool Verifies(string pem, string rootPem)
    {
        using var chain = new X509Chain();
        using var root = X509Certificate2.CreateFromPem(rootPem);
        using var certificate = X509Certificate2.CreateFromPem(pem);
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }
}
