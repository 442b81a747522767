using Leadglass.Cli.CommandLine;

namespace Leadglass.Cli.Tests;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task TheDemoTellsItsStoryAndServeRefusesItsFolder()
    {
        using var folder = new TemporaryFolder();
        var demo = await CommandRun.OfAsync(folder, "demo", "--once", "--data", folder.Below("demo"));
        Assert.True(demo.ExitCode == ExitCode.Done, demo.Out + demo.Error);
        Assert.DoesNotContain("FAILED", demo.Out, StringComparison.Ordinal);
        Assert.Contains("came back byte for byte", demo.Out, StringComparison.Ordinal);

        var serve = await CommandRun.OfAsync(folder, "serve", "--data", folder.Below("demo"));
        Assert.Equal(ExitCode.Refused, serve.ExitCode);
        Assert.Contains("demonstration", serve.Error, StringComparison.Ordinal);
    }
}
