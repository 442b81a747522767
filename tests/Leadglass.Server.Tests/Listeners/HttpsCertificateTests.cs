using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Server.Listeners;
using Microsoft.Extensions.Logging.Abstractions;

namespace Leadglass.Server.Tests.Listeners;

/// <summary>The hospital's own certificate for HTTPS.</summary>
public sealed class HttpsCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("leadglass-https-").FullName;
    private readonly SteppedClock _clock = new();
    private readonly ServerLog _log = new(NullLogger.Instance, TimeProvider.System);

    private string CertificateFile => Path.Combine(_folder, "cert.pem");

    private string KeyFile => Path.Combine(_folder, "key.pem");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ARenewalIsTakenUpWhileItServes()
    {
        Write("first", days: 10, writtenHoursAgo: 2);
        using var certificate = HttpsCertificate.Open(CertificateFile, KeyFile, _clock, _log);
        Assert.Equal("CN=first", certificate.Current.TargetCertificate.Subject);
        Write("second", days: 20, writtenHoursAgo: 1);
        Assert.Equal("CN=first", certificate.Current.TargetCertificate.Subject);
        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal("CN=second", certificate.Current.TargetCertificate.Subject);
    }

    [Fact]
    public void ABrokenRenewalLeavesTheOneBefore()
    {
        Write("first", days: 10, writtenHoursAgo: 2);
        using var certificate = HttpsCertificate.Open(CertificateFile, KeyFile, _clock, _log);
        File.WriteAllText(CertificateFile, "no PEM");
        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal("CN=first", certificate.Current.TargetCertificate.Subject);
        Write("second", days: 20, writtenHoursAgo: 1);
        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal("CN=second", certificate.Current.TargetCertificate.Subject);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("other key")]
    [InlineData("missing")]
    public void WhatCannotServeIsSaidAtTheStart(string what)
    {
        Write("first", days: what == "expired" ? -1 : 10, writtenHoursAgo: 1);
        if (what == "other key")
        {
            using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            File.WriteAllText(KeyFile, other.ExportPkcs8PrivateKeyPem());
        }
        else if (what == "missing")
        {
            File.Delete(KeyFile);
        }

        var failure = Assert.Throws<ArchiveUnavailableException>(() =>
            HttpsCertificate.Open(CertificateFile, KeyFile, _clock, _log)
        );
        Assert.Contains(CertificateFile, failure.Message, StringComparison.Ordinal);
    }

    private void Write(string name, int days, int writtenHoursAgo)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = _clock.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now.AddDays(-30),
            now.AddDays(days)
        );
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        foreach (var file in new[] { CertificateFile, KeyFile })
        {
            File.SetLastWriteTimeUtc(file, now.AddHours(-writtenHoursAgo).UtcDateTime);
        }
    }

    private sealed class SteppedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = TimeProvider.System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
