using System.Text.Json;
using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>Something in the trail that is not as it was written.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Offset">Byte offset in it.</param>
/// <param name="What">What is wrong there.</param>
public sealed record TrailFinding(string File, long Offset, string What);

/// <summary>The outcome of a verification.</summary>
/// <param name="Entries">Entries that are whole and in their place.</param>
/// <param name="LastSequence">The number of the last one.</param>
/// <param name="LastChain">Its chain value in hexadecimal, to be compared with a copy kept elsewhere.</param>
/// <param name="Findings">What is wrong; empty: nothing.</param>
public sealed record TrailVerification(
    long Entries,
    long LastSequence,
    string LastChain,
    IReadOnlyList<TrailFinding> Findings
);

/// <summary>Reads a trail without changing it, beside a running server too. Memory: one file, 16 MiB or so.</summary>
/// <param name="folder">The folder <c>trail/</c>.</param>
/// <param name="master">The archive's master key.</param>
public sealed class TrailReader(IDurableFolder folder, MasterKey master)
{
    /// <summary>The entries since a moment, in order; what is damaged is left out and <see cref="VerifyAsync"/> shows it.</summary>
    public IEnumerable<TrailEntry> Read(DateTimeOffset since)
    {
        using var seal = new TrailSeal(master);
        foreach (var (file, abandonedFrom) in Files(seal))
        {
            foreach (var (offset, entry) in file.Entries)
            {
                if (entry.Sequence >= abandonedFrom)
                {
                    break;
                }
                if (Open(seal, file, offset, entry) is { } opened && opened.At >= since)
                {
                    yield return opened;
                }
            }
        }
    }

    /// <summary>Checks every entry, the chain across files, and the end against the last note of it.</summary>
    /// <exception cref="SealingException">The note of the end cannot be opened.</exception>
    public async ValueTask<TrailVerification> VerifyAsync(CancellationToken cancellationToken)
    {
        // Read first: the end may only grow after it.
        var end = await TrailEnd.ReadAsync(folder, master, cancellationToken);
        using var seal = new TrailSeal(master);
        var check = new TrailCheck(seal, end);
        foreach (var (file, abandonedFrom) in Files(seal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            check.Visit(file, abandonedFrom);
        }
        return check.Finish();
    }

    /// <summary>The numbers of the files, the newest first.</summary>
    internal IEnumerable<uint> NewestFirst() => TrailWriter.NumbersIn(folder).AsEnumerable().Reverse();

    /// <summary>Opens one file for a look from the newest file to the oldest.</summary>
    /// <param name="number">Which.</param>
    /// <param name="abandonedFrom">
    /// The sequence from which the file after it took over, <see cref="long.MaxValue"/> for the newest; becomes that of
    /// the file before it.
    /// </param>
    /// <returns>Its entries in order; what is damaged is left out.</returns>
    internal List<TrailEntry> ReadFile(uint number, ref long abandonedFrom)
    {
        using var seal = new TrailSeal(master);
        var file = TrailFile.Read(folder, number, seal);
        var entries = new List<TrailEntry>(file.Entries.Count);
        foreach (var (offset, entry) in file.Entries)
        {
            if (entry.Sequence >= abandonedFrom)
            {
                break;
            }
            if (Open(seal, file, offset, entry) is { } opened)
            {
                entries.Add(opened);
            }
        }
        if (!file.IsUnbegun)
        {
            abandonedFrom = file.HasHeader ? file.FirstSequence : long.MaxValue;
        }
        return entries;
    }

    internal static TrailEntry? Open(TrailSeal seal, TrailFile file, int offset, TrailFormat.RawEntry entry)
    {
        var from = offset + TrailFormat.PrefixBytes;
        var length = entry.Length - TrailFormat.PrefixBytes - TrailFormat.ChainBytes;
        try
        {
            return TrailPayload.Read(entry.Sequence, seal.Open(entry.Sequence, file.Bytes.AsSpan(from, length)));
        }
        catch (Exception failure) when (failure is SealBrokenException or JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The files in order, without those that were never begun, each with the sequence from which the next one took over: what stands in a file from there on
    /// was never acknowledged, because its flush failed.
    /// </summary>
    private IEnumerable<(TrailFile File, long AbandonedFrom)> Files(TrailSeal seal)
    {
        TrailFile? held = null;
        foreach (var number in TrailWriter.NumbersIn(folder))
        {
            var next = TrailFile.Read(folder, number, seal);
            if (held is not null && !next.IsUnbegun)
            {
                yield return (held, next.HasHeader ? next.FirstSequence : long.MaxValue);
                held = next;
            }
            else if (held is null)
            {
                held = next;
            }
        }
        if (held is not null)
        {
            yield return (held, long.MaxValue);
        }
    }
}

/// <summary>Follows the chain through the files and notes where it breaks.</summary>
internal sealed class TrailCheck(TrailSeal seal, TrailEnd? end)
{
    private readonly List<TrailFinding> _findings = [];
    private long _sequence;
    private byte[] _chain = TrailSeal.Origin;
    private long _entries;
    private uint _fileNumber;
    private bool _endSeen;
    private TrailFile? _last;

    public void Visit(TrailFile file, long abandonedFrom)
    {
        var name = TrailFormat.NameOf(file.Number);
        if (file.Number != _fileNumber + 1)
        {
            Add(name, 0, $"files {_fileNumber + 1} to {file.Number - 1} are missing");
        }
        _fileNumber = file.Number;
        _last = file;
        if (file.IsUnbegun)
        {
            return;
        }
        if (!file.HasHeader)
        {
            Add(name, 0, "the header is damaged");
        }
        else if (file.FirstSequence != _sequence + 1 || !file.HeaderPrevious.AsSpan().SequenceEqual(_chain))
        {
            Add(name, 0, $"it follows entry {file.FirstSequence - 1}, the one before it ends with entry {_sequence}");
        }
        if (file.HasHeader)
        {
            (_sequence, _chain) = (file.FirstSequence - 1, file.HeaderPrevious);
        }
        var torn = file.TornAt(file.FirstSequence);
        VisitEntries(file, name, abandonedFrom, torn);
        VisitGaps(file, name, abandonedFrom, torn);
    }

    public TrailVerification Finish()
    {
        if (end is not null && !_endSeen)
        {
            var what =
                end.Sequence > _sequence
                    ? $"entries {_sequence + 1} to {end.Sequence} are missing from the end"
                    : $"entry {end.Sequence} is not the one that was noted";
            Add(_last is null ? "trail" : TrailFormat.NameOf(_last.Number), _last?.Bytes.Length ?? 0, what);
        }
        return new TrailVerification(_entries, _sequence, Convert.ToHexStringLower(_chain), _findings);
    }

    private void VisitEntries(TrailFile file, string name, long abandonedFrom, int? torn)
    {
        foreach (var (offset, entry) in file.Entries)
        {
            if (entry.Sequence >= abandonedFrom || (offset > torn && IsLeftHere(abandonedFrom)))
            {
                break;
            }
            if (entry.Sequence != _sequence + 1 || !entry.Previous.AsSpan().SequenceEqual(_chain))
            {
                Add(name, offset, $"entry {entry.Sequence} does not follow entry {_sequence}");
            }
            if (TrailReader.Open(seal, file, offset, entry) is null)
            {
                Add(name, offset, $"entry {entry.Sequence} cannot be opened");
            }
            (_sequence, _chain) = (entry.Sequence, entry.Chain);
            _entries++;
            _endSeen |= end?.IsAt(_sequence, _chain) ?? false;
        }
    }

    private void VisitGaps(TrailFile file, string name, long abandonedFrom, int? torn)
    {
        foreach (var (offset, length) in file.Gaps)
        {
            if (!(offset >= torn && IsLeftHere(abandonedFrom)))
            {
                Add(name, offset, $"{length} bytes are damaged");
            }
        }
    }

    /// <summary>
    /// Whether the file is the last one, or the next took over right here: then what is unfinished was never acknowledged.
    /// </summary>
    private bool IsLeftHere(long abandonedFrom) => abandonedFrom == long.MaxValue || abandonedFrom == _sequence + 1;

    private void Add(string file, long offset, string what)
    {
        if (_findings.Count < 1_000)
        {
            _findings.Add(new TrailFinding(file, offset, what));
        }
    }
}
