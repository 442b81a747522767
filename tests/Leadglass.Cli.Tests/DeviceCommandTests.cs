using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Leadglass.Cli.Tests;

/// <summary>Enrolment from the command line, without a running server.</summary>
public sealed class DeviceCommandTests
{
    [Fact]
    public async Task AddWritesWhatADeviceNeeds()
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        var run = await AddAsync(folder, "ct1", "--ae", "CT1", "--allow", "store,query");
        Assert.Equal(0, run.ExitCode);
        using var certificate = X509Certificate2.CreateFromPemFile(
            Path.Combine(folder.Below("pki"), "ct1.cert.pem"),
            Path.Combine(folder.Below("pki"), "ct1.key.pem")
        );
        Assert.True(certificate.HasPrivateKey);
        Assert.True(File.Exists(Path.Combine(folder.Below("pki"), "ca.cert.pem")));

        var list = await RunAsync(folder, "device", "list", "--json");
        using var devices = JsonDocument.Parse(list.Out);
        var device = Assert.Single(devices.RootElement.GetProperty("devices").EnumerateArray());
        Assert.Equal("ct1", device.GetProperty("name").GetString());
        Assert.Equal(
            ["store", "query"],
            device.GetProperty("allow").EnumerateArray().Select(right => right.GetString())
        );
        Assert.True(device.GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task ADeviceIsDisabledAndEnabled()
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        await AddAsync(folder, "ct1", "--ae", "CT1");
        Assert.Equal(0, (await RunAsync(folder, "device", "disable", "ct1")).ExitCode);
        Assert.Contains("disabled", (await RunAsync(folder, "device", "list")).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(folder, "device", "enable", "ct1")).ExitCode);
        Assert.DoesNotContain("disabled", (await RunAsync(folder, "device", "list")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RenewalOverlapsUnlessTheFormerIsWithdrawn()
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        await AddAsync(folder, "ct1", "--ae", "CT1");
        Assert.Equal(0, (await RunAsync(folder, "device", "renew", "ct1", "--out", folder.Below("second"))).ExitCode);
        Assert.Equal("False False", await RevokedAsync(folder));
        Assert.Equal(
            0,
            (
                await RunAsync(folder, "device", "renew", "ct1", "--withdraw-former", "--out", folder.Below("third"))
            ).ExitCode
        );
        Assert.Equal("True True False", await RevokedAsync(folder));
    }

    [Fact]
    public async Task ASigningRequestKeepsTheKeyWithTheDevice()
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = folder.Below("request.pem");
        await File.WriteAllTextAsync(
            request,
            new CertificateRequest("CN=any", key, HashAlgorithmName.SHA256).CreateSigningRequestPem()
        );
        var run = await AddAsync(folder, "mr1", "--ae", "MR1", "--csr", request);
        Assert.Equal(0, run.ExitCode);
        Assert.False(File.Exists(Path.Combine(folder.Below("pki"), "mr1.key.pem")));
        using var certificate = X509Certificate2.CreateFromPem(
            await File.ReadAllTextAsync(Path.Combine(folder.Below("pki"), "mr1.cert.pem"))
        );
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    [Theory]
    [InlineData("../evil", "--ae", "X")]
    [InlineData("ct9", "--ae", "MUCH TOO LONG A TITLE")]
    [InlineData("ct9", "--ae", "X", "--allow", "everything")]
    [InlineData("ct9", "--ae", "X", "--address", "nowhere")]
    [InlineData("ct9", "--ae", "CT1")]
    [InlineData("ct9", "--allow", "store")]
    public async Task AMistakenCommandIsNamedAndEnrolsNobody(params string[] args)
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        await AddAsync(folder, "ct1", "--ae", "CT1");
        var run = await AddAsync(folder, args);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("leadglass: ", run.Error, StringComparison.Ordinal);
        var list = await RunAsync(folder, "device", "list", "--json");
        using var devices = JsonDocument.Parse(list.Out);
        Assert.Single(devices.RootElement.GetProperty("devices").EnumerateArray());
    }

    [Fact]
    public async Task AnotherDevicesKeyIsNeverOverwrittenAndNobodyIsEnrolledForNothing()
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        Directory.CreateDirectory(folder.Below("pki"));
        await File.WriteAllTextAsync(Path.Combine(folder.Below("pki"), "ct1.key.pem"), "precious");
        var run = await AddAsync(folder, "ct1", "--ae", "CT1");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("precious", await File.ReadAllTextAsync(Path.Combine(folder.Below("pki"), "ct1.key.pem")));
        Assert.Contains("no device", (await RunAsync(folder, "device", "list")).Out, StringComparison.Ordinal);
    }

    private static async Task InitAsync(TemporaryFolder folder) =>
        Assert.Equal(
            0,
            (
                await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"), "--keys", folder.Below("keys"))
            ).ExitCode
        );

    private static Task<CommandRun> AddAsync(TemporaryFolder folder, params string[] args) =>
        RunAsync(folder, ["device", "add", .. args, "--out", folder.Below("pki")]);

    private static Task<CommandRun> RunAsync(TemporaryFolder folder, params string[] args) =>
        CommandRun.OfAsync(folder, [.. args, "--data", folder.Below("data"), "--keys", folder.Below("keys")]);

    private static async Task<string> RevokedAsync(TemporaryFolder folder)
    {
        using var devices = JsonDocument.Parse((await RunAsync(folder, "device", "list", "--json")).Out);
        var certificates = devices.RootElement.GetProperty("devices")[0].GetProperty("certificates");
        return string.Join(
            ' ',
            certificates.EnumerateArray().Select(certificate => certificate.GetProperty("isRevoked").GetBoolean())
        );
    }
}
