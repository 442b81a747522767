using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// What the audit decided, as lines of JSON that are only ever appended. Each line ends with a chain value, SHA-256 over the chain
/// value before it and its own bytes, so that a line that is changed, moved, put in or taken out shows. What is cut off at the end
/// shows only beside a chain value that was kept elsewhere: that of <see cref="Close"/>.
/// </summary>
public sealed class DecisionLog : IDisposable
{
    /// <summary>The file's name in the folder of the audit.</summary>
    public const string FileName = "decisions.jsonl";

    /// <summary>Longest line, bytes.</summary>
    internal const int LineBytesMax = 16_384;

    private const long DefaultBytesMax = 256L * 1024 * 1024;
    private const int FieldCharsMax = 300;
    private const int SumsMax = 8_192;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SumsEvery = TimeSpan.FromMinutes(1);
    private static readonly JsonWriterOptions Compact = new() { SkipValidation = false };

    private readonly Lock _gate = new();
    private readonly FileStream? _file;
    private readonly TimeProvider _clock;
    private readonly long _bytesMax;
    private readonly ITimer? _timer;
    private readonly ArrayBufferWriter<byte> _line = new(LineBytesMax);
    private readonly Dictionary<SumKey, long> _sums = [];
    private readonly byte[] _chain;
    private DateTimeOffset _sumsWritten;
    private long _elsewhere;
    private long _omitted;
    private long _bytes;
    private bool _isDirty;
    private bool _isClosed;
    private Exception? _failure;

    private DecisionLog(FileStream? file, byte[] chain, long lines, TimeProvider clock, long bytesMax)
    {
        (_file, _chain, Lines, _clock, _bytesMax) = (file, chain, lines, clock, bytesMax);
        _bytes = file?.Length ?? 0;
        _sumsWritten = clock.GetUtcNow();
        _timer = file is null
            ? null
            : clock.CreateTimer(static log => ((DecisionLog)log!).OnTimer(), this, FlushEvery, FlushEvery);
    }

    /// <summary>The folder of the file; null without one.</summary>
    public string? Folder => Path.GetDirectoryName(_file?.Name);

    /// <summary>How many lines.</summary>
    public long Lines { get; private set; }

    /// <summary>The last chain value, 64 hexadecimal digits; kept elsewhere it shows a log that was cut.</summary>
    public string Head
    {
        get
        {
            lock (_gate)
            {
                return Convert.ToHexStringLower(_chain);
            }
        }
    }

    /// <summary>Opens the log of a folder, or continues it. The file has mode 0600.</summary>
    /// <exception cref="InvalidDataException">The log that is there was changed.</exception>
    /// <exception cref="IOException">It cannot be written, or another audit writes it.</exception>
    public static Task<DecisionLog> OpenAsync(string folder, TimeProvider clock, CancellationToken cancel) =>
        OpenAsync(folder, clock, DefaultBytesMax, cancel);

    /// <summary>A log that keeps sums and the chain, and no lines.</summary>
    public static DecisionLog WithoutFile(TimeProvider clock) => new(null, new byte[32], 0, clock, DefaultBytesMax);

    /// <summary>Looks whether a log is as it was written.</summary>
    /// <param name="head">A chain value that was kept elsewhere, which must stand in it; null looks at the chain alone.</param>
    public static Task<DecisionLogCheck> VerifyAsync(string path, string? head, CancellationToken cancel) =>
        DecisionLogCheck.OfAsync(path, head, cancel);

    /// <summary>
    /// Appends one line. Values are bounded; they hold no text that a server sent and nothing of a patient. Beyond the log's size lines
    /// are counted instead.
    /// </summary>
    /// <param name="what">The event: <c>audit-started</c>.</param>
    /// <exception cref="IOException">It cannot be written: an audit without its log stops.</exception>
    public void Record(string what, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        lock (_gate)
        {
            Append(what, fields, isSum: false);
        }
    }

    /// <summary>Makes everything written durable.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            FlushFile();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    /// <summary>Writes the sums and a last line, makes it durable, and closes the file. Closing twice does nothing more.</summary>
    /// <returns>The last chain value: kept elsewhere, it shows a log that was cut.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public string Close()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Convert.ToHexStringLower(_chain);
            }

            _timer?.Dispose();
            try
            {
                WriteSums();
                Append(
                    "log-closed",
                    _omitted == 0 ? [] : [("omitted", _omitted.ToString(CultureInfo.InvariantCulture))],
                    isSum: true
                );
                FlushFile();
            }
            finally
            {
                _isClosed = true;
                _file?.Dispose();
            }

            return Convert.ToHexStringLower(_chain);
        }
    }

    internal static async Task<DecisionLog> OpenAsync(
        string folder,
        TimeProvider clock,
        long bytesMax,
        CancellationToken cancel
    )
    {
        var path = Path.Combine(folder, FileName);
        var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.Read,
                UnixCreateMode = OwnerOnly,
            }
        );
        try
        {
            File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
            var check = await DecisionLogCheck.OfAsync(file, head: null, cancel);
            if (!check.IsIntact)
            {
                throw new InvalidDataException($"{path}: {check.Problem}; begin the audit in another folder");
            }

            file.SetLength(check.Bytes);
            file.Seek(0, SeekOrigin.End);
            var log = new DecisionLog(file, Convert.FromHexString(check.Head), check.Lines, clock, bytesMax);
            if (check.TornBytes > 0)
            {
                log.Record("log-mended", ("bytesCut", check.TornBytes.ToString(CultureInfo.InvariantCulture)));
            }

            return log;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Counts a decision that gets no line of its own. Allocates nothing once its sum exists.</summary>
    internal void Sum(ScopeRule rule, Rung rung, AddressRange network)
    {
        lock (_gate)
        {
            var key = new SumKey(rule, rung, network);
            ref var sum = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(_sums, key);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref sum))
            {
                sum++;
            }
            else if (_sums.Count < SumsMax)
            {
                _sums.Add(key, 1);
            }
            else
            {
                _elsewhere++;
            }
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_isClosed || _failure is not null)
            {
                return;
            }

            try
            {
                if (_clock.GetUtcNow() - _sumsWritten >= SumsEvery)
                {
                    WriteSums();
                }

                FlushFile();
            }
            catch (IOException failure)
            {
                // Nobody waits here: the next who records is told.
                _failure = failure;
            }
        }
    }

    private void WriteSums()
    {
        foreach (var (key, sum) in _sums)
        {
            Append(
                key.Rule == ScopeRule.Admitted ? "admitted-sum" : "refused-sum",
                [
                    ("rule", key.Rule.Code),
                    ("rung", RungLabel.Of(key.Rung)),
                    ("network", key.Network.ToString()),
                    ("count", sum.ToString(CultureInfo.InvariantCulture)),
                ],
                isSum: true
            );
        }

        if (_elsewhere > 0)
        {
            Append("further-sum", [("count", _elsewhere.ToString(CultureInfo.InvariantCulture))], isSum: true);
        }

        _sums.Clear();
        _elsewhere = 0;
        _sumsWritten = _clock.GetUtcNow();
    }

    private void Append(string what, ReadOnlySpan<(string Name, string Value)> fields, bool isSum)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_failure is { } failure)
        {
            throw new IOException($"the decision log cannot be written: {failure.Message}", failure);
        }

        // Sums and the last line are few; they have the second half of the room.
        if (_bytes > (isSum ? _bytesMax : _bytesMax / 2))
        {
            _omitted++;
            return;
        }

        WriteLine(what, fields);
        Span<byte> hex = stackalloc byte[64];
        using (var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            digest.AppendData(_chain);
            digest.AppendData(_line.WrittenSpan);
            digest.GetHashAndReset(_chain);
        }

        Convert.TryToHexStringLower(_chain, hex, out _);
        _line.Write(",\"chain\":\""u8);
        _line.Write(hex);
        _line.Write("\"}\n"u8);
        Lines++;
        _bytes += _line.WrittenCount;
        _file?.Write(_line.WrittenSpan);
        _isDirty = true;
    }

    private void WriteLine(string what, ReadOnlySpan<(string Name, string Value)> fields)
    {
        _line.ResetWrittenCount();
        using var json = new Utf8JsonWriter(_line, Compact);
        json.WriteStartObject();
        json.WriteNumber("sequence", Lines + 1);
        json.WriteString("at", _clock.GetUtcNow().UtcDateTime);
        json.WriteString("event", Bounded(what));
        foreach (var (name, value) in fields[..Math.Min(fields.Length, 6)])
        {
            json.WriteString(name, Bounded(value));
        }

        // The object is ended behind the chain value.
        json.Flush();
    }

    private void FlushFile()
    {
        if (_isDirty)
        {
            _file?.Flush(flushToDisk: true);
            _isDirty = false;
        }
    }

    // Escaped, a character is six bytes at most: six fields and the rest stay below the longest line.
    private static string Bounded(string value) => value.Length <= FieldCharsMax ? value : value[..(FieldCharsMax)];

    private readonly record struct SumKey(ScopeRule Rule, Rung Rung, AddressRange Network);
}
