using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// All studies in memory with what queries at patient and study level ask for most, so that such a query opens only the
/// rows that it is likely to answer with. What passes here is matched in full against its row.
/// </summary>
internal sealed class StudyDirectory
{
    private const int ScanStep = 4096;
    private readonly Lock _gate = new();
    private readonly List<StudyEntry?> _entries = [];
    private readonly Dictionary<Token, int> _places = [];
    private readonly PlacesByText _byPatientId = new();
    private readonly PlacesByText _byAccession = new();
    private MomentOrder? _byMoment;
    private int _removed;

    /// <summary>How many studies there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>Puts a study in, in place of what was known of it.</summary>
    public void Put(StudyEntry entry)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(entry.Token, out var place))
            {
                Replace(place, entry);
            }
            else
            {
                Add(entry);
                _byMoment?.Add(entry);
            }
        }
    }

    /// <summary>Takes a study out.</summary>
    public void Remove(Token study)
    {
        lock (_gate)
        {
            if (!_places.Remove(study, out var place))
            {
                return;
            }

            _byMoment?.Remove(_entries[place]!);
            _entries[place] = null;
            _removed++;
            if (_removed > 1000 && _removed > _entries.Count / 2)
            {
                Compact();
            }
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            _byMoment = null;
            Forget();
        }
    }

    /// <summary>One study, or null.</summary>
    public StudyEntry? Find(Token study)
    {
        lock (_gate)
        {
            return _places.TryGetValue(study, out var place) ? _entries[place] : null;
        }
    }

    /// <summary>
    /// The studies that pass, in the order of arrival. Commits go on between steps of the scan; a study that arrives
    /// meanwhile may or may not be among them.
    /// </summary>
    public IEnumerable<StudyEntry> Where(Func<StudyEntry, bool> passes)
    {
        var step = new List<StudyEntry>();
        for (var from = 0; ; from += ScanStep)
        {
            step.Clear();
            lock (_gate)
            {
                if (from >= _entries.Count)
                {
                    yield break;
                }

                foreach (var entry in _entries.Skip(from).Take(ScanStep))
                {
                    if (entry is not null && passes(entry))
                    {
                        step.Add(entry);
                    }
                }
            }

            foreach (var entry in step)
            {
                yield return entry;
            }
        }
    }

    /// <summary>The studies that pass, newest first by Study Date and Time. The first call sorts all of them.</summary>
    /// <param name="from">The earliest Study Date as a number, yyyymmdd.</param>
    /// <param name="to">The latest one.</param>
    /// <inheritdoc cref="Where" />
    public IEnumerable<StudyEntry> NewestFirst(Func<StudyEntry, bool> passes, int from, int to)
    {
        var step = new List<StudyEntry>();
        for (StudyEntry? last = null; ; )
        {
            step.Clear();
            lock (_gate)
            {
                _byMoment ??= new MomentOrder(_entries.OfType<StudyEntry>());
                if (!_byMoment.Step(ref last, passes, from, to, step))
                {
                    yield break;
                }
            }

            foreach (var entry in step)
            {
                yield return entry;
            }
        }
    }

    /// <summary>The studies that pass, the latest arrival first.</summary>
    /// <inheritdoc cref="Where" />
    public IEnumerable<StudyEntry> LatestFirst(Func<StudyEntry, bool> passes)
    {
        var step = new List<StudyEntry>();
        for (var place = int.MaxValue; place > 0; )
        {
            step.Clear();
            lock (_gate)
            {
                var end = Math.Min(place, _entries.Count);
                place = Math.Max(0, end - ScanStep);
                for (var i = end - 1; i >= place; i--)
                {
                    if (_entries[i] is { } entry && passes(entry))
                    {
                        step.Add(entry);
                    }
                }
            }

            foreach (var entry in step)
            {
                yield return entry;
            }
        }
    }

    /// <summary>The studies with exactly this Patient ID.</summary>
    public IReadOnlyList<StudyEntry> OfPatientId(string patientId) =>
        Of(_byPatientId, patientId, entry => entry.PatientId);

    /// <summary>The studies with exactly this accession number.</summary>
    public IReadOnlyList<StudyEntry> OfAccession(string accession) =>
        Of(_byAccession, accession, entry => entry.Accession);

    private List<StudyEntry> Of(PlacesByText places, string text, Func<StudyEntry, string> attribute)
    {
        List<StudyEntry> found = [];
        lock (_gate)
        {
            for (var place = places.Last(text); place >= 0; place = places.Before(place))
            {
                if (_entries[place] is { } entry && attribute(entry) == text)
                {
                    found.Add(entry);
                }
            }
        }

        found.Reverse();
        return found;
    }

    private void Replace(int place, StudyEntry entry)
    {
        var former = _entries[place]!;
        _entries[place] = entry;
        _byMoment?.Replace(former, entry);

        // Corrections are rare: a study moves between chains by making them anew.
        if (former.PatientId != entry.PatientId || former.Accession != entry.Accession)
        {
            _byPatientId.Clear();
            _byAccession.Clear();
            foreach (var one in _entries)
            {
                _byPatientId.Add(one?.PatientId ?? "");
                _byAccession.Add(one?.Accession ?? "");
            }
        }
    }

    private void Add(StudyEntry entry)
    {
        _places.Add(entry.Token, _entries.Count);
        _entries.Add(entry);
        _byPatientId.Add(entry.PatientId);
        _byAccession.Add(entry.Accession);
    }

    private void Compact()
    {
        var kept = _entries.OfType<StudyEntry>().ToList();
        _entries.Clear();
        Forget();
        kept.ForEach(Add);
    }

    private void Forget()
    {
        _places.Clear();
        _byPatientId.Clear();
        _byAccession.Clear();
        _removed = 0;
    }

    /// <summary>For each text the places of its entries, as a chain from the last back: eight bytes per entry and text.</summary>
    private sealed class PlacesByText
    {
        private readonly Dictionary<int, int> _last = [];
        private readonly List<int> _before = [];

        /// <summary>Notes the text of the next place.</summary>
        public void Add(string text)
        {
            var hash = string.GetHashCode(text, StringComparison.Ordinal);
            _before.Add(_last.GetValueOrDefault(hash, -1));
            _last[hash] = _before.Count - 1;
        }

        public int Last(string text) => _last.GetValueOrDefault(string.GetHashCode(text, StringComparison.Ordinal), -1);

        public int Before(int place) => _before[place];

        public void Clear()
        {
            _last.Clear();
            _before.Clear();
        }
    }
}

/// <summary>What the directory knows of a study.</summary>
internal sealed class StudyEntry
{
    public required Token Token { get; init; }
    public required Token Patient { get; init; }

    /// <summary>The patient's name, folded for comparison; all its component groups.</summary>
    public required string Name { get; init; }
    public required string PatientId { get; init; }
    public required string Accession { get; init; }

    /// <summary>Study Date as a number, yyyymmdd; 0 where there is none.</summary>
    public required int Date { get; init; }

    /// <summary>Study Date and Study Time as one number, yyyymmddhhmmss; the time 0 where there is none.</summary>
    public long Moment { get; init; }

    /// <summary>What queries match beside it.</summary>
    public required StudyTexts Texts { get; init; }

    /// <summary>Who referred the patient; null for nobody.</summary>
    public string? Referring { get; init; }
    public required int SeriesCount { get; init; }
    public required int InstanceCount { get; init; }

    /// <summary>From a study's row.</summary>
    public static StudyEntry Of(StudyRow row, DataSet content)
    {
        var date = DicomDate.TryParse(content.GetString(DicomTag.StudyDate), out var day)
            ? (day.Year * 10_000) + (day.Month * 100) + day.Day
            : 0;
        return new StudyEntry
        {
            Token = row.Token,
            Patient = row.Patient,
            Name = NameFolding.Fold(content.GetString(DicomTag.PatientName) ?? ""),
            PatientId = content.GetString(DicomTag.PatientID) ?? "",
            Accession = content.GetString(DicomTag.AccessionNumber) ?? "",
            Date = date,
            Moment = (date * 1_000_000L) + TimeOf(content.GetString(DicomTag.StudyTime)),
            Texts = StudyTexts.Of(content),
            Referring = ReferringPhysicianText.Of(content),
            SeriesCount = row.SeriesCount,
            InstanceCount = row.InstanceCount,
        };
    }

    private static int TimeOf(string? text)
    {
        var time = 0;
        for (var i = 0; i < 6; i++)
        {
            time =
                (time * 10) + (text is not null && i < text.Length && char.IsAsciiDigit(text[i]) ? text[i] - '0' : 0);
        }

        return time;
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study";
}
