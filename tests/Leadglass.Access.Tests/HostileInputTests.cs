using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Sealing;

namespace Leadglass.Access.Tests;

/// <summary>Whatever comes from outside is taken or refused clearly; nothing crashes.</summary>
public sealed class HostileInputTests
{
    [Fact]
    public void AnyTextIsAnAddressOrNot() =>
        Gen.String.Sample(text =>
            !DeviceAddress.TryParse(text, out var address)
            || (DeviceAddress.TryParse(address!.ToString(), out var again) && again == address)
        );

    [Fact]
    public void AnyTextIsANameOrNotAndANameIsSafeInAPath() =>
        Gen.String.Sample(text => !Device.IsName(text) || (Path.GetFileName(text) == text && !text.StartsWith('.')));

    [Fact]
    public void ADamagedSigningRequestOrCertificateIsRefusedInOneWay()
    {
        using var authority = CertificateAuthority.Create("test", TimeProvider.System);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        var certificate = authority.Certificate.RawData;
        Gen.Select(Gen.Int[0, request.Length - 1], Gen.Int[0, certificate.Length - 1], Gen.Byte)
            .Sample(
                (inRequest, inCertificate, mask) =>
                {
                    Try(() => authority.IssueDevice("x", null, Pem("CERTIFICATE REQUEST", request, inRequest, mask)));
                    Try(() =>
                        SigningRequest.ReadForeignCertificate(
                            Pem("CERTIFICATE", certificate, inCertificate, mask),
                            TimeProvider.System.GetUtcNow()
                        )
                    );
                },
                iter: 2_000
            );
    }

    [Fact]
    public async Task ADamagedCertificateOfAPeerIsRefused()
    {
        await using var archive = await Enrolled.StartAsync();
        using var enrolled = await archive.AddAsync("ct1", DeviceRights.Store);
        Gen.Select(Gen.Int[0, enrolled.RawData.Length - 1], Gen.Byte[1, 255])
            .Sample(
                (at, mask) =>
                {
                    var changed = enrolled.RawData.ToArray();
                    changed[at] ^= mask;
                    X509Certificate2 certificate;
                    try
                    {
                        certificate = X509CertificateLoader.LoadCertificate(changed);
                    }
                    catch (CryptographicException)
                    {
                        return true;
                    }
                    using (certificate)
                    {
                        return archive.Policy.Identify(certificate, null) is Identification.Refused;
                    }
                },
                iter: 1_000
            );
    }

    [Fact]
    public void AnyBytesAreATrailFileWithoutEntries()
    {
        using var master = MasterKey.Create();
        using var seal = new TrailSeal(master);
        var marker = Encoding.ASCII.GetBytes("LGtr");
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Byte.Array[0, 300])
            .Sample(
                (before, after) =>
                {
                    var file = TrailFile.Parse(1, [.. before, .. marker, .. after], seal);
                    return !file.HasHeader && file.Entries.Count == 0;
                }
            );
    }

    private static string Pem(string label, byte[] der, int at, byte mask)
    {
        var changed = der.ToArray();
        changed[at] ^= mask;
        return new string(PemEncoding.Write(label, changed));
    }

    private static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (EnrolmentException)
        {
            // The one way in which it is refused.
        }
    }
}
