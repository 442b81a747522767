using System.Text.RegularExpressions;

namespace Leadglass.Testing.Processes;

/// <summary>
/// The DCMTK command-line tools as peers. Their exit codes say 0 for much that failed, so every method here looks at what
/// they printed. Those without TLS of their own (dcmsend, getscu, movescu) go through a <see cref="TlsTunnel"/>.
/// </summary>
public sealed partial class Dcmtk(string host, int port, EnrolledDevice? device, string calledAeTitle = "LEADGLASS")
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>Debian's DCMTK leaves Nagle's algorithm on unless told otherwise: see <c>bench/</c> for what that costs.</summary>
    private static readonly Dictionary<string, string?> NoDelay = new(StringComparer.Ordinal) { ["TCP_NODELAY"] = "1" };

    /// <summary>The calling AE title, where it shall differ from the device's.</summary>
    public string? CallingAeTitle { get; init; }

    public static bool IsInstalled => Tool.IsInstalled("storescu") && Tool.IsInstalled("dcmdump");

    private string[] Titles => ["-aet", CallingAeTitle ?? device?.AeTitle ?? "STRANGER", "-aec", calledAeTitle];

    private string[] Tls => device is null ? [] : TlsArguments(device);

    /// <summary>The TLS arguments of DCMTK for a device's files, as the conformance statement gives them.</summary>
    public static string[] TlsArguments(EnrolledDevice device) =>
        ["+tls", device.KeyPath, device.CertificatePath, "+cf", device.AuthorityPath, "-pw", "+py"];

    public Task<ToolResult> EchoAsync() => RunAsync("echoscu", ["-v", .. Tls, .. Titles, host, $"{port}"]);

    /// <summary>Whether echoscu was told success.</summary>
    public static bool EchoSucceeded(ToolResult result) =>
        result.ExitCode == 0 && result.Everything.Contains("Received Echo Response (Success)");

    public Task<ToolResult> StoreAsync(params string[] arguments) =>
        RunAsync("storescu", ["-v", .. Tls, .. Titles, host, $"{port}", .. arguments]);

    /// <summary>dcmsend has no TLS in 3.6.7: the instance must point at a tunnel.</summary>
    public Task<ToolResult> SendAsync(params string[] arguments) =>
        RunAsync("dcmsend", ["-v", .. Titles, host, $"{port}", .. arguments]);

    /// <summary>What storescu or dcmsend printed of the C-STORE responses, in order: <c>Success</c>, or a refusal's name.</summary>
    public static IReadOnlyList<string> StoreStatuses(ToolResult result) =>
        [.. StoreResponse().Matches(result.Everything).Select(m => m.Groups["status"].Value)];

    /// <summary>What getscu or movescu printed of the last response.</summary>
    public static string FinalStatus(ToolResult result) =>
        FinalResponse().Matches(result.Everything).LastOrDefault()?.Groups["status"].Value ?? "no response";

    /// <summary>C-FIND; the responses are written below <paramref name="folder"/> as files, which are their paths here.</summary>
    /// <param name="model"><c>-S</c> study root, <c>-P</c> patient root</param>
    public async Task<(ToolResult Result, IReadOnlyList<string> Files)> FindAsync(
        string folder,
        string model,
        params string[] keys
    )
    {
        Directory.CreateDirectory(folder);
        var result = await RunAsync(
            "findscu",
            ["-v", "-X", "-od", folder, model, .. Tls, .. Titles, .. Keys(keys), host, $"{port}"]
        );
        return (result, [.. Directory.EnumerateFiles(folder, "rsp*.dcm").Order(StringComparer.Ordinal)]);
    }

    /// <summary>C-GET through a tunnel; what came lies in <paramref name="folder"/>.</summary>
    public Task<ToolResult> GetAsync(string folder, string model, string[] options, params string[] keys)
    {
        Directory.CreateDirectory(folder);
        return RunAsync("getscu", ["-v", "-od", folder, model, .. options, .. Titles, .. Keys(keys), host, $"{port}"]);
    }

    /// <summary>C-MOVE through a tunnel.</summary>
    public Task<ToolResult> MoveAsync(string destination, string model, params string[] keys) =>
        RunAsync("movescu", ["-v", model, "-aem", destination, .. Titles, .. Keys(keys), host, $"{port}"]);

    /// <summary>storescp over TLS: a C-MOVE destination, or the reference that the archive is compared with.</summary>
    public static async Task<BackgroundProcess> StartReceiverAsync(
        int port,
        string folder,
        EnrolledDevice? device,
        params string[] options
    )
    {
        Directory.CreateDirectory(folder);
        var process = BackgroundProcess.Start(
            "storescp",
            [
                "-v",
                .. device is null ? [] : TlsArguments(device),
                "-aet",
                device?.AeTitle ?? "STORESCP",
                "-od",
                folder,
                .. options,
                $"{port}",
            ],
            NoDelay
        );
        await process.WaitForPortAsync(port, TimeSpan.FromSeconds(20));
        return process;
    }

    /// <summary>A file's attributes as dcmdump prints them, without group 2.</summary>
    public static async Task<string> DumpAsync(string file, params string[] options)
    {
        var result = await RunAsync("dcmdump", [.. options, file]);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"dcmdump cannot read it\n{result}");
    }

    /// <summary>Runs any of the tools.</summary>
    public static Task<ToolResult> RunAsync(string tool, IEnumerable<string> arguments) =>
        Tool.RunAsync(tool, arguments, NoDelay, limit: Limit);

    private static IEnumerable<string> Keys(string[] keys) => keys.SelectMany(key => (string[])["-k", key]);

    [GeneratedRegex(@"Received (C-STORE|Store) Response \((?<status>[^)]*)\)", RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex StoreResponse();

    [GeneratedRegex(
        @"Received (Final )?(C-GET|C-MOVE|Get|Move) Response.*\((?<status>[^)]*)\)",
        RegexOptions.ExplicitCapture,
        2000
    )]
    private static partial Regex FinalResponse();
}
