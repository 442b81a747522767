using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Leadglass.Testing.Processes;

/// <summary>What a finished command left: its exit code and everything it printed.</summary>
public sealed record ToolResult(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>Both streams, for tools that report on either.</summary>
    public string Everything => Output + Error;

    /// <summary>The command with all it printed, for the message of a failed assertion.</summary>
    public override string ToString() => $"$ {CommandLine}\nexit code {ExitCode}\n{Output}{Error}";
}

/// <summary>Runs a command to its end, with a time limit.</summary>
public static class Tool
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(120);

    /// <summary>Whether a command of this name is installed.</summary>
    public static bool IsInstalled(string name) =>
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/sbin")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <exception cref="TimeoutException">the command did not end in time; it was killed</exception>
    public static async Task<ToolResult> RunAsync(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingFolder = null,
        TimeSpan? limit = null,
        string? input = null
    )
    {
        var start = StartInfo(file, arguments, environment, workingFolder);
        start.RedirectStandardInput = true;
        using var process = Start(start);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var timer = new CancellationTokenSource(limit ?? DefaultLimit);
        try
        {
            await process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"not done in time: {Line(start)}\n{await output}{await error}", late);
        }

        return new ToolResult(Line(start), process.ExitCode, await output, await error);
    }

    internal static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        }
        catch (Win32Exception problem)
        {
            throw new InvalidOperationException(
                $"{start.FileName} cannot be run ({problem.Message}); tools/install-test-peers.sh installs what the tests need",
                problem
            );
        }
    }

    internal static ProcessStartInfo StartInfo(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment,
        string? workingFolder
    )
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = workingFolder ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    internal static string Line(ProcessStartInfo start) =>
        start.FileName + " " + string.Join(' ', start.ArgumentList.Select(Quote));

    private static string Quote(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_+=./:,".Contains(c))
            ? argument
            : $"'{argument}'";
}
