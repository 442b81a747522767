using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// The findings of a running audit, one JSON line each, so that a kill loses none of those that were written. One writer at a
/// time.
/// </summary>
public sealed class FindingJournal : IDisposable
{
    /// <summary>The file in the folder of an audit.</summary>
    public const string FileName = "findings.jsonl";

    private const int LineBytesMax = 4 << 20;
    private const int FindingsMax = 1_000_000;
    private const byte LineEnd = (byte)'\n';

    private readonly FileStream _file;
    private readonly Lock _turn = new();

    private FindingJournal(FileStream file) => _file = file;

    /// <summary>Begins a journal, mode 0600; one that is there is dropped.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static FindingJournal Begin(string path) => new(Open(path, FileMode.Create));

    /// <summary>Goes on with a journal after a kill; a torn last line is cut off.</summary>
    /// <returns>The journal, and what it holds: the last finding where an address has several.</returns>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    /// <exception cref="AuditDocumentException">It holds something else than findings.</exception>
    public static async Task<(FindingJournal Journal, IReadOnlyList<Finding> Findings)> ResumeAsync(
        string path,
        CancellationToken cancel
    )
    {
        var file = Open(path, FileMode.OpenOrCreate);
        try
        {
            var (findings, end) = await ReadAsync(file, path, cancel);
            file.SetLength(end);
            file.Seek(end, SeekOrigin.Begin);
            return (new FindingJournal(file), findings);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Appends a finding.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Append(Finding finding)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(finding, AuditJson.Default.Finding);
        lock (_turn)
        {
            _file.Write([.. line, LineEnd]);
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static async Task<(IReadOnlyList<Finding> Findings, long End)> ReadAsync(
        FileStream file,
        string path,
        CancellationToken cancel
    )
    {
        var findings = new Dictionary<string, Finding>(StringComparer.Ordinal);
        var end = 0L;
        var reader = PipeReader.Create(file, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var read = await reader.ReadAsync(cancel);
            var rest = read.Buffer;
            while (rest.PositionOf(LineEnd) is { } at)
            {
                var line = rest.Slice(0, at);
                var finding = Parse(line, path);
                findings[finding.Address] = finding;
                end += line.Length + 1;
                rest = rest.Slice(rest.GetPosition(1, at));
            }
            if (rest.Length > LineBytesMax || findings.Count > FindingsMax)
            {
                throw new AuditDocumentException($"{path} is no journal of findings: a line or the whole is too long");
            }
            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                await reader.CompleteAsync();
                return ([.. findings.Values], end);
            }
        }
    }

    private static Finding Parse(ReadOnlySequence<byte> line, string path)
    {
        try
        {
            var json = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 16 });
            return JsonSerializer.Deserialize(ref json, AuditJson.Default.Finding) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new AuditDocumentException(
                $"{path} is no journal of findings: start the audit anew, without --resume"
            );
        }
    }

    private static FileStream Open(string path, FileMode mode) =>
        new(
            path,
            new FileStreamOptions
            {
                Mode = mode,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Read,
                Options = FileOptions.Asynchronous,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
}
