using System.Text.Json;
using Leadglass.Cli.Doctor;
using Leadglass.Server;
using Leadglass.Server.Control;
using Leadglass.Server.SelfExamination;

namespace Leadglass.Cli.Tests;

/// <summary>The doctor finds what is wrong, names all of it, and says what a stranger got.</summary>
public sealed class DoctorCommandTests
{
    [Fact]
    public async Task EveryMistakeOfConfigurationIsNamedAtOnce()
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, "init");
        await File.WriteAllTextAsync(
            folder.Below("data/leadglass.json"),
            """{ "bindd": "x", "dicomPort": 99999999, "plain": true }"""
        );
        var (exitCode, findings) = await ExamineAsync(folder);
        Assert.Equal(1, exitCode);
        var red = findings.Where(finding => finding is { Check: "configuration", Health: "Red" }).ToList();
        Assert.Equal(3, red.Count);
        Assert.All(
            new[] { "bindd", "dicomPort", "plain" },
            key => Assert.Contains(red, finding => finding.Message.Contains(key, StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData("data", "data folder")]
    [InlineData("data/state/devices", "data folder")]
    [InlineData("keys", "keys folder")]
    [InlineData("keys/master.key", "keys folder")]
    public async Task WhatOthersCanReachIsRed(string path, string check)
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, "init");
        await RunAsync(folder, "device", "add", "ct1", "--ae", "CT1", "--out", folder.Below("pki"));
        Assert.Equal("Ok", (await ExamineAsync(folder)).Findings.Single(finding => finding.Check == check).Health);
        var opened = folder.Below(path);
        File.SetUnixFileMode(opened, File.GetUnixFileMode(opened) | UnixFileMode.OtherRead);
        var (exitCode, findings) = await ExamineAsync(folder);
        Assert.Equal(1, exitCode);
        var finding = findings.Single(candidate => candidate.Check == check);
        Assert.Equal("Red", finding.Health);
        Assert.Contains(opened, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeysOnTheDatasVolumeAreRed()
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, "init");
        var (exitCode, findings) = await ExamineAsync(folder);
        Assert.Equal(1, exitCode);
        Assert.Equal("Red", findings.Single(finding => finding.Check == "keys apart from data").Health);
    }

    [Theory]
    [InlineData("/srv/data", "/srv/keys", false)]
    [InlineData("/srv/data", "/etc/leadglass", false)]
    [InlineData("/var/lib/leadglass", "/etc/leadglass", true)]
    [InlineData("/srv/data", "/mnt/same again/x", true)]
    [InlineData("/srv/data", "/srv/database", false)]
    public void VolumesAreToldByTheirDevice(string data, string keys, bool isSame)
    {
        string[] mounts =
        [
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
            "30 22 8:2 / /srv/data rw,relatime shared:2 - ext4 /dev/sdb1 rw",
            "31 22 8:3 / /srv/keys rw,relatime shared:3 - ext4 /dev/sdc1 rw",
            "32 22 8:2 / /mnt/same\\040again rw,relatime shared:4 - ext4 /dev/sdb1 rw",
        ];
        Assert.Equal(isSame, Volume.Of(data, mounts) == Volume.Of(keys, mounts));
    }

    [Theory]
    [InlineData(61, "Ok")]
    [InlineData(59, "Warning")]
    [InlineData(29, "Warning")]
    [InlineData(6, "Red")]
    [InlineData(-1, "Red")]
    public async Task CertificatesThatEndAreToldInTime(int daysLeft, string health)
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, "init");
        await RunAsync(folder, "device", "add", "ct1", "--ae", "CT1", "--out", folder.Below("pki"));
        using var list = JsonDocument.Parse((await RunAsync(folder, "device", "list", "--json")).Out);
        var until = list
            .RootElement.GetProperty("devices")[0]
            .GetProperty("certificates")[0]
            .GetProperty("notAfter")
            .GetDateTimeOffset();
        using var authority = Access.Certificates.CertificateAuthority.Create("test", TimeProvider.System);
        var archive = new ArchiveState(
            Dicom: null,
            Https: null,
            authority.CertificatePem,
            [
                new DeviceSummary(
                    "ct1",
                    ["CT1"],
                    [],
                    Address: null,
                    Enabled: true,
                    [],
                    Patients: 0,
                    [],
                    [new DeviceCertificateSummary(new string('a', 64), until.AddDays(-398), until, false, false)]
                ),
            ],
            LastLook: null
        );
        var findings = CertificateChecks.Expiry(archive, until.AddDays(-daysLeft).AddHours(-1)).ToList();
        Assert.Equal(health, findings.Single(finding => finding.Check == "certificate of ct1").Health.ToString());
    }

    [Fact]
    public async Task WhatAStrangerGotFromTheRunningListenersIsShown()
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, "init");
        var without = await ExamineAsync(folder);
        Assert.Equal("Skipped", without.Findings.Single(finding => finding.Check == "listeners").Health);

        using var stop = new CancellationTokenSource();
        await using var output = new ReadyWriter();
#pragma warning disable CA2025 // It is awaited before anything is disposed of; a failure on the way ends the test.
        var serving = ServeAsync(folder, output, stop.Token);
        await output.Ready.WaitAsync(TimeSpan.FromSeconds(30));
        var (_, findings) = await ExamineAsync(folder);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (findings.Exists(finding => finding is { Check: "self-examination", Health: "Skipped" }))
        {
            // The archive's first look at itself is still under way.
            late.Token.ThrowIfCancellationRequested();
            (_, findings) = await ExamineAsync(folder);
        }

        await stop.CancelAsync();
        Assert.Equal(0, await serving);
#pragma warning restore CA2025

        Assert.Equal("Ok", findings.Single(finding => finding.Check == "DICOM listener").Health);
        Assert.Equal("Ok", findings.Single(finding => finding.Check == "HTTPS listener").Health);
        var strangers = findings
            .Where(finding => finding.Check.StartsWith("stranger", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(6, strangers.Count);
        Assert.All(strangers, finding => Assert.Equal("Ok", finding.Health));
        var self = Assert.Single(findings, finding => finding.Check == "self-examination");
        Assert.Equal("Ok", self.Health);
        Assert.Contains("attempts as a stranger", self.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatTheArchiveSawOfItselfIsShown()
    {
        var now = DateTimeOffset.UnixEpoch.AddMinutes(50);
        using var authority = Access.Certificates.CertificateAuthority.Create("test", TimeProvider.System);
        var archive = new ArchiveState(
            "127.0.0.1:2762",
            "127.0.0.1:8443",
            authority.CertificatePem,
            [],
            LastLook: null
        );
        Assert.Equal(Health.Skipped, Assert.Single(SelfExaminationChecks.Of(archive, now)).Health);

        var clean = Look([], []);
        Assert.Equal(Health.Ok, Assert.Single(SelfExaminationChecks.Of(archive with { LastLook = clean }, now)).Health);
        Assert.Contains(
            SelfExaminationChecks.Of(archive with { LastLook = clean }, now.AddHours(3)),
            finding => finding.Health == Health.Red
        );

        var slow = Look([new("HTTPS listener", "positive control", "no answer in time", IsNotLooked: true)], []);
        Assert.Equal(
            [Health.Warning, Health.Ok],
            SelfExaminationChecks.Of(archive with { LastLook = slow }, now).Select(finding => finding.Health)
        );

        var open = Look([new("web /leak", "GET /leak", "HTTP 200", IsNotLooked: false)], ["web /leak"]);
        var findings = SelfExaminationChecks.Of(archive with { LastLook = open }, now).ToList();
        Assert.All(findings, finding => Assert.Equal(Health.Red, finding.Health));
        Assert.Contains("web /leak is closed", findings[0].Message, StringComparison.Ordinal);

        static SelfExaminationReport Look(
            System.Collections.Immutable.ImmutableArray<SelfExaminationNotice> notices,
            System.Collections.Immutable.ImmutableArray<string> closed
        ) => new(DateTimeOffset.UnixEpoch, 100, notices.Count(one => one.IsNotLooked), notices, closed);
    }

    private static Task<int> ServeAsync(TemporaryFolder folder, TextWriter output, CancellationToken stop)
    {
        var environment = new HostEnvironment(
            new Dictionary<string, string> { ["HOME"] = folder.Below("home") },
            IsRoot: false
        );
        var terminal = new CommandLine.Terminal(
            output,
            TextWriter.Null,
            isInteractive: false,
            environment,
            TimeProvider.System
        );
        string[] args = ["serve", "--dicom-port", "0", "--http-port", "0"];
        return CommandLine.LeadglassCommand.RunAsync([.. args, .. Folders(folder)], terminal, stop);
    }

    private static async Task<(int ExitCode, List<Seen> Findings)> ExamineAsync(TemporaryFolder folder)
    {
        var run = await RunAsync(folder, "doctor", "--json");
        using var diagnosis = JsonDocument.Parse(run.Out);
        return (
            run.ExitCode,
            [
                .. diagnosis
                    .RootElement.GetProperty("findings")
                    .EnumerateArray()
                    .Select(finding => new Seen(
                        finding.GetProperty("check").GetString()!,
                        finding.GetProperty("health").GetString()!,
                        finding.GetProperty("message").GetString()!
                    )),
            ]
        );
    }

    private static string[] Folders(TemporaryFolder folder) =>
        ["--data", folder.Below("data"), "--keys", folder.Below("keys")];

    private static Task<CommandRun> RunAsync(TemporaryFolder folder, params string[] args) =>
        CommandRun.OfAsync(folder, [.. args, .. Folders(folder)]);

    private sealed record Seen(string Check, string Health, string Message);

    /// <summary>Tells when the ready line was written.</summary>
    private sealed class ReadyWriter : StringWriter
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ready => _ready.Task;

        public override Task WriteLineAsync(string? value)
        {
            if (value?.StartsWith("ready ", StringComparison.Ordinal) == true)
            {
                _ready.TrySetResult();
            }

            return Task.CompletedTask;
        }
    }
}
