using Leadglass.Cli.CommandLine;
using Leadglass.Server;

namespace Leadglass.Cli.Tests;

/// <summary>One command line, run in this process with an environment of its own.</summary>
internal sealed record CommandRun(int ExitCode, string Out, string Error)
{
    public static async Task<CommandRun> OfAsync(TemporaryFolder folder, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var environment = new HostEnvironment(
            new Dictionary<string, string> { ["HOME"] = folder.Below("home") },
            IsRoot: false
        );
        var terminal = new Terminal(output, error, isInteractive: false, environment, TimeProvider.System);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(180));
        var exitCode = await LeadglassCommand.RunAsync(args, terminal, limit.Token);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("leadglass-cli-").FullName;

    public string Below(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
