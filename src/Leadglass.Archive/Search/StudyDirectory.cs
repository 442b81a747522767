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
                _entries[place] = entry;
            }
            else
            {
                Add(entry);
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
    public required int SeriesCount { get; init; }
    public required int InstanceCount { get; init; }

    /// <summary>From a study's row.</summary>
    public static StudyEntry Of(StudyRow row, DataSet content) =>
        new()
        {
            Token = row.Token,
            Patient = row.Patient,
            Name = NameFolding.Fold(content.GetString(DicomTag.PatientName) ?? ""),
            PatientId = content.GetString(DicomTag.PatientID) ?? "",
            Accession = content.GetString(DicomTag.AccessionNumber) ?? "",
            Date = DicomDate.TryParse(content.GetString(DicomTag.StudyDate), out var date)
                ? (date.Year * 10_000) + (date.Month * 100) + date.Day
                : 0,
            SeriesCount = row.SeriesCount,
            InstanceCount = row.InstanceCount,
        };

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study";
}
