using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// What the directory can say of the keys: lets every study pass that matches, and few others, so that few rows have to
/// be opened.
/// </summary>
internal static class StudyFilter
{
    /// <summary>The studies of the directory that may match, in the order of arrival.</summary>
    /// <param name="mayReach">Which of them whoever asks may reach at most; null: all.</param>
    public static IEnumerable<StudyEntry> Candidates(
        QueryPlan plan,
        StudyDirectory directory,
        Func<StudyEntry, bool>? mayReach
    )
    {
        var passes = Conditions(plan, mayReach);
        return ExactlyNamed(plan, directory)?.Where(passes) ?? directory.Where(passes);
    }

    /// <summary>The same in another order.</summary>
    /// <inheritdoc cref="Candidates(QueryPlan, StudyDirectory, Func{StudyEntry, bool}?)" />
    public static IEnumerable<StudyEntry> Candidates(
        QueryPlan plan,
        StudyDirectory directory,
        SearchOrder order,
        Func<StudyEntry, bool>? mayReach
    )
    {
        var passes = Conditions(plan, mayReach);
        return ExactlyNamed(plan, directory)?.Where(passes).InOrder(order)
            ?? order switch
            {
                SearchOrder.NewestStudyFirst => NewestFirst(plan, directory, passes),
                SearchOrder.LatestArrivalFirst => directory.LatestFirst(passes),
                _ => directory.Where(passes).InOrder(order),
            };
    }

    private static IEnumerable<StudyEntry> NewestFirst(
        QueryPlan plan,
        StudyDirectory directory,
        Func<StudyEntry, bool> passes
    )
    {
        var (from, to) = (0, int.MaxValue);
        foreach (var date in plan.MatchersOf(QueryLevel.Study).Where(IsStudyDate).Cast<DateMatcher>())
        {
            from = Math.Max(from, AsNumber(date.Range.From) ?? 1);
            to = Math.Min(to, AsNumber(date.Range.To) ?? int.MaxValue);
        }

        return directory.NewestFirst(passes, from, to);
    }

    private static IReadOnlyList<StudyEntry>? ExactlyNamed(QueryPlan plan, StudyDirectory directory) =>
        plan.Level >= QueryLevel.Study && Exact(plan.Request.Identifier, DicomTag.AccessionNumber) is { } accession
            ? directory.OfAccession(accession)
        : Exact(plan.Request.Identifier, DicomTag.PatientID) is { } id ? directory.OfPatientId(id)
        : null;

    /// <summary>Puts studies in an order; those that are equal by it stay as they come.</summary>
    public static IEnumerable<StudyEntry> InOrder(this IEnumerable<StudyEntry> entries, SearchOrder order) =>
        order switch
        {
            SearchOrder.NewestStudyFirst => entries.OrderByDescending(entry => entry.Moment),
            SearchOrder.OldestStudyFirst => entries.OrderBy(entry => entry.Moment),
            SearchOrder.PatientName => entries
                .OrderBy(entry => entry.Name, StringComparer.Ordinal)
                .ThenByDescending(entry => entry.Moment),
            SearchOrder.PatientNameDescending => entries
                .OrderByDescending(entry => entry.Name, StringComparer.Ordinal)
                .ThenByDescending(entry => entry.Moment),
            SearchOrder.PatientId => entries
                .OrderBy(entry => entry.PatientId, StringComparer.Ordinal)
                .ThenByDescending(entry => entry.Moment),
            _ => entries.Reverse(),
        };

    /// <summary>
    /// Whether every study that passes matches, so that a count and what an offset passes over need no rows. Names are
    /// found by an approximation, and so are not exact.
    /// </summary>
    public static bool IsExact(QueryPlan plan) =>
        plan.MatchersOf(QueryLevel.Patient)
            .Concat(plan.MatchersOf(QueryLevel.Study))
            .All(matcher =>
                IsStudyDate(matcher)
                || StudyTexts.Has(matcher)
                || (matcher.Tag == DicomTag.PatientName && plan.HasFuzzyNames)
                || (
                    (matcher.Tag == DicomTag.PatientID || matcher.Tag == DicomTag.AccessionNumber)
                    && Exact(plan.Request.Identifier, matcher.Tag) is not null
                )
            );

    private static Func<StudyEntry, bool> Conditions(QueryPlan plan, Func<StudyEntry, bool>? mayReach)
    {
        List<Func<StudyEntry, bool>> conditions = mayReach is null ? [] : [mayReach];
        var keys = plan.Request.Identifier;
        if (keys.GetStrings(DicomTag.PatientName) is [{ Length: > 0 } name])
        {
            conditions.AddRange(NameCondition(plan, name));
        }

        if (Exact(keys, DicomTag.PatientID) is { } id)
        {
            conditions.Add(entry => entry.PatientId == id);
        }

        if (plan.Level >= QueryLevel.Study && Exact(keys, DicomTag.AccessionNumber) is { } accession)
        {
            conditions.Add(entry => entry.Accession == accession);
        }

        foreach (var matcher in plan.MatchersOf(QueryLevel.Patient).Concat(plan.MatchersOf(QueryLevel.Study)))
        {
            if (IsStudyDate(matcher))
            {
                var range = ((DateMatcher)matcher).Range;
                var (from, to) = (AsNumber(range.From) ?? 1, AsNumber(range.To) ?? int.MaxValue);
                conditions.Add(entry => entry.Date >= from && entry.Date <= to);
            }
            else if (StudyTexts.Has(matcher))
            {
                conditions.Add(StudyTexts.Condition(matcher));
            }
        }

        return conditions.Count == 0 ? static _ => true : entry => conditions.TrueForAll(condition => condition(entry));
    }

    private static bool IsStudyDate(AttributeMatcher matcher) =>
        matcher is DateMatcher && matcher.Tag == DicomTag.StudyDate;

    private static IEnumerable<Func<StudyEntry, bool>> NameCondition(QueryPlan plan, string name)
    {
        if (plan.HasFuzzyNames)
        {
            var fuzzy = FuzzyName.Parse(name);
            return fuzzy.IsUniversal ? [] : [entry => fuzzy.Matches(entry.Name)];
        }

        var pattern = NamePattern.Parse(name);
        return pattern.IsUniversal ? [] : [NameScan(pattern.ScanPattern)];
    }

    /// <summary>What is looked for mostly, a part or a beginning, is found by the fast ways for it.</summary>
    private static Func<StudyEntry, bool> NameScan(string pattern)
    {
        var part = pattern.Trim('*');
        return part.AsSpan().ContainsAny('*', '?') || part.Contains('=') ? entry => MayMatch(pattern, entry.Name)
            : pattern.StartsWith('*') && pattern.EndsWith('*')
                ? entry => entry.Name.Contains(part, StringComparison.Ordinal)
            : pattern.EndsWith('*')
                ? entry =>
                    entry.Name.StartsWith(part, StringComparison.Ordinal)
                    || (entry.Name.Contains('=') && MayMatch(pattern, entry.Name))
            : entry => MayMatch(pattern, entry.Name);
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
