using System.Text.RegularExpressions;
using Leadglass.Testing.Lab;

namespace Leadglass.Testing.Processes;

/// <summary>
/// The built program, run as a user runs it: its own process, data folder, key folder, home and temporary folder.
/// </summary>
public sealed partial class ArchiveProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private readonly ScratchFolder scratch;
    private readonly bool isolateTmp;
    private BackgroundProcess? server;

    private ArchiveProcess(ScratchFolder scratch, bool isolateTmp)
    {
        this.scratch = scratch;
        this.isolateTmp = isolateTmp;
        DataFolder = scratch.File("data");
        KeyFolder = scratch.File("keys");
        HomeFolder = scratch.Folder("home");
        TemporaryFolder = scratch.Folder("tmp");
    }

    public string DataFolder { get; }

    public string KeyFolder { get; }

    public string HomeFolder { get; }

    public string TemporaryFolder { get; }

    /// <summary>Everything of this archive lies below it; tests may keep their own files here too.</summary>
    public string Root => scratch.FullPath;

    public string Host { get; private set; } = "";

    public int DicomPort { get; private set; }

    public int HttpPort { get; private set; }

    /// <summary>All that the servers of this archive printed, those before a crash too.</summary>
    public string Log { get; private set; } = "";

    /// <summary>All that its servers printed, the running one too.</summary>
    public string WholeLog => Log + server?.Output;

    /// <summary>The process id of the running server.</summary>
    public int ServerId => Server.Id;

    public bool IsRunning => server is { HasExited: false };

    /// <summary>The program as the build left it.</summary>
    public static string ProgramPath { get; } =
        Environment.GetEnvironmentVariable("LEADGLASS_PROGRAM")
        ?? Path.Combine(
            SharedData.CheckoutRoot,
            "artifacts",
            "bin",
            "Leadglass.Cli",
            Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
            "leadglass.dll"
        );

    /// <summary>Further variables of the environment of everything that is started.</summary>
    public Dictionary<string, string?> Variables { get; } = [];

    private BackgroundProcess Server => server ?? throw new InvalidOperationException("the archive is not running");

    /// <summary>Makes an archive with <c>init</c> and starts it.</summary>
    /// <param name="isolateTmp">gives the processes a <c>/tmp</c> of their own by a mount namespace; needs root</param>
    public static async Task<ArchiveProcess> StartNewAsync(bool isolateTmp = false)
    {
        var archive = await CreateAsync(isolateTmp);
        try
        {
            await archive.StartAsync();
            return archive;
        }
        catch
        {
            await archive.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes an archive with <c>init</c> and leaves it stopped.</summary>
    public static async Task<ArchiveProcess> CreateAsync(bool isolateTmp = false)
    {
        var archive = new ArchiveProcess(new ScratchFolder("archive"), isolateTmp);
        var result = await archive.RunAsync("init", "--data", archive.DataFolder, "--keys", archive.KeyFolder);
        return result.ExitCode == 0 ? archive : throw new InvalidOperationException($"init failed\n{result}");
    }

    /// <summary>Starts <c>serve</c> on free ports and waits for its <c>ready</c> line.</summary>
    public async Task StartAsync(params string[] options)
    {
        await StartAsync(Command([.. ServeArguments(DataFolder), .. options]));
    }

    /// <summary>Starts <c>serve</c> on a host of a lab, for everybody on the wire, on the ports that an archive has.</summary>
    public async Task StartOnAsync(LabHost host)
    {
        string[] arguments =
        [
            "serve",
            "--data",
            DataFolder,
            "--keys",
            KeyFolder,
            "--bind",
            $"{host.Address}",
            "--dicom-port",
            "2762",
            "--http-port",
            "8443",
        ];
        await StartAsync(host.Inside.Inside("dotnet", [ProgramPath, .. arguments]));
    }

    /// <summary>Whether this process may mount file systems that only its children see.</summary>
    public static async Task<bool> CanMountAsync() =>
        Tool.IsInstalled("unshare") && (await Tool.RunAsync("unshare", ["--mount", "true"])).ExitCode == 0;

    /// <summary>
    /// Starts <c>serve</c> on a copy of the data folder that lies on a file system of this size, with a file in it that
    /// takes room until <see cref="RemoveBallastAsync"/>.
    /// </summary>
    public async Task StartOnSmallDiskAsync(int mebibytes, int ballastMebibytes)
    {
        var disk = scratch.Folder("disk");
        const string Script = """
            mount -t tmpfs -o "size=$0m" tmpfs "$1" && cp -a "$2" "$1/data" &&
            head -c "$3"M /dev/zero > "$1/ballast" && shift 3 && exec "$@"
            """;
        await StartAsync(
            (
                "unshare",
                [
                    "--mount",
                    "sh",
                    "-c",
                    Script,
                    $"{mebibytes}",
                    disk,
                    DataFolder,
                    $"{ballastMebibytes}",
                    "dotnet",
                    ProgramPath,
                    .. ServeArguments(Path.Combine(disk, "data")),
                ]
            )
        );
    }

    /// <summary>Makes room on the small file system.</summary>
    public async Task RemoveBallastAsync()
    {
        var removed = await Tool.RunAsync(
            "nsenter",
            ["--target", $"{ServerId}", "--mount", "rm", Path.Combine(Root, "disk", "ballast")]
        );
        if (removed.ExitCode != 0)
        {
            throw new InvalidOperationException(removed.ToString());
        }
    }

    private string[] ServeArguments(string data) =>
        ["serve", "--data", data, "--keys", KeyFolder, "--dicom-port", "0", "--http-port", "0"];

    private async Task StartAsync((string File, string[] Arguments) command)
    {
        server = BackgroundProcess.Start(command.File, command.Arguments, Environs(), Root);
        var ready = ReadyLine()
            .Match(
                await server.WaitForLineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal), StartLimit)
            );
        if (!ready.Success)
        {
            throw new InvalidOperationException($"the ready line is not as promised\n{server.Output}");
        }

        Host = ready.Groups["host"].Value;
        DicomPort = int.Parse(ready.Groups["dicom"].ValueSpan);
        HttpPort = int.Parse(ready.Groups["https"].ValueSpan);
    }

    /// <summary>Ends the server as an operator does and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        var exitCode = await Server.StopAsync(StopLimit);
        await ForgetServerAsync();
        return exitCode;
    }

    /// <summary>Ends the server as a crash does.</summary>
    public async Task KillAsync()
    {
        await Server.KillAsync();
        await ForgetServerAsync();
    }

    /// <summary>Stops (or not: a killed server stays killed) and starts again on new ports.</summary>
    public async Task RestartAsync()
    {
        if (server is not null)
        {
            await StopAsync();
        }

        await StartAsync();
    }

    /// <summary>Runs the command with arguments exactly as given.</summary>
    public Task<ToolResult> RunAsync(params string[] arguments)
    {
        var (file, all) = Command(arguments);
        return Tool.RunAsync(file, all, Environs(), Root);
    }

    /// <summary>Runs a command on this archive's folders.</summary>
    public Task<ToolResult> RunHereAsync(params string[] arguments) =>
        RunAsync([.. arguments, "--data", DataFolder, "--keys", KeyFolder]);

    /// <summary>Enrols a device; the server may run meanwhile.</summary>
    /// <param name="allow">as <c>--allow</c> takes it: <c>store,query,retrieve</c></param>
    /// <param name="options">further options of <c>device add</c></param>
    public async Task<EnrolledDevice> EnrolAsync(string name, string aeTitle, string allow, params string[] options)
    {
        var folder = scratch.File($"pki-{name}");
        var result = await RunHereAsync([
            "device",
            "add",
            name,
            "--ae",
            aeTitle,
            "--allow",
            allow,
            "--out",
            folder,
            .. options,
        ]);
        return result.ExitCode == 0
            ? new EnrolledDevice(name, aeTitle, folder)
            : throw new InvalidOperationException($"device add failed\n{result}");
    }

    /// <summary>A field of <c>/proc/PID/status</c> of the server in KiB: VmHWM is the peak of its resident memory.</summary>
    public long MemoryKibibytes(string field = "VmHWM")
    {
        var line = File.ReadLines($"/proc/{ServerId}/status")
            .First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        scratch.Dispose();
    }

    private async Task ForgetServerAsync()
    {
        Log += Server.Output;
        await Server.DisposeAsync();
        server = null;
    }

    private (string File, string[] Arguments) Command(string[] arguments)
    {
        if (!File.Exists(ProgramPath))
        {
            throw new FileNotFoundException($"the program is not built: {ProgramPath}");
        }

        return isolateTmp
            ? (
                "unshare",
                [
                    "--mount",
                    "sh",
                    "-c",
                    "mount --bind \"$0\" /tmp && exec \"$@\"",
                    TemporaryFolder,
                    "dotnet",
                    ProgramPath,
                    .. arguments,
                ]
            )
            : ("dotnet", [ProgramPath, .. arguments]);
    }

    private Dictionary<string, string?> Environs() =>
        new(Variables, StringComparer.Ordinal)
        {
            ["HOME"] = HomeFolder,
            ["XDG_CONFIG_HOME"] = null,
            ["XDG_CACHE_HOME"] = null,
            ["XDG_DATA_HOME"] = null,
            ["XDG_STATE_HOME"] = null,
            ["TMPDIR"] = isolateTmp ? null : TemporaryFolder,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        };

    [GeneratedRegex(
        @"^ready dicom=(?<host>\[[^\]]+\]|[^:\s]+):(?<dicom>\d+) https=(\[[^\]]+\]|[^:\s]+):(?<https>\d+)\s*$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ReadyLine();
}
