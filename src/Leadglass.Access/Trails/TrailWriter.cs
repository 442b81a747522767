using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>Appends to the files of a trail. One caller at a time; everything here is synchronous file work.</summary>
internal sealed class TrailWriter(IDurableFolder folder, MasterKey master, TrailSeal seal, TimeProvider clock)
    : IDisposable
{
    /// <summary>A file beyond this length, or of another day, is followed by a new one.</summary>
    internal const long RollBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan EndNotedEvery = TimeSpan.FromMinutes(1);

    private IDurableFile? _file;
    private uint _fileNumber;
    private DateOnly _fileDay;
    private long _length;
    private long _nextSequence = 1;
    private byte[] _chain = TrailSeal.Origin;
    private DateTimeOffset _endNotedAt;
    private long _endNoted;

    /// <summary>Finds the end of what is there. Gives what has to be said in the trail about it.</summary>
    /// <exception cref="SealedFormatException">The trail is of another master key.</exception>
    public IReadOnlyList<TrailEvent> Recover(TrailEnd? noted)
    {
        var numbers = NumbersIn(folder);
        if (numbers.Count == 0)
        {
            return noted is null
                ? [Started("a new trail")]
                : ResumeAfterLoss(noted, "all files of the trail are missing");
        }
        var last = TrailFile.Read(folder, numbers[^1], seal);
        _fileNumber = last.Number;
        return last.HasHeader ? RecoverFrom(last, numbers, noted) : RecoverHeaderless(last, numbers, noted);
    }

    /// <summary>Appends events as one batch; all are durable when it returns, or none is acknowledged.</summary>
    /// <exception cref="IOException">They are not durable. The next batch tries again, in a new file if need be.</exception>
    public void Append(List<TrailEvent> events, DateTimeOffset now)
    {
        var file = ReadyFile(now);
        var (sequence, chain) = (_nextSequence, _chain);
        using var batch = new MemoryStream();
        foreach (var trailEvent in events)
        {
            chain = TrailFormat.WriteEntry(
                seal,
                batch,
                _fileNumber,
                sequence++,
                _nextSequence,
                chain,
                TrailPayload.Write(trailEvent, now)
            );
        }
        WriteBatch(file, batch.GetBuffer().AsSpan(0, (int)batch.Length));
        _length += batch.Length;
        (_nextSequence, _chain) = (sequence, chain);
        if (now - _endNotedAt >= EndNotedEvery)
        {
            TryNoteEnd(now);
        }
    }

    /// <summary>Notes the end; for an orderly stop.</summary>
    public void Close() => TryNoteEnd(clock.GetUtcNow());

    public void Dispose() => Leave();

    public static List<uint> NumbersIn(IDurableFolder folder)
    {
        var numbers = new List<uint>();
        foreach (var name in folder.List())
        {
            if (TrailFormat.TryParseName(name, out var number))
            {
                numbers.Add(number);
            }
        }
        numbers.Sort();
        return numbers;
    }

    private static TrailEvent Started(string detail) =>
        new()
        {
            Event = AuditEvent.ApplicationActivity,
            Type = AuditEventType.AuditRecordingStarted,
            Who = "archive",
            Detail = detail,
        };

    private static TrailEvent Damaged(string detail) =>
        new()
        {
            Event = AuditEvent.SecurityAlert,
            Type = AuditEventType.AuditRecordingStopped,
            Outcome = AuditOutcome.MajorFailure,
            Who = "archive",
            Detail = detail,
        };

    private List<TrailEvent> RecoverFrom(TrailFile last, List<uint> numbers, TrailEnd? noted)
    {
        var torn = last.TornAt(last.FirstSequence);
        var kept = torn is { } cut ? last.Entries.Where(entry => entry.Offset < cut).ToList() : last.Entries;
        var (end, chain) =
            kept.Count > 0
                ? (kept[^1].Entry.Sequence, kept[^1].Entry.Chain)
                : (last.FirstSequence - 1, last.HeaderPrevious);
        (_nextSequence, _chain) = (end + 1, chain);
        if (noted is not null && noted.Sequence > end)
        {
            return ResumeAfterLoss(noted, $"entries {end + 1} to {noted.Sequence} are missing from the trail's end");
        }
        if (!last.HasHeader || (last.Gaps.Count > 0 && torn is null))
        {
            // Damage stays where it is, for verification to show; the next file follows the last whole entry.
            return [Damaged($"{TrailFormat.NameOf(last.Number)} is damaged")];
        }
        return Continue(last, torn, numbers.Count);
    }

    private List<TrailEvent> Continue(TrailFile last, int? torn, int files)
    {
        var file = folder.Open(TrailFormat.NameOf(last.Number), FileAccess.ReadWrite);
        try
        {
            if (torn is { } length)
            {
                file.Truncate(length);
            }
            // What was read may have lain in the page cache only; nothing is built on it before it is durable.
            file.Sync();
            folder.Sync();
        }
        catch
        {
            file.Dispose();
            throw;
        }
        _file = file;
        _length = torn ?? last.Bytes.Length;
        // The day of an old file is not kept: a start later than its first day begins a new file at once or soon.
        _fileDay = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return torn is { } at
            ?
            [
                Damaged($"{last.Bytes.Length - at} bytes that a power cut left unfinished were cut off"),
                Started($"{files} files"),
            ]
            : [Started($"{files} files")];
    }

    private IReadOnlyList<TrailEvent> RecoverHeaderless(TrailFile last, List<uint> numbers, TrailEnd? noted)
    {
        if (last.IsUnbegun)
        {
            folder.Delete(TrailFormat.NameOf(last.Number));
            folder.Sync();
            return Recover(noted);
        }
        if (last.Entries.Count == 0)
        {
            throw new SealedFormatException(
                $"{TrailFormat.NameOf(last.Number)} is damaged throughout or of another master key"
            );
        }
        return RecoverFrom(last, numbers, noted);
    }

    private List<TrailEvent> ResumeAfterLoss(TrailEnd noted, string what)
    {
        (_nextSequence, _chain) = (noted.Sequence + 1, noted.Chain);
        return [Damaged(what)];
    }

    private void WriteBatch(IDurableFile file, ReadOnlySpan<byte> batch)
    {
        var isTakenBack = false;
        try
        {
            try
            {
                file.Write(_length, batch);
            }
            catch (DiskFullException)
            {
                // A full disk leaves no remains, so that trying again and again does not fill it further.
                file.Truncate(_length);
                isTakenBack = true;
                throw;
            }
            file.Sync();
        }
        catch when (!isTakenBack)
        {
            // Nobody knows what of it is on the disk: this file is left, and a new one says where it goes on from.
            Leave();
            throw;
        }
    }

    private IDurableFile ReadyFile(DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (_file is not null && _length < RollBytes && _fileDay == today)
        {
            return _file;
        }
        Leave();
        var number = NumbersIn(folder) is [.., var highest] ? highest + 1 : 1;
        var file = folder.Create(TrailFormat.NameOf(number));
        try
        {
            var header = TrailFormat.WriteHeader(seal, number, _nextSequence, _chain);
            file.Write(0, header);
            file.Sync();
            folder.Sync();
        }
        catch
        {
            file.Dispose();
            Discard(number);
            throw;
        }
        (_file, _fileNumber, _fileDay, _length) = (file, number, today, TrailFormat.HeaderBytes);
        return file;
    }

    /// <summary>The entries are durable whether or not this succeeds; if it does not, a minute later it is tried again.</summary>
    private void TryNoteEnd(DateTimeOffset now)
    {
        _endNotedAt = now;
        if (_endNoted == _nextSequence - 1)
        {
            return;
        }
        try
        {
            new TrailEnd(_nextSequence - 1, _chain).Write(folder, master);
            _endNoted = _nextSequence - 1;
        }
        catch (IOException)
        {
            // As said above.
        }
    }

    /// <summary>A file that could not be begun would otherwise stay for each attempt on a full disk.</summary>
    private void Discard(uint number)
    {
        try
        {
            folder.Delete(TrailFormat.NameOf(number));
        }
        catch (IOException)
        {
            // It is skipped as unbegun wherever the trail is read.
        }
    }

    private void Leave()
    {
        _file?.Dispose();
        _file = null;
    }
}
