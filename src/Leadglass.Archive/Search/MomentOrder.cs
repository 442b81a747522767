namespace Leadglass.Archive;

/// <summary>
/// Studies by Study Date and Time in one array, the newest at its end, where most of what arrives is put. Used under the
/// directory's lock.
/// </summary>
internal sealed class MomentOrder
{
    private const int ScanStep = 4096;
    private const int PageStep = 64;
    private const long DayFactor = 1_000_000;
    private readonly List<StudyEntry> _entries;

    public MomentOrder(IEnumerable<StudyEntry> entries)
    {
        _entries = [.. entries];
        _entries.Sort(Compare);
    }

    public void Add(StudyEntry entry)
    {
        var place = _entries.BinarySearch(entry, Comparer);
        if (place < 0)
        {
            _entries.Insert(~place, entry);
        }
        else
        {
            _entries[place] = entry;
        }
    }

    public void Remove(StudyEntry entry)
    {
        var place = _entries.BinarySearch(entry, Comparer);
        if (place >= 0)
        {
            _entries.RemoveAt(place);
        }
    }

    public void Replace(StudyEntry former, StudyEntry entry)
    {
        if (former.Moment != entry.Moment)
        {
            Remove(former);
        }

        Add(entry);
    }

    /// <summary>Looks at the next entries before the last one, back to a date; false when there are none.</summary>
    /// <param name="last">Where the step before ended; null: begin at the latest date wanted.</param>
    public bool Step(ref StudyEntry? last, Func<StudyEntry, bool> passes, int from, int to, List<StudyEntry> step)
    {
        var end = last is null ? PlaceOf((to + 1L) * DayFactor) : PlaceBefore(last);
        var place = end;
        var earliest = from * DayFactor;
        // Few at first: a page is usually full soon.
        while (place > 0 && end - place < ScanStep && step.Count < PageStep && _entries[place - 1].Moment >= earliest)
        {
            last = _entries[--place];
            if (passes(last))
            {
                step.Add(last);
            }
        }

        return place < end;
    }

    private static Comparer<StudyEntry> Comparer { get; } = Comparer<StudyEntry>.Create(Compare);

    private static int Compare(StudyEntry one, StudyEntry other) =>
        one.Moment != other.Moment ? one.Moment.CompareTo(other.Moment) : other.Token.Value.CompareTo(one.Token.Value);

    /// <summary>How many entries come before this one; it may have gone meanwhile.</summary>
    private int PlaceBefore(StudyEntry entry) =>
        _entries.BinarySearch(entry, Comparer) is var place && place < 0 ? ~place : place;

    /// <summary>How many entries are earlier than a moment.</summary>
    private int PlaceOf(long moment)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _entries[middle].Moment < moment ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
