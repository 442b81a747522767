using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Leadglass.Edge;

namespace Leadglass.Cli.Tests;

/// <summary>Enrolment from the command line, without a running server.</summary>
public sealed class DeviceCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

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

    [Fact]
    public async Task AnEdgeGetsACodeAndDevicesAreListedBehindIt()
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        var opened = await RunAsync(folder, "device", "add", "ward", "--edge", "--archive", "archive.example:8443");
        Assert.Equal(0, opened.ExitCode);
        var code = EnrolmentCode.Parse(Regex.Match(opened.Out, @"lge1\.\S+", RegexOptions.None, Patience).Value);
        Assert.Equal(("archive.example", 8443), (code.Host, code.Port));
        var added = await RunAsync(
            folder,
            "device",
            "add",
            "ct1",
            "--ae",
            "CT1",
            "--behind",
            "ward",
            "--from",
            "192.0.2.5,192.0.2.16/28",
            "--station",
            "CT 1"
        );
        Assert.Equal(0, added.ExitCode);

        var again = await RunAsync(folder, "device", "renew", "ward", "--json");
        using var second = JsonDocument.Parse(again.Out);
        Assert.NotEqual(code.Id, EnrolmentCode.Parse(second.RootElement.GetProperty("code").GetString()!).Id);
        Assert.Equal(2, (await RunAsync(folder, "device", "renew", "ct1")).ExitCode);

        using var list = JsonDocument.Parse((await RunAsync(folder, "device", "list", "--json")).Out);
        var devices = list.RootElement.GetProperty("devices").EnumerateArray().ToList();
        Assert.Equal("ward", devices[0].GetProperty("behind").GetString());
        Assert.Equal(
            ["192.0.2.5/32", "192.0.2.16/28"],
            devices[0].GetProperty("sources").EnumerateArray().Select(source => source.GetString())
        );
        Assert.Equal(["store"], devices[0].GetProperty("allow").EnumerateArray().Select(right => right.GetString()));
        Assert.True(devices[1].GetProperty("isEdge").GetBoolean());
        Assert.DoesNotContain(code.Reveal(), list.RootElement.GetRawText(), StringComparison.Ordinal);

        var shown = await RunAsync(folder, "device", "list");
        Assert.Contains("edge ward: it has never reported", shown.Out, StringComparison.Ordinal);
        var doctor = await RunAsync(folder, "doctor");
        Assert.Contains("edge ward: its code waits to be used", doctor.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("certificate of ct1", doctor.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("e1", "--edge", "--behind", "ward")]
    [InlineData("e1", "--edge", "--allow", "store")]
    [InlineData("e1", "--edge", "--archive", "not a host")]
    [InlineData("ward", "--edge")]
    [InlineData("ct1", "--behind", "ward", "--from", "192.0.2.5")]
    [InlineData("ct1", "--ae", "CT1", "--behind", "ward")]
    [InlineData("ct1", "--ae", "CT1", "--behind", "nobody", "--from", "192.0.2.5")]
    [InlineData("ct1", "--ae", "CT1", "--behind", "ward", "--from", "everywhere")]
    [InlineData("ct1", "--ae", "CT1", "--behind", "ward", "--from", "192.0.2.5", "--csr", "request.pem")]
    [InlineData("ct1", "--ae", "CT1", "--from", "192.0.2.5")]
    [InlineData("ct1", "--ae", "CT1", "--station", "CT 1")]
    [InlineData("ct1", "--ae", "CT1", "--archive", "archive.example")]
    public async Task WhatDoesNotGoTogetherIsWrongUsage(string name, params string[] options)
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder);
        await RunAsync(folder, "device", "add", "ward", "--edge");
        var run = await RunAsync(folder, ["device", "add", name, .. options]);
        Assert.Equal(2, run.ExitCode);
        Assert.NotEmpty(run.Error);
        using var list = JsonDocument.Parse((await RunAsync(folder, "device", "list", "--json")).Out);
        Assert.Equal(1, list.RootElement.GetProperty("devices").GetArrayLength());
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
