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

    /// <summary>The same in another order.</summary>
    public static IEnumerable<StudyEntry> Candidates(QueryPlan plan, StudyDirectory directory, SearchOrder order)
    {
        var keys = plan.Request.Identifier;
        var isExact =
            Exact(keys, DicomTag.PatientID) is not null
            || (plan.Level >= QueryLevel.Study && Exact(keys, DicomTag.AccessionNumber) is not null);
        return isExact || order is not (SearchOrder.NewestStudyFirst or SearchOrder.LatestArrivalFirst)
                ? Candidates(plan, directory).InOrder(order)
            : order is SearchOrder.NewestStudyFirst ? directory.NewestFirst(Conditions(plan))
            : directory.LatestFirst(Conditions(plan));
    }

    /// <summary>Puts studies in an order; those that are equal by it stay as they come.</summary>
    public static IEnumerable<StudyEntry> InOrder(this IEnumerable<StudyEntry> entries, SearchOrder order) =>
        order switch
        {
            SearchOrder.NewestStudyFirst => entries.OrderByDescending(entry => entry.Moment),
            SearchOrder.OldestStudyFirst => entries.OrderBy(entry => entry.Moment),
            SearchOrder.PatientName => entries
                .OrderBy(entry => entry.Name, StringComparer.Ordinal)
                .ThenByDescending(entry => entry.Moment),
            SearchOrder.PatientId => entries
                .OrderBy(entry => entry.PatientId, StringComparer.Ordinal)
                .ThenByDescending(entry => entry.Moment),
            _ => entries.Reverse(),
        };

    private static Func<StudyEntry, bool> Conditions(QueryPlan plan)
    {
        List<Func<StudyEntry, bool>> conditions = [];
        var keys = plan.Request.Identifier;
        if (keys.GetStrings(DicomTag.PatientName) is [{ Length: > 0 } name])
        {
            conditions.AddRange(NameCondition(plan, name));
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

    private static IEnumerable<Func<StudyEntry, bool>> NameCondition(QueryPlan plan, string name)
    {
        if (plan.HasFuzzyNames)
        {
            var fuzzy = FuzzyName.Parse(name);
            return fuzzy.IsUniversal ? [] : [entry => fuzzy.Matches(entry.Name)];
        }

        var pattern = NamePattern.Parse(name);
        return pattern.IsUniversal ? [] : [entry => MayMatch(pattern.ScanPattern, entry.Name)];
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
