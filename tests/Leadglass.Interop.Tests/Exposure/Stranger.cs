using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Leadglass.Testing.Lab;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>
/// Asks a product for everything it holds, from another address and without any right to it, by tools that are not ours. What
/// it got is read from what the tools print of each message: their exit codes say 0 after an abort.
/// </summary>
public sealed partial class Stranger(LabNetwork lab, string callingAeTitle, IReadOnlyList<string> calledAeTitles)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string?> Environs = new(StringComparer.Ordinal)
    {
        ["TCP_NODELAY"] = "1",
    };

    /// <summary>All that a stranger gets of one product.</summary>
    public async Task<Truth> FindAsync(LabProduct product)
    {
        using var scratch = new ScratchFolder("stranger");
        return new Truth
        {
            Product = product.Name,
            Setting = product.Setting,
            Address = product.Host.Address.ToString(),
            Echo = await BestAsync(title => EchoAsync(product, title)),
            Find = await BestAsync(title => FindAsync(product, title)),
            Get = await BestAsync(title => GetAsync(product, title, scratch.Folder("got"))),
            Qido = await QidoAsync(product),
            Wado = await WadoAsync(product, scratch.File("wado")),
            Studies = product.Studies,
        };
    }

    /// <summary>The called titles one after the other; what got furthest counts.</summary>
    private async Task<ToolAnswer> BestAsync(Func<string, Task<ToolAnswer>> ask)
    {
        List<ToolAnswer> answers = [];
        foreach (var title in calledAeTitles)
        {
            answers.Add(await ask(title));
        }

        return answers.MinBy(a => (a.Kind, -a.Rows))!;
    }

    private async Task<ToolAnswer> EchoAsync(LabProduct product, string title) =>
        Answer(
            product,
            await RunAsync("echoscu", ["-d", .. Tls(product), .. Titles(title), .. Peer(product)]),
            rows: 0
        );

    private async Task<ToolAnswer> FindAsync(LabProduct product, string title)
    {
        string[] keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=", "-k", "PatientName="];
        var result = await RunAsync(
            "findscu",
            ["-d", "-S", .. Tls(product), .. Titles(title), .. keys, .. Peer(product)]
        );
        return Answer(product, result, PendingResponse().Count(result.Everything));
    }

    /// <summary>getscu has no TLS of its own: a tunnel without a certificate carries it.</summary>
    private async Task<ToolAnswer> GetAsync(LabProduct product, string title, string folder)
    {
        const int TunnelPort = 11199;
        await using var tunnel = product.IsTls
            ? lab.Stranger.Start(
                "python3",
                ["-c", TunnelScript, $"{TunnelPort}", product.Host.Address.ToString(), $"{product.DicomPort}"]
            )
            : null;
        if (tunnel is not null)
        {
            await lab.Stranger.WaitForListenerAsync(TunnelPort, tunnel, Limit);
        }

        string[] keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", $"StudyInstanceUID={CanaryStudies.StudyUid()}"];
        string[] peer = product.IsTls ? ["127.0.0.1", $"{TunnelPort}"] : Peer(product);
        var result = await RunAsync("getscu", ["-d", "-S", "-od", folder, .. Titles(title), .. keys, .. peer]);
        return Answer(product, result, Directory.GetFiles(folder).Length);
    }

    private async Task<ToolAnswer> QidoAsync(LabProduct product)
    {
        if (product.HttpPort is null)
        {
            return new ToolAnswer(AnswerKind.NotSupported, "-");
        }

        // A product without DICOMweb is asked by the interface that it has.
        var path = product.DicomWebRoot is { } root ? $"{root}studies" : "/studies";
        var (status, type, body) = await CurlAsync(product, path, "application/dicom+json");
        var isAnswer = status is 204 || (status is 200 && type.Contains("json", StringComparison.Ordinal));
        var rows = isAnswer && body.Length > 0 ? JsonDocument.Parse(body).RootElement.GetArrayLength() : 0;
        return new ToolAnswer(isAnswer ? AnswerKind.Answered : Refusal(status), Shown(status), rows);
    }

    private async Task<ToolAnswer> WadoAsync(LabProduct product, string file)
    {
        if (product.HttpPort is null)
        {
            return new ToolAnswer(AnswerKind.NotSupported, "-");
        }

        if (product.DicomWebRoot is { } root)
        {
            var (status, type, _) = await CurlAsync(
                product,
                $"{root}studies/{CanaryStudies.StudyUid()}",
                "multipart/related; type=\"application/dicom\"",
                file
            );
            var isImage = status is 200 && type.StartsWith("multipart/related", StringComparison.Ordinal);
            return new ToolAnswer(isImage ? AnswerKind.Answered : Refusal(status), Shown(status), isImage ? 1 : 0);
        }

        var (listed, _, list) = await CurlAsync(product, "/instances", "application/json");
        if (listed is not 200)
        {
            return new ToolAnswer(Refusal(listed), Shown(listed));
        }

        var first = JsonDocument.Parse(list).RootElement[0].GetString();
        var (got, _, _) = await CurlAsync(product, $"/instances/{first}/file", "*/*", file);
        return new ToolAnswer(got is 200 ? AnswerKind.Answered : Refusal(got), Shown(got), got is 200 ? 1 : 0);
    }

    private async Task<(int Status, string Type, string Body)> CurlAsync(
        LabProduct product,
        string path,
        string accept,
        string? file = null
    )
    {
        var result = await RunAsync(
            "curl",
            [
                "-sSk",
                "--noproxy",
                "*",
                "--max-time",
                "20",
                "-H",
                $"Accept: {accept}",
                "-w",
                "\n%{http_code} %{content_type}",
                .. file is null ? [] : (string[])["-o", file],
                product.Url + path,
            ]
        );
        var at = result.Output.LastIndexOf('\n');
        var end = result.Output[(at + 1)..].Split(' ', 2);
        return (
            int.Parse(end[0], CultureInfo.InvariantCulture),
            end.ElementAtOrDefault(1) ?? "",
            result.Output[..at].Trim()
        );
    }

    private static AnswerKind Refusal(int status) => status is 0 ? AnswerKind.NoConnection : AnswerKind.Refused;

    private static string Shown(int status) => status is 0 ? "no answer" : $"HTTP {status}";

    /// <summary>What the server sent, from what a tool of DCMTK printed with <c>-d</c>.</summary>
    private static ToolAnswer Answer(LabProduct product, ToolResult result, int rows)
    {
        var text = result.Everything;
        if (Rejection().Match(text) is { Success: true } rejection)
        {
            var reason = rejection.Groups["reason"].Value.Trim();
            return reason.Contains("Called AE", StringComparison.Ordinal)
                ? new ToolAnswer(AnswerKind.CalledTitleRejected, "reject, called AE")
                : new ToolAnswer(AnswerKind.Refused, $"reject, {reason}");
        }

        if (NoContext().IsMatch(text))
        {
            return new ToolAnswer(AnswerKind.NotSupported, "context refused");
        }

        var statuses = DimseStatus().Matches(text).Select(m => m.Groups["code"].Value.ToUpperInvariant()).ToList();
        if (statuses.LastOrDefault(s => s is not ("FF00" or "FF01")) is { } status)
        {
            // Out of a table of statuses: refused for who asks, or for what is not done at all (PS3.7 annex C).
            var isRefusal = status is "0124" or "0122" or "0211";
            return new ToolAnswer(isRefusal ? AnswerKind.Refused : AnswerKind.Answered, status, rows);
        }

        if (text.Contains("Received Echo Response (Success)", StringComparison.Ordinal))
        {
            return new ToolAnswer(AnswerKind.Answered, "0000");
        }

        // DCMTK says "aborted" of a handshake that failed too.
        return product.IsTls && !text.Contains("Association Accepted", StringComparison.Ordinal)
                ? new ToolAnswer(AnswerKind.Refused, "TLS refused")
            : text.Contains("Abort", StringComparison.OrdinalIgnoreCase)
                ? new ToolAnswer(AnswerKind.Refused, "A-ABORT", rows)
            : new ToolAnswer(AnswerKind.NoConnection, "no answer");
    }

    private string[] Titles(string called) => ["-aet", callingAeTitle, "-aec", called];

    /// <summary>TLS without a certificate, whatever the server's is.</summary>
    private static string[] Tls(LabProduct product) => product.IsTls ? ["+tla", "-ic"] : [];

    private static string[] Peer(LabProduct product) => [product.Host.Address.ToString(), $"{product.DicomPort}"];

    private Task<ToolResult> RunAsync(string tool, IEnumerable<string> arguments) =>
        lab.Stranger.RunAsync(tool, arguments, Environs, Limit);

    private const string TunnelScript = """
        import socket, ssl, sys, threading
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        context = ssl._create_unverified_context()
        def carry(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        while True:
            near, _ = listener.accept()
            try:
                far = context.wrap_socket(socket.create_connection((sys.argv[2], int(sys.argv[3]))))
            except OSError:
                near.close()
                continue
            for ends in ((near, far), (far, near)):
                threading.Thread(target=carry, args=ends, daemon=True).start()
        """;

    [GeneratedRegex(
        @"Association Rejected:.*?Reason: (?<reason>[^\r\n]*)",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Rejection();

    [GeneratedRegex(
        "No (Acceptable|adequate) Presentation Contexts",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NoContext();

    [GeneratedRegex(@"DIMSE Status\s*: 0x(?<code>[0-9a-fA-F]{4})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DimseStatus();

    [GeneratedRegex(@"DIMSE Status\s*: 0x[fF]{2}0[01]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PendingResponse();
}
