using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Leadglass.Exposure;

/// <summary>What a scan is: whoever goes on with it must mean the same.</summary>
internal sealed record ScanIdentity
{
    /// <summary>Version of the journal's format.</summary>
    public int Format { get; init; } = 1;

    public required string ScopeDigest { get; init; }

    public required string Mode { get; init; }

    public required string Shard { get; init; }

    /// <summary>SHA-256 over the imported lists; null where the networks are walked.</summary>
    public string? Imports { get; init; }

    /// <summary>The order of targets, 32 bytes.</summary>
    public required byte[] Seed { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Whether both mean the same scan.</summary>
    public bool IsSameAs(ScanIdentity other) => this with { Seed = other.Seed, Started = other.Started } == other;
}

/// <summary>What a journal held.</summary>
/// <param name="Position">Where the scan stands.</param>
/// <param name="Open">Ports of hosts that were seen to listen or only named, all of them.</param>
/// <param name="Done">Ports that were probed.</param>
/// <param name="Listening">Ports that were seen to listen.</param>
/// <param name="GivenUp">Ports that were given up, with the reason.</param>
/// <param name="Refused">What the scope refused, by rule.</param>
internal sealed record ScanMemory(
    ScanIdentity Identity,
    ScanPosition Position,
    IReadOnlyDictionary<IPAddress, SortedSet<int>> Open,
    IReadOnlySet<(IPAddress Address, int Port)> Done,
    IReadOnlySet<(IPAddress Address, int Port)> Listening,
    IReadOnlyDictionary<(IPAddress Address, int Port), string> GivenUp,
    IReadOnlyDictionary<string, long> Refused
);

/// <summary>
/// What a scan must not forget when it is killed, one JSON line each and in the order in which it became true: a position
/// stands after every open port that was found before it. Mode 0600, for it lists targets.
/// </summary>
internal sealed class ScanJournal : IDisposable
{
    /// <summary>The file in the folder of an audit.</summary>
    public const string FileName = "scan.jsonl";

    private const int LineCharsMax = 4_096;
    private const int OpenPortsMax = 4_000_000;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FileStream _file;
    private readonly Lock _turn = new();

    private ScanJournal(FileStream file) => _file = file;

    /// <summary>Begins a journal.</summary>
    /// <exception cref="IOException">There is one, or it cannot be written.</exception>
    public static ScanJournal Begin(string path, ScanIdentity identity)
    {
        var journal = new ScanJournal(Create(path, FileMode.CreateNew));
        journal.Append(JsonSerializer.SerializeToUtf8Bytes(identity, ScanJournalJson.Default.ScanIdentity));
        journal.Flush();
        return journal;
    }

    /// <summary>Goes on with a journal; a torn last line is cut off.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static async Task<(ScanJournal Journal, ScanMemory Memory)> ResumeAsync(
        string path,
        CancellationToken cancel
    )
    {
        var file = Create(path, FileMode.Open);
        try
        {
            var (memory, end) = await ReadAsync(file, path, cancel);
            file.SetLength(end);
            file.Seek(end, SeekOrigin.Begin);
            return (new ScanJournal(file), memory);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>A port is open, or somebody says so.</summary>
    public void Found(IPAddress address, int port, bool isSeen) =>
        Append(
            Line(
                isSeen
                    ? new ScanLine { Open = address.ToString(), Port = port }
                    : new ScanLine { Lead = address.ToString(), Port = port }
            )
        );

    /// <summary>An open port is probed.</summary>
    public void Done(IPAddress address, int port, bool isListening, string? givenUp) =>
        Append(
            Line(
                new ScanLine
                {
                    Done = address.ToString(),
                    Port = port,
                    Listens = isListening,
                    GivenUp = givenUp,
                }
            )
        );

    /// <summary>The scan stands here. What was written before is durable afterwards.</summary>
    /// <param name="refused">What the scope refused so far, by rule.</param>
    public void At(ScanPosition position, Dictionary<string, long> refused)
    {
        Append(
            Line(
                new ScanLine
                {
                    Step = position.Step,
                    Tried = position.Tried,
                    Addresses = position.Addresses,
                    Refused = refused.Count == 0 ? null : refused,
                }
            )
        );
        Flush();
    }

    public void Dispose() => _file.Dispose();

    private static byte[] Line(ScanLine line) =>
        JsonSerializer.SerializeToUtf8Bytes(line, ScanJournalJson.Default.ScanLine);

    private void Append(byte[] line)
    {
        lock (_turn)
        {
            _file.Write([.. line, (byte)'\n']);
            _file.Flush();
        }
    }

    private void Flush() => RandomAccess.FlushToDisk(_file.SafeFileHandle);

    private static async Task<(ScanMemory Memory, long End)> ReadAsync(
        FileStream file,
        string path,
        CancellationToken cancel
    )
    {
        var reading = new Reading(path);
        using var reader = new StreamReader(file, Encoding.UTF8, false, 64 << 10, leaveOpen: true);
        var end = 0L;
        var line = new StringBuilder();
        var buffer = new char[16 << 10];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancel)) > 0)
        {
            foreach (var letter in buffer.AsSpan(0, count))
            {
                if (letter != '\n')
                {
                    line.Append(letter);
                    reading.Require(line.Length <= LineCharsMax, "a line is too long");
                    continue;
                }
                var text = line.ToString();
                reading.Take(text);
                end += Encoding.UTF8.GetByteCount(text) + 1;
                line.Clear();
            }
        }
        return (reading.Memory, end);
    }

    private static FileStream Create(string path, FileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
        };
        if (mode == FileMode.CreateNew)
        {
            options.UnixCreateMode = OwnerOnly;
        }
        return new FileStream(path, options);
    }

    private sealed class Reading(string path)
    {
        private readonly Dictionary<IPAddress, SortedSet<int>> _open = [];
        private readonly HashSet<(IPAddress Address, int Port)> _done = [];
        private readonly HashSet<(IPAddress Address, int Port)> _listening = [];
        private readonly Dictionary<(IPAddress Address, int Port), string> _givenUp = [];
        private Dictionary<string, long> _refused = [];
        private ScanIdentity? _identity;
        private ScanPosition _position;
        private int _ports;
        private int _number;

        public ScanMemory Memory
        {
            get
            {
                Require(_identity is not null, "it is empty");
                return new ScanMemory(_identity!, _position, _open, _done, _listening, _givenUp, _refused);
            }
        }

        public void Require(bool holds, string what)
        {
            if (!holds)
            {
                throw new InvalidDataException(
                    $"{path}({_number.ToString(CultureInfo.InvariantCulture)}) is no journal of a scan: {what}"
                );
            }
        }

        public void Take(string text)
        {
            _number++;
            try
            {
                if (_identity is null)
                {
                    _identity = JsonSerializer.Deserialize(text, ScanJournalJson.Default.ScanIdentity);
                    Require(
                        _identity is { Format: 1, Seed.Length: Permutation.SeedBytes },
                        "it is of another version of the program"
                    );
                    return;
                }
                Take(JsonSerializer.Deserialize(text, ScanJournalJson.Default.ScanLine)!);
            }
            catch (JsonException)
            {
                Require(holds: false, "the line is no JSON of this kind");
            }
        }

        private void Take(ScanLine line)
        {
            if ((line.Open ?? line.Lead) is { } named)
            {
                var (address, port) = Endpoint(named, line.Port);
                if (line.Open is not null)
                {
                    _listening.Add((address, port));
                }
                Require(++_ports <= OpenPortsMax, "too many open ports");
                if (!_open.TryGetValue(address, out var ports))
                {
                    _open[address] = ports = [];
                }
                ports.Add(port);
            }
            else if (line.Done is not null)
            {
                var done = Endpoint(line.Done, line.Port);
                _done.Add(done);
                if (line.GivenUp is { Length: <= 64 } reason)
                {
                    _givenUp[done] = reason;
                }
                if (line.Listens)
                {
                    _listening.Add(done);
                }
            }
            else
            {
                Require(line.Step >= _position.Step, "the position goes back");
                _position = new ScanPosition(line.Step, line.Tried, line.Addresses);
                _refused = line.Refused ?? _refused;
            }
        }

        private (IPAddress Address, int Port) Endpoint(string text, int port)
        {
            var isAddress = IPAddress.TryParse(text, out var address);
            Require(isAddress && port is > 0 and <= ushort.MaxValue, "no address and port");
            return (address!, port);
        }
    }
}

/// <summary>A line of the journal: an open port, one that somebody named, a port that is done, or a position.</summary>
internal sealed record ScanLine
{
    public string? Open { get; init; }

    public string? Lead { get; init; }

    public int Port { get; init; }

    public string? Done { get; init; }

    public bool Listens { get; init; }

    public string? GivenUp { get; init; }

    public Dictionary<string, long>? Refused { get; init; }

    public long Step { get; init; }

    public long Tried { get; init; }

    public long Addresses { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault
)]
[JsonSerializable(typeof(ScanIdentity))]
[JsonSerializable(typeof(ScanLine))]
internal sealed partial class ScanJournalJson : JsonSerializerContext;
