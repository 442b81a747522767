using System.Globalization;
using System.Text.Json.Nodes;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>What a test's scope says beyond what every scope of a lab says.</summary>
public sealed record LabScope
{
    /// <summary>The highest rung: <c>4</c>, <c>5a</c>, <c>6</c>.</summary>
    public required string HighestRung { get; init; }

    public IReadOnlyList<string> CalledAeTitles { get; init; } = [];

    public string Ports { get; init; } = "104,2762,4242,8042,8443";

    /// <summary>The addresses; the whole lab by default.</summary>
    public string Network { get; init; } = LabNetwork.Cidr;

    public int TimeoutMilliseconds { get; init; } = 500;

    /// <summary>How long one connection may live.</summary>
    public int ConnectionSeconds { get; init; } = 60;

    /// <summary>How long all connections to one host may live together.</summary>
    public int HostSeconds { get; init; } = 600;

    /// <summary>The scope file.</summary>
    public string ToYaml(DateTimeOffset now)
    {
        var titles = CalledAeTitles.Count == 0 ? "[]" : $"[{string.Join(", ", CalledAeTitles)}]";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            version: 1
            name: Lab
            authorisation:
              by: The tests
              basis: A network of their own
              contact: tests@example.org
              recordsBasis: The patients are made up
            validFrom: {now.AddHours(-1):yyyy-MM-dd'T'HH:mm:ss}Z
            validUntil: {now.AddDays(1):yyyy-MM-dd'T'HH:mm:ss}Z
            highestRung: {HighestRung}
            networks:
              - addresses: {Network}
                calledAeTitles: {titles}
            ports: "{Ports}"
            triesPublishedTitles: true
            rate:
              connectionsPerSecond: 5000
              perNetwork24PerSecond: 5000
              inFlight: 512
              timeoutMilliseconds: {TimeoutMilliseconds}
              connectionSeconds: {ConnectionSeconds}
              hostSeconds: {HostSeconds}

            """
        );
    }
}

/// <summary>
/// An audit as an auditor runs it: the built program from the stranger's place of a lab, with a home and a <c>/tmp</c> that
/// nobody else writes to.
/// </summary>
public sealed class AuditProcess : IAsyncDisposable
{
    private readonly ScratchFolder scratch = new("audit");
    private readonly BackgroundProcess process;

    private AuditProcess(LabNetwork lab, LabScope scope, string[] options)
    {
        var scopePath = scratch.File("scope.yaml");
        File.WriteAllText(scopePath, scope.ToYaml(TimeProvider.System.GetUtcNow()));
        HomeFolder = scratch.Folder("home");
        TemporaryFolder = scratch.Folder("tmp");
        OutFolder = scratch.File("out");
        process = lab.Stranger.Start(
            "unshare",
            [
                "--mount",
                "sh",
                "-c",
                "mount --bind \"$0\" /tmp && exec \"$@\"",
                TemporaryFolder,
                "dotnet",
                ArchiveProcess.ProgramPath,
                "exposure",
                "scan",
                "--scope",
                scopePath,
                "--out",
                OutFolder,
                .. options,
            ],
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["HOME"] = HomeFolder,
                ["XDG_CONFIG_HOME"] = null,
                ["XDG_CACHE_HOME"] = null,
                ["XDG_DATA_HOME"] = null,
                ["XDG_STATE_HOME"] = null,
                ["TMPDIR"] = null,
                ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
            },
            scratch.FullPath
        );
    }

    public int Id => process.Id;

    /// <summary>All that it printed.</summary>
    public string Output => process.Output;

    /// <summary>What <c>--out</c> named.</summary>
    public string OutFolder { get; }

    public string HomeFolder { get; }

    public string TemporaryFolder { get; }

    /// <summary>Everything that it may have written.</summary>
    public IReadOnlyList<string> Folders => [OutFolder, HomeFolder, TemporaryFolder];

    private string DocumentPath => Path.Combine(OutFolder, "audit.json");

    public static AuditProcess Start(LabNetwork lab, LabScope scope, params string[] options) =>
        new(lab, scope, options);

    /// <summary>Waits for its end and reads what it wrote.</summary>
    /// <exception cref="InvalidOperationException">it did not end well, or not in time</exception>
    public async Task<JsonObject> FinishAsync(TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        while (!process.HasExited && !timer.IsCancellationRequested)
        {
            await Task.Delay(20);
        }

        return process.HasExited && process.ExitCode == 0
            ? JsonNode.Parse(await File.ReadAllTextAsync(DocumentPath))!.AsObject()
            : throw new InvalidOperationException(
                $"the audit {(process.HasExited ? $"ended with {process.ExitCode}" : "did not end in time")}\n{Output}"
            );
    }

    /// <summary>Lets it run until its document is written, and stops it there, before it ends.</summary>
    /// <returns>false where it was faster</returns>
    public async Task<bool> FreezeWhenWrittenAsync(TimeSpan limit)
    {
        using var freezer = ProcessMemory.Freezer(Id);
        using var timer = new CancellationTokenSource(limit);
        while (!File.Exists(DocumentPath))
        {
            if (process.HasExited || timer.IsCancellationRequested)
            {
                throw new InvalidOperationException($"no audit.json\n{Output}");
            }

            await Task.Delay(1);
        }

        return await freezer.FreezeAsync();
    }

    /// <summary>Lets it go on after it was stopped.</summary>
    public Task ThawAsync() => ProcessMemory.ThawAsync(Id);

    /// <summary>Watches it until its end: the highest peak of its resident memory that was seen, in KiB.</summary>
    public async Task<long> PeakKibibytesAsync(TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit);
        long peak = 0;
        while (!process.HasExited && !timer.IsCancellationRequested)
        {
            peak = Math.Max(peak, ProcessMemory.PeakKibibytes(Id) ?? 0);
            await Task.Delay(20);
        }

        return peak;
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        scratch.Dispose();
    }
}
