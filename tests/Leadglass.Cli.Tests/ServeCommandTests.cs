using Leadglass.Cli.CommandLine;
using Leadglass.Server;

namespace Leadglass.Cli.Tests;

/// <summary><c>serve</c>, as a script that starts it meets it.</summary>
public sealed class ServeCommandTests
{
    [Fact]
    public async Task OneReadyLineAndOneServerPerFolder()
    {
        using var folder = new TemporaryFolder();
        await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"));
        string[] serve = ["serve", "--data", folder.Below("data"), "--dicom-port", "0", "--http-port", "0"];
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var output = new LineWriter();
        using var error = new StringWriter();
        var environment = new HostEnvironment(
            new Dictionary<string, string> { ["HOME"] = folder.Below("home") },
            IsRoot: false
        );
        var terminal = new Terminal(output, error, isInteractive: false, environment, TimeProvider.System);
        var serving = LeadglassCommand.RunAsync(serve, terminal, stop.Token);
        var ready = await output.FirstLine.WaitAsync(stop.Token);
        Assert.Matches(@"^ready dicom=127\.0\.0\.1:\d+ https=127\.0\.0\.1:\d+$", ready);

        var second = await CommandRun.OfAsync(folder, serve);
        Assert.Equal(ExitCode.Failed, second.ExitCode);
        Assert.Contains("another leadglass process", second.Error, StringComparison.Ordinal);
        var verify = await CommandRun.OfAsync(folder, "verify", "--data", folder.Below("data"));
        Assert.Equal(ExitCode.Done, verify.ExitCode);

        await stop.CancelAsync();
        Assert.Equal(ExitCode.Done, await serving);
        Assert.Equal(ready, output.ToString().Trim());
    }

    [Fact]
    public async Task EveryMistakeOfAConfigurationIsNamed()
    {
        using var folder = new TemporaryFolder();
        await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"));
        await File.WriteAllTextAsync(
            folder.Below("data/leadglass.json"),
            """{ "dicomPort": "many", "plainDicomPort": 104, "bind": "everywhere" }"""
        );
        var run = await CommandRun.OfAsync(folder, "serve", "--data", folder.Below("data"));
        Assert.Equal(ExitCode.WrongUsage, run.ExitCode);
        foreach (var key in new[] { "dicomPort", "plainDicomPort", "bind" })
        {
            Assert.Contains(key, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhereNoArchiveIsTheNextStepIsNamed()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(folder, "serve", "--data", folder.Below("none"));
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("leadglass init", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutItsKeyAnArchiveStaysShut()
    {
        using var folder = new TemporaryFolder();
        await CommandRun.OfAsync(folder, "init", "--data", folder.Below("data"), "--keys", folder.Below("keys"));
        File.Delete(folder.Below("keys/master.key"));
        var run = await CommandRun.OfAsync(folder, "serve", "--data", folder.Below("data"), "--dicom-port", "0");
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("--keys DIR", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Tells when the first line is whole.</summary>
    private sealed class LineWriter : StringWriter
    {
        private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> FirstLine => _first.Task;

        public override async Task WriteLineAsync(string? value)
        {
            await base.WriteLineAsync(value);
            _first.TrySetResult(value ?? string.Empty);
        }
    }
}
