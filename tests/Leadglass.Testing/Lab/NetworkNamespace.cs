using System.Diagnostics;
using System.Globalization;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>
/// A machine's own network without a machine: loopback and whatever is plugged in. It exists as long as the process that
/// holds it, which ends when this object is disposed of and also when the test process dies.
/// </summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private readonly Process holder;

    private NetworkNamespace(Process holder) => this.holder = holder;

    /// <summary>Says why a test that needs namespaces is skipped.</summary>
    public const string Absent = "network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN), unshare, nsenter and ip";

    /// <summary>The process whose namespace it is.</summary>
    public int HolderId => holder.Id;

    /// <summary>Whether this process may make one.</summary>
    public static async Task<bool> IsPossibleAsync() =>
        Tool.IsInstalled("unshare")
        && Tool.IsInstalled("nsenter")
        && Tool.IsInstalled("ip")
        && (await Tool.RunAsync("unshare", ["--net", "ip", "link", "add", "name", "probe", "type", "bridge"])).ExitCode
            == 0;

    public static async Task<NetworkNamespace> CreateAsync()
    {
        var start = Tool.StartInfo(
            "unshare",
            ["--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
            null,
            null
        );
        start.RedirectStandardInput = true;
        var created = new NetworkNamespace(Tool.Start(start));
        using var timer = new CancellationTokenSource(StartLimit);
        if (await created.holder.StandardOutput.ReadLineAsync(timer.Token) != "up")
        {
            await created.DisposeAsync();
            throw new InvalidOperationException(Absent);
        }

        return created;
    }

    /// <summary>The command line that runs a command in here; the process id stays that of the command.</summary>
    public (string File, string[] Arguments) Inside(string file, IEnumerable<string> arguments) =>
        ("nsenter", ["--target", HolderId.ToString(CultureInfo.InvariantCulture), "--net", "--", file, .. arguments]);

    /// <summary>Runs a command in here to its end.</summary>
    public Task<ToolResult> RunAsync(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        TimeSpan? limit = null
    )
    {
        var (command, all) = Inside(file, arguments);
        return Tool.RunAsync(command, all, environment, limit: limit);
    }

    /// <summary>Runs a shell script in here and fails where the script does.</summary>
    public async Task ScriptAsync(string script)
    {
        var result = await RunAsync("sh", ["-e", "-c", script]);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }

    /// <summary>Starts a server in here.</summary>
    public BackgroundProcess Start(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingFolder = null
    )
    {
        var (command, all) = Inside(file, arguments);
        return BackgroundProcess.Start(command, all, environment, workingFolder);
    }

    /// <summary>Waits until something listens on a port in here, without connecting to it.</summary>
    public async Task WaitForListenerAsync(int port, BackgroundProcess server, TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        while (!IsListening(port))
        {
            if (server.HasExited || timer.IsCancellationRequested)
            {
                throw new InvalidOperationException($"nothing listens on {port}\n{server.Output}");
            }

            await Task.Delay(10);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!holder.HasExited)
        {
            holder.Kill();
        }

        await holder.WaitForExitAsync();
        holder.Dispose();
    }

    private bool IsListening(int port)
    {
        var local = $":{port:X4}";
        return ((string[])["tcp", "tcp6"])
            .SelectMany(table => File.ReadLines($"/proc/{HolderId}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(field => field[1].EndsWith(local, StringComparison.Ordinal) && field[3] == "0A");
    }
}
