using System.Text.Json;
using Leadglass.Cli.CommandLine;

namespace Leadglass.Cli.Tests;

/// <summary>Which groups of the provider give which roles, by command.</summary>
public sealed class GroupCommandTests
{
    [Fact]
    public async Task AMappingWaitsUntilItIsConfirmedWithTheRecoveryKey()
    {
        using var folder = new TemporaryFolder();
        await CommandRun.OfAsync(
            folder,
            "init",
            "--data",
            folder.Below("data"),
            "--recovery-key-file",
            folder.Below("recovery")
        );
        Assert.False(IsConfirmed(await RunAsync(folder, "add")));

        var refused = await RunAsync(folder, "confirm");
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("root, or with the recovery key", refused.Error, StringComparison.Ordinal);

        Assert.True(IsConfirmed(await RunAsync(folder, "confirm", "--recovery-key-file", folder.Below("recovery"))));
        Assert.Equal(ExitCode.Done, (await RunAsync(folder, "remove")).ExitCode);
        var missing = await RunAsync(folder, "confirm", "--recovery-key-file", folder.Below("recovery"));
        Assert.Contains("no such mapping", missing.Error, StringComparison.Ordinal);
    }

    private static bool IsConfirmed(CommandRun run)
    {
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        var groups = JsonDocument.Parse(run.Out).RootElement.GetProperty("groups");
        return Assert.Single(groups.EnumerateArray()).GetProperty("isConfirmed").GetBoolean();
    }

    private static Task<CommandRun> RunAsync(TemporaryFolder folder, string verb, params string[] options) =>
        CommandRun.OfAsync(
            folder,
            [
                "user",
                "group",
                verb,
                "PACS Radiology",
                "--role",
                "radiologist",
                "--issuer",
                "https://login.hospital.example",
                "--data",
                folder.Below("data"),
                "--json",
                .. options,
            ]
        );
}
