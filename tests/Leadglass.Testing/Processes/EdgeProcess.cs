using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Testing.Processes;

/// <summary>An edge as a user runs it: enrolled at an archive, a process of its own, reached by a link that can be cut.</summary>
public sealed partial class EdgeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly ScratchFolder scratch = new("edge");
    private readonly ArchiveProcess archive;
    private BackgroundProcess? process;

    private EdgeProcess(ArchiveProcess archive, string name)
    {
        this.archive = archive;
        Name = name;
        DataFolder = scratch.File("data");
        TemporaryFolder = scratch.Folder("tmp");
    }

    public string Name { get; }

    public string DataFolder { get; }

    public string TemporaryFolder { get; }

    /// <summary>Everything that the edge writes lies below it.</summary>
    public string Root => scratch.FullPath;

    /// <summary>Between edge and archive.</summary>
    public LinkRelay Link { get; } = new();

    public int Port { get; private set; }

    /// <summary>All that the edge printed, before crashes too.</summary>
    public string Log => log + process?.Output;

    private string log = "";

    /// <summary>Enrols an edge at a running archive, lists scanners behind it, and starts it.</summary>
    /// <param name="scanners">name, AE title, and what else <c>device add</c> takes, with <c>--from 127.0.0.1</c></param>
    public static async Task<EdgeProcess> StartNewAsync(
        ArchiveProcess archive,
        string name,
        params (string Name, string AeTitle, string[] Options)[] scanners
    )
    {
        var edge = new EdgeProcess(archive, name);
        try
        {
            await edge.EnrolAsync(scanners);
            await edge.StartAsync();
            return edge;
        }
        catch
        {
            await edge.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes <c>edge.json</c>, which the next start reads.</summary>
    public Task ConfigureAsync(string json) => File.WriteAllTextAsync(Path.Combine(DataFolder, "edge.json"), json);

    /// <summary>Starts it and waits for its <c>ready</c> line; the link leads to the archive's present port.</summary>
    public async Task StartAsync()
    {
        Link.TargetPort = archive.DicomPort;
        process = BackgroundProcess.Start(
            "dotnet",
            [ArchiveProcess.ProgramPath, "edge", "--data", DataFolder, "--port", $"{Port}"],
            Environs(),
            Root
        );
        var ready = ReadyLine()
            .Match(await process.WaitForLineAsync(line => line.StartsWith("ready ", StringComparison.Ordinal), Limit));
        Port = int.Parse(ready.Groups["port"].ValueSpan);
    }

    public async Task KillAsync()
    {
        await Running.KillAsync();
        await ForgetAsync();
    }

    public async Task<int> StopAsync()
    {
        var code = await Running.StopAsync(Limit);
        await ForgetAsync();
        return code;
    }

    /// <summary>Tells the link where the archive listens after it was started again.</summary>
    public void Follow() => Link.TargetPort = archive.DicomPort;

    /// <summary>Runs <c>leadglass edge ...</c> on this edge's folder.</summary>
    public Task<ToolResult> RunAsync(params string[] arguments) =>
        Tool.RunAsync(
            "dotnet",
            [ArchiveProcess.ProgramPath, "edge", .. arguments, "--data", DataFolder],
            Environs(),
            Root
        );

    /// <summary>What <c>status.json</c> says now.</summary>
    public JsonNode Status() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(DataFolder, "status.json")))
        ?? throw new InvalidOperationException("no status");

    /// <summary>Names of the files that wait.</summary>
    public IReadOnlyList<string> Queue => Names("queue", "*.env");

    /// <summary>Names of the files that were set aside.</summary>
    public IReadOnlyList<string> SetAside => Names("aside", "*.env");

    /// <summary>Waits until nothing waits any more.</summary>
    public async Task DrainAsync(TimeSpan? limit = null)
    {
        using var timer = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(120));
        while (Queue.Count > 0)
        {
            try
            {
                await Task.Delay(50, timer.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"{Queue.Count} envelopes still wait\n{Log}\n{archive.Log}", late);
            }
        }
    }

    /// <summary>A raw association in clear, from an address of this machine.</summary>
    public async Task<RawAssociation> ConnectAsync(
        string aeTitle,
        IReadOnlyList<RawContext> contexts,
        string source = "127.0.0.1"
    )
    {
        var client = new TcpClient(new IPEndPoint(IPAddress.Parse(source), 0)) { NoDelay = true };
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return await RawAssociation.RequestAsync(client.GetStream(), aeTitle, contexts);
        }
        catch
        {
            // One that is refused and left open would count against what the edge grants an address.
            client.Dispose();
            throw;
        }
    }

    /// <summary>Peak of its resident memory in KiB.</summary>
    public long MemoryKibibytes(string field = "VmHWM")
    {
        var line = File.ReadLines($"/proc/{Running.Id}/status")
            .First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        await Link.DisposeAsync();
        scratch.Dispose();
    }

    private BackgroundProcess Running => process ?? throw new InvalidOperationException("the edge is not running");

    private async Task EnrolAsync((string Name, string AeTitle, string[] Options)[] scanners)
    {
        var added = await archive.RunHereAsync(
            "device",
            "add",
            Name,
            "--edge",
            "--archive",
            $"{archive.Host}:{archive.HttpPort}"
        );
        var code = Code().Match(added.Output);
        if (!code.Success)
        {
            throw new InvalidOperationException($"no enrolment code\n{added}");
        }

        foreach (var scanner in scanners)
        {
            var listed = await archive.RunHereAsync([
                "device",
                "add",
                scanner.Name,
                "--ae",
                scanner.AeTitle,
                "--behind",
                Name,
                .. scanner.Options.Contains("--from") ? Array.Empty<string>() : ["--from", "127.0.0.1"],
                .. scanner.Options,
            ]);
            if (listed.ExitCode != 0)
            {
                throw new InvalidOperationException(listed.ToString());
            }
        }

        var enrolled = await RunAsync("enrol", "--code", code.Value);
        if (enrolled.ExitCode != 0)
        {
            throw new InvalidOperationException(enrolled.ToString());
        }

        // The link stands between: TLS goes through it from end to end.
        var file = Path.Combine(DataFolder, "identity.json");
        var identity = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        identity["grant"]!["dicomPort"] = Link.Port;
        await File.WriteAllTextAsync(file, identity.ToJsonString());
        await ConfigureAsync("""{"reportSeconds": 1, "retrySecondsMax": 1}""");
    }

    private IReadOnlyList<string> Names(string folder, string pattern) =>
        [
            .. new DirectoryInfo(Path.Combine(DataFolder, folder))
                .EnumerateFiles(pattern)
                .Select(file => file.Name)
                .Order(StringComparer.Ordinal),
        ];

    private async Task ForgetAsync()
    {
        log += Running.Output;
        await Running.DisposeAsync();
        process = null;
    }

    private Dictionary<string, string?> Environs() =>
        new(StringComparer.Ordinal)
        {
            ["HOME"] = TemporaryFolder,
            ["TMPDIR"] = TemporaryFolder,
            ["XDG_DATA_HOME"] = null,
            ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        };

    [GeneratedRegex(@"lge1\.[A-Za-z0-9_-]+", RegexOptions.None, 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"^ready dicom=.*:(?<port>\d+)\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ReadyLine();
}
