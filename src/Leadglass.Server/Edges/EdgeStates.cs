using System.Collections.Concurrent;
using System.Text.Json;
using Leadglass.Edge;
using Leadglass.Sealing;

namespace Leadglass.Server.Edges;

/// <summary>
/// What edges reported of themselves. The last contact survives a restart to the minute: the file is written at most once
/// in that time.
/// </summary>
internal sealed class EdgeStates
{
    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "edge-states";

    private const int VersionLengthMax = 40;
    private static readonly TimeSpan WritePause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, EdgeState> _states;
    private readonly ConcurrentDictionary<string, (Guid Run, long Sequence)> _reports = new(
        StringComparer.OrdinalIgnoreCase
    );
    private readonly IDurableFolder _folder;
    private readonly MasterKey _master;
    private readonly TimeProvider _clock;
    private readonly Lock _writing = new();
    private DateTimeOffset _written;

    private EdgeStates(IDurableFolder folder, MasterKey master, TimeProvider clock, Dictionary<string, EdgeState> known)
    {
        (_folder, _master, _clock) = (folder, master, clock);
        _states = new(known, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Opens what was kept; what cannot be read is forgotten, since it opens no door.</summary>
    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    public static async Task<EdgeStates> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var content = await SealedFile.ReadAsync(state, FileName, master, cancellationToken);
        var known = content is null
            ? null
            : JsonSerializer.Deserialize(content, EdgeStateJson.Default.EdgeStateDocument);
        return new EdgeStates(state, master, clock, known?.Edges ?? []);
    }

    /// <summary>The last state of an edge; null: it never reported.</summary>
    public EdgeState? Find(string edge) => _states.GetValueOrDefault(edge);

    /// <summary>Takes a report in.</summary>
    /// <returns>False: it is one that was taken in already, and its refusals must not be counted again.</returns>
    public bool Note(string edge, EdgeReport report)
    {
        var key = (report.Run, report.Sequence);
        var isNew = !_reports.TryGetValue(edge, out var last) || last != key;
        _reports[edge] = key;
        var refused = isNew ? report.Refusals.Sum(refusal => Math.Clamp(refusal.Count, 0, int.MaxValue)) : 0;
        _states[edge] = new EdgeState(
            _clock.GetUtcNow(),
            Plain(report.Version),
            Math.Max(0, report.Queue.Envelopes),
            Math.Max(0, report.Queue.Bytes),
            Math.Max(0, report.Queue.OldestSeconds),
            Math.Max(0, report.Queue.SetAside),
            report.Queue.Full,
            (Find(edge)?.Refused ?? 0) + refused
        );
        WriteWhenDue();
        return isNew;
    }

    /// <summary>What the edge says of its version, as far as it can be shown.</summary>
    private static string Plain(string? text) =>
        new([
            .. (text ?? "").Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+').Take(VersionLengthMax),
        ]);

    private void WriteWhenDue()
    {
        lock (_writing)
        {
            var now = _clock.GetUtcNow();
            if (now - _written < WritePause)
            {
                return;
            }

            _written = now;
            try
            {
                SealedFile.Write(
                    _folder,
                    FileName,
                    _master,
                    JsonSerializer.SerializeToUtf8Bytes(
                        new EdgeStateDocument(new(_states)),
                        EdgeStateJson.Default.EdgeStateDocument
                    )
                );
            }
            catch (IOException)
            {
                // A full disk: the state of a minute is lost at the next start, nothing else.
            }
        }
    }
}
