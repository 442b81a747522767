using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// The studies that a grant may reach at most, by what the directory knows of them: whoever sees few studies is not made to
/// wait for all others to be opened and left out. The grant decides about each all the same.
/// </summary>
internal sealed class ReachFilter
{
    private readonly HashSet<Token> _patients;
    private readonly HashSet<Token> _studies;
    private readonly StudyReach _reach;
    private readonly Dictionary<string, bool> _referring = new(StringComparer.Ordinal);

    private ReachFilter(StudyReach reach, ArchiveKeys keys)
    {
        _reach = reach;
        _patients = [.. reach.Patients.Select(patient => keys.OfPatient(patient, default))];
        _studies =
        [
            .. reach.Studies.SelectMany(text =>
                StudyInstanceUid.TryParse(text, out var uid) ? [keys.Of(uid)] : (Token[])[]
            ),
        ];
    }

    /// <summary>Null for a grant that reaches everything.</summary>
    public static Func<StudyEntry, bool>? Of(AccessGrant grant, ArchiveKeys keys) =>
        grant.Reach is { } reach ? new ReachFilter(reach, keys).MayReach : null;

    private bool MayReach(StudyEntry entry) =>
        _studies.Contains(entry.Token) || _patients.Contains(entry.Patient) || IsReferred(entry);

    private bool IsReferred(StudyEntry entry)
    {
        if (_reach.Referring.IsEmpty || entry.Referring is not { } referring)
        {
            return false;
        }

        if (!_referring.TryGetValue(referring, out var matches))
        {
            var physician = ReferringPhysicianText.Parse(referring);
            matches = _reach.Referring.Any(identity => identity.Matches(physician));
            _referring.Add(referring, matches);
        }

        return matches;
    }
}

/// <summary>A referring physician as one text, which many studies share.</summary>
internal static class ReferringPhysicianText
{
    private const char Field = '\u0001';
    private const char Entry = '\u0002';

    public static string? Of(DataSet row) =>
        ReferringPhysician.Of(row) is { } physician
            ? StudyTexts.Share(
                string.Join(
                    Entry,
                    [physician.Name.ToDicom(), .. physician.Ids.Select(id => $"{id.Value}{Field}{id.Scheme}")]
                )
            )
            : null;

    public static ReferringPhysician Parse(string text)
    {
        var entries = text.Split(Entry);
        return new ReferringPhysician(
            PersonName.Parse(entries[0]),
            [
                .. entries
                    .Skip(1)
                    .Select(entry => entry.Split(Field))
                    .Select(fields => new PhysicianId(fields[0], fields.ElementAtOrDefault(1) ?? "")),
            ]
        );
    }
}
