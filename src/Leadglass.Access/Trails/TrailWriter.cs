using Leadglass.Sealing;

namespace Leadglass.Access.Trails;

/// <summary>Appends to the files of a trail. One caller at a time; everything here is synchronous file work.</summary>
internal sealed class TrailWriter(IDurableFolder folder, MasterKey master, TrailSeal seal, TimeProvider clock)
    : IDisposable
{
    /// <summary>A file beyond this length, or of another day, is followed by a new one.</summary>
    internal const long RollBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan EndNotedEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RollAgainAfter = TimeSpan.FromMinutes(1);

    private TrailFileWriter? _file;
    private DateTimeOffset _rollAgainAt;
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
                file.Number,
                sequence++,
                _nextSequence,
                chain,
                TrailPayload.Write(trailEvent, now)
            );
        }
        file.Append(batch.GetBuffer().AsSpan(0, (int)batch.Length));
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
        // The day of an old file is not kept: one that is continued counts as today's.
        _file = TrailFileWriter.Continue(folder, last, torn, DayOf(clock.GetUtcNow()));
        return torn is { } at
            ?
            [
                Damaged($"{last.EntriesEnd - at} bytes that a power cut left unfinished were cut off"),
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

    private TrailFileWriter ReadyFile(DateTimeOffset now)
    {
        if (_file is { IsSpent: true })
        {
            // The next file's header says from which entry it goes on.
            Leave();
        }
        if (_file is { } current && (!IsDue(current, now) || now < _rollAgainAt))
        {
            return current;
        }
        try
        {
            var number = NumbersIn(folder) is [.., var highest] ? highest + 1 : 1;
            var next = TrailFileWriter.Begin(folder, seal, number, DayOf(now), _nextSequence, _chain);
            _file?.Finish();
            _file = next;
            return next;
        }
        catch (DiskFullException) when (_file is not null)
        {
            // There is room ahead in the one that is open.
            _rollAgainAt = now + RollAgainAfter;
            return _file;
        }
    }

    private static bool IsDue(TrailFileWriter file, DateTimeOffset now) =>
        file.Length >= RollBytes || file.Day != DayOf(now);

    private static DateOnly DayOf(DateTimeOffset moment) => DateOnly.FromDateTime(moment.UtcDateTime);

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

    private void Leave()
    {
        _file?.Dispose();
        _file = null;
    }
}
