using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// What the directory can say of the keys: lets every study pass that matches, and few others, so that few rows have to
/// be opened.
/// </summary>
internal static class StudyFilter
{
    /// <summary>The studies of the directory that may match, in the order of arrival.</summary>
    public static IEnumerable<StudyEntry> Candidates(QueryPlan plan, StudyDirectory directory)
    {
        var passes = Conditions(plan);
        if (plan.Level >= QueryLevel.Study && Exact(plan.Request.Identifier, DicomTag.AccessionNumber) is { } accession)
        {
            return directory.OfAccession(accession).Where(passes);
        }

        return Exact(plan.Request.Identifier, DicomTag.PatientID) is { } id
            ? directory.OfPatientId(id).Where(passes)
            : directory.Where(passes);
    }

    private static Func<StudyEntry, bool> Conditions(QueryPlan plan)
    {
        List<Func<StudyEntry, bool>> conditions = [];
        var keys = plan.Request.Identifier;
        if (keys.GetStrings(DicomTag.PatientName) is [{ Length: > 0 } name])
        {
            var pattern = NamePattern.Parse(name);
            if (!pattern.IsUniversal)
            {
                conditions.Add(entry => MayMatch(pattern.ScanPattern, entry.Name));
            }
        }

        if (plan.Matchers.TryGetValue(QueryLevel.Study, out var matchers))
        {
            foreach (var date in matchers.OfType<DateMatcher>().Where(one => one.Tag == DicomTag.StudyDate))
            {
                var (from, to) = (AsNumber(date.Range.From) ?? 1, AsNumber(date.Range.To) ?? int.MaxValue);
                conditions.Add(entry => entry.Date >= from && entry.Date <= to);
            }
        }

        return conditions.Count == 0 ? static _ => true : entry => conditions.TrueForAll(condition => condition(entry));
    }

    // A key may be one of the name's spellings, which equals signs part.
    private static bool MayMatch(string pattern, string name)
    {
        if (NamePattern.Like(pattern, name))
        {
            return true;
        }

        foreach (var group in name.AsSpan().Split('='))
        {
            if (NamePattern.Like(pattern, name.AsSpan(group)))
            {
                return true;
            }
        }

        return false;
    }

    private static int? AsNumber(DateOnly? date) =>
        date is { } day ? (day.Year * 10_000) + (day.Month * 100) + day.Day : null;

    private static string? Exact(DataSet keys, DicomTag tag) =>
        keys.GetStrings(tag) is [{ Length: > 0 } value] && !value.AsSpan().ContainsAny('*', '?') ? value : null;
}
