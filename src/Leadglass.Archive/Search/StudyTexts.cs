using System.Collections.Concurrent;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Texts of a study that queries match and that many studies share: each is kept once for all studies, so that a study
/// costs eight bytes for each of them.
/// </summary>
internal sealed class StudyTexts
{
    /// <summary>Texts that are kept once; beyond them each study has its own.</summary>
    private const int SharedMax = 200_000;

    private static readonly ConcurrentDictionary<string, string> Shared = new(StringComparer.Ordinal);
    private readonly string?[] _values;

    private StudyTexts(string?[] values) => _values = values;

    /// <summary>Of the patient and the study; departments are gathered from the series.</summary>
    private static DicomTag[] Tags { get; } =
    [
        DicomTag.ModalitiesInStudy,
        DicomTag.StudyDescription,
        DicomTag.ReferringPhysicianName,
        DicomTag.PatientBirthDate,
        DicomTag.PatientSex,
        RowPrivates.Departments,
    ];

    public static StudyTexts Of(DataSet row) =>
        new([
            .. Tags.Select(tag =>
                row.GetStrings(tag) is { Count: > 0 } values ? Share(string.Join('\\', values)) : null
            ),
        ]);

    /// <summary>Whether a study's texts tell all that the matcher asks.</summary>
    public static bool Has(AttributeMatcher matcher) =>
        Array.IndexOf(Tags, matcher.Tag) >= 0 && matcher.MatchesTexts([]) is not null;

    /// <summary>Whether a study matches.</summary>
    public static Func<StudyEntry, bool> Condition(AttributeMatcher matcher)
    {
        var place = Array.IndexOf(Tags, matcher.Tag);
        // Few texts are asked about again and again.
        Dictionary<string, bool> known = new(ReferenceEqualityComparer.Instance as IEqualityComparer<string>);
        return entry => Matches(matcher, entry.Texts._values[place], known);
    }

    /// <summary>Keeps one of all equal texts.</summary>
    public static string Share(string text) =>
        Shared.TryGetValue(text, out var known) ? known
        : Shared.Count >= SharedMax ? text
        : Shared.GetOrAdd(text, text);

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "texts";

    private static bool Matches(AttributeMatcher matcher, string? text, Dictionary<string, bool> known)
    {
        if (text is null)
        {
            return matcher.MatchesTexts([]) is true;
        }

        if (!known.TryGetValue(text, out var matches))
        {
            matches = matcher.MatchesTexts(text.Split('\\')) is true;
            if (known.Count < SharedMax)
            {
                known.Add(text, matches);
            }
        }

        return matches;
    }
}
