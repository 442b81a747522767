using System.Text.Json;

namespace Leadglass.Cli.Tests;

/// <summary>Reading and verifying the trail from the command line.</summary>
public sealed class TrailCommandTests
{
    [Fact]
    public async Task WhoEnrolledAndWhoReadsIsInTheTrail()
    {
        using var folder = new TemporaryFolder();
        await StartAsync(folder);
        var run = await RunAsync(folder, "trail", "--json");
        Assert.Equal(0, run.ExitCode);
        var entries = run
            .Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToList();
        Assert.Contains(
            entries,
            entry =>
                entry.GetProperty("event").GetString() == "SecurityAlert"
                && entry.GetProperty("who").GetString() == $"operator:{Environment.UserName}"
                && entry.GetProperty("detail").GetString() == "device add ct1"
        );
        Assert.Equal("AuditLogUsed", entries[^1].GetProperty("event").GetString());
        Assert.Equal(
            Enumerable.Range(1, entries.Count),
            entries.Select(entry => entry.GetProperty("sequence").GetInt32())
        );
    }

    [Fact]
    public async Task VerifyFindsAChangedByte()
    {
        using var folder = new TemporaryFolder();
        await StartAsync(folder);
        Assert.Equal(0, (await RunAsync(folder, "trail", "verify")).ExitCode);
        var file = Directory.GetFiles(folder.Below("data/trail"), "*.trail").Single();
        var bytes = await File.ReadAllBytesAsync(file);
        // Behind the header of 88 bytes: inside the first entry.
        bytes[200] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        var run = await RunAsync(folder, "trail", "verify");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("00000001.trail", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PatientsAreShownToWhoHasTheRecoveryKeyOnly()
    {
        using var folder = new TemporaryFolder();
        await StartAsync(folder);
        Assert.Equal(3, (await RunAsync(folder, "trail", "--patient", "TEST-1")).ExitCode);
        var wrong = folder.Below("wrong.txt");
        await File.WriteAllTextAsync(wrong, "00000-00000-00000-00000-00000-00000-00000-00000");
        Assert.Equal(3, (await RunAsync(folder, "trail", "--recovery-key-file", wrong)).ExitCode);
        var right = folder.Below("keys/recovery-key.txt");
        Assert.Equal(0, (await RunAsync(folder, "trail", "--recovery-key-file", right)).ExitCode);
        var trail = await RunAsync(folder, "trail", "--json");
        Assert.Contains("\"refusal\":\"RightMissing\"", trail.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMistakenDateIsNamed()
    {
        using var folder = new TemporaryFolder();
        await StartAsync(folder);
        var run = await RunAsync(folder, "trail", "--since", "yesterday");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--since", run.Error, StringComparison.Ordinal);
    }

    private static async Task StartAsync(TemporaryFolder folder)
    {
        Assert.Equal(0, (await RunAsync(folder, "init")).ExitCode);
        Assert.Equal(
            0,
            (await RunAsync(folder, "device", "add", "ct1", "--ae", "CT1", "--out", folder.Below("pki"))).ExitCode
        );
    }

    private static Task<CommandRun> RunAsync(TemporaryFolder folder, params string[] args) =>
        CommandRun.OfAsync(folder, [.. args, "--data", folder.Below("data"), "--keys", folder.Below("keys")]);
}
