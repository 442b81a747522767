using System.Text.Json;
using Leadglass.Cli.CommandLine;

namespace Leadglass.Cli.Tests;

public sealed class InitCommandTests
{
    [Fact]
    public async Task InitAsksNothingAndKeepsKeysApartFromData()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"), "--json");
        Assert.Equal(ExitCode.Done, run.ExitCode);
        var answer = JsonDocument.Parse(run.Out).RootElement;
        var keys = answer.GetProperty("keys").GetString()!;
        Assert.StartsWith(folder.Below("home/.config/leadglass/"), keys, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(keys, "master.key")));
        Assert.True(File.Exists(answer.GetProperty("recoveryKeyFile").GetString()));
    }

    [Fact]
    public async Task WhatInitMakesIsItsOwnersAlone()
    {
        using var folder = new TemporaryFolder();
        await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"), "--keys", folder.Below("keys"));
        var options = new EnumerationOptions { RecurseSubdirectories = true };
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder.Path, "*", options))
        {
            const UnixFileMode Others =
                UnixFileMode.GroupRead
                | UnixFileMode.GroupWrite
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead
                | UnixFileMode.OtherWrite
                | UnixFileMode.OtherExecute;
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(entry) & Others);
        }
    }

    [Fact]
    public async Task ASecondInitTouchesNothing()
    {
        using var folder = new TemporaryFolder();
        await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"));
        var before = await File.ReadAllBytesAsync(folder.Below("data/state/archive.json"));
        var again = await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"));
        Assert.Equal(ExitCode.Failed, again.ExitCode);
        Assert.Contains("holds an archive already", again.Error, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(folder.Below("data/state/archive.json")));
    }

    [Fact]
    public async Task KeysInsideTheDataAreRefused()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(
            folder,
            "init",
            "--data",
            folder.Below("data"),
            "--keys",
            folder.Below("data/keys")
        );
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("outside the data", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Below("data")));
    }

    [Theory]
    [InlineData("--dat")]
    [InlineData("init", "--nothing")]
    [InlineData]
    public async Task WrongUsageExitsWithTwo(params string[] args)
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(folder, args);
        Assert.Equal(ExitCode.WrongUsage, run.ExitCode);
    }
}
