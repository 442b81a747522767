using System.Diagnostics;
using System.Text;

namespace Leadglass.Testing.Processes;

/// <summary>A server that a test starts, watches and ends by its own process id.</summary>
public sealed class BackgroundProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly List<(Func<string, bool> Match, TaskCompletionSource<string> Found)> waiting = [];
    private readonly Lock gate = new();
    private readonly string commandLine;

    private BackgroundProcess(Process process, string commandLine)
    {
        this.process = process;
        this.commandLine = commandLine;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Everything printed so far.</summary>
    public string Output
    {
        get
        {
            lock (gate)
            {
                return output.ToString();
            }
        }
    }

    public static BackgroundProcess Start(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingFolder = null
    )
    {
        var start = Tool.StartInfo(file, arguments, environment, workingFolder);
        return new BackgroundProcess(Tool.Start(start), Tool.Line(start));
    }

    /// <summary>Waits until the process prints a line that matches, on either stream; earlier lines count.</summary>
    /// <exception cref="InvalidOperationException">the process ended, or did not print it in time</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> match, TimeSpan limit)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (output.ToString().Split('\n').FirstOrDefault(match) is { } line)
            {
                return line;
            }

            waiting.Add((match, found));
        }

        var first = await Task.WhenAny(found.Task, process.WaitForExitAsync(), Task.Delay(limit));
        return first == found.Task || found.Task.IsCompleted
            ? await found.Task
            : throw new InvalidOperationException(
                (process.HasExited ? $"ended with {process.ExitCode}" : $"not ready after {limit.TotalSeconds} s")
                    + $": {commandLine}\n{Output}"
            );
    }

    /// <summary>Waits until a TCP port answers.</summary>
    public async Task WaitForPortAsync(int port, TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        while (true)
        {
            using var client = new System.Net.Sockets.TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port, timer.Token);
                return;
            }
            catch (System.Net.Sockets.SocketException) when (!process.HasExited)
            {
                await Task.Delay(20, timer.Token);
            }
        }
    }

    /// <summary>Asks the process to end (SIGTERM) and waits for it; kills it when it does not.</summary>
    public async Task<int> StopAsync(TimeSpan limit)
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await kill.WaitForExitAsync();
        }

        using var timer = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timer.Token);
        }
        catch (OperationCanceledException late)
        {
            await KillAsync();
            throw new TimeoutException($"did not end on SIGTERM: {commandLine}\n{Output}", late);
        }

        return process.ExitCode;
    }

    /// <summary>Ends the process with SIGKILL, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (gate)
        {
            output.Append(line).Append('\n');
            foreach (var (match, found) in waiting)
            {
                if (match(line))
                {
                    found.TrySetResult(line);
                }
            }
        }
    }
}
