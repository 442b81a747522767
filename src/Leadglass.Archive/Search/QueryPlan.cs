using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>An identifier, read: the level, what to match at which level, and what to return.</summary>
internal sealed class QueryPlan
{
    /// <summary>UIDs that one key may list.</summary>
    private const int UidsMax = 10_000;

    private QueryPlan(SearchRequest request, QueryLevel level, bool fuzzyNames)
    {
        (Request, Level, HasFuzzyNames) = (request, level, fuzzyNames);
        Studies = UidsOf(DicomTag.StudyInstanceUID);
        Series = UidsOf(DicomTag.SeriesInstanceUID);
        Instances = UidsOf(DicomTag.SOPInstanceUID);
    }

    public SearchRequest Request { get; }
    public QueryLevel Level { get; }

    /// <summary>Names match when they are near (PS3.18 8.3.4.2).</summary>
    public bool HasFuzzyNames { get; }

    /// <summary>What to match, by level.</summary>
    public Dictionary<QueryLevel, List<AttributeMatcher>> Matchers { get; } = [];

    /// <summary>What to return.</summary>
    public List<DataElement> Returned { get; } = [];

    /// <summary>False if a key cannot be matched at this level.</summary>
    public bool AllKeysSupported { get; private set; } = true;

    /// <summary>UIDs that the keys list; empty for none.</summary>
    public IReadOnlyList<string> Studies { get; }

    /// <inheritdoc cref="Studies" />
    public IReadOnlyList<string> Series { get; }

    /// <inheritdoc cref="Studies" />
    public IReadOnlyList<string> Instances { get; }

    /// <summary>What to match at a level; empty for nothing.</summary>
    public IReadOnlyList<AttributeMatcher> MatchersOf(QueryLevel level) => Matchers.GetValueOrDefault(level) ?? [];

    public bool Asks(DicomTag tag) => Request.Identifier.Contains(tag);

    /// <summary>Reads an identifier (PS3.4 C.4.1.2, C.4.1.3).</summary>
    /// <exception cref="SearchRefusedException">It is none of the information model.</exception>
    public static QueryPlan Of(SearchRequest request, bool fuzzyNames = false)
    {
        IReadOnlyList<AttributeMatcher> empty = [];
        if (request.MatchesEmptyValues)
        {
            (request, empty) = EmptyKeys.TakeFrom(request);
        }

        var keys = request.Identifier;
        QueryLevel level = keys.GetString(DicomTag.QueryRetrieveLevel) switch
        {
            "PATIENT" when request.Model is QueryModel.PatientRoot => QueryLevel.Patient,
            "STUDY" => QueryLevel.Study,
            "SERIES" => QueryLevel.Series,
            "IMAGE" => QueryLevel.Image,
            _ => throw new SearchRefusedException(
                QueryStatus.IdentifierDoesNotMatch,
                "Query/Retrieve Level is missing or not of this model",
                DicomTag.QueryRetrieveLevel
            ),
        };
        var plan = new QueryPlan(request, level, fuzzyNames);
        if (!request.IsRelational)
        {
            plan.RequireUniqueKeysAbove();
        }

        foreach (var element in keys)
        {
            plan.Add(element);
        }

        foreach (var matcher in empty)
        {
            plan.Add(matcher);
        }

        if (request.ReturnsAll)
        {
            plan.ReturnAll();
        }

        if (request.CombinesDateAndTime)
        {
            foreach (var matchers in plan.Matchers.Values)
            {
                CombinedMatcher.Combine(matchers);
            }
        }

        return plan;
    }

    /// <summary>Whether an entity's attributes match the keys of a level.</summary>
    public bool Matches(QueryLevel level, DataSet entity) =>
        !Matchers.TryGetValue(level, out var matchers) || matchers.TrueForAll(matcher => matcher.Matches(entity));

    private void RequireUniqueKeysAbove()
    {
        (QueryLevel Level, DicomTag Tag)[] unique =
        [
            (QueryLevel.Patient, DicomTag.PatientID),
            (QueryLevel.Study, DicomTag.StudyInstanceUID),
            (QueryLevel.Series, DicomTag.SeriesInstanceUID),
        ];
        foreach (var (level, tag) in unique)
        {
            if (level >= Level || (level is QueryLevel.Patient && Request.Model is QueryModel.StudyRoot))
            {
                continue;
            }

            // A patient is found by the study's UID as well: a missing Patient ID is tolerated where that is there.
            var isGiven =
                Request.Identifier.GetString(tag) is { } value && (level is not QueryLevel.Patient || !IsWild(value));
            if (!isGiven && !(level is QueryLevel.Patient && Studies.Count > 0))
            {
                throw new SearchRefusedException(
                    QueryStatus.IdentifierDoesNotMatch,
                    "a unique key above the level is missing",
                    tag
                );
            }
        }
    }

    private void Add(DataElement element)
    {
        var tag = element.Tag;
        if (tag == DicomTag.QueryRetrieveLevel || tag == DicomTag.SpecificCharacterSet || tag.IsGroupLength)
        {
            return;
        }

        // The offset of a query is about its own dates and times (PS3.4 C.2.2.2.5.1.1): returned, not matched.
        if (
            tag == DicomTag.InstanceAvailability
            || tag == DicomTag.RetrieveAETitle
            || tag == DicomTag.TimezoneOffsetFromUTC
        )
        {
            Returned.Add(element);
            return;
        }

        if (tag == DicomTag.InstitutionalDepartmentName && Level is QueryLevel.Study)
        {
            AddDepartment(element);
            return;
        }

        if (QueryAttributes.LevelOf(tag) is not { } kept || kept > Level)
        {
            AllKeysSupported = false;
            return;
        }

        Returned.Add(element);
        if (AttributeMatcher.Of(Request.Identifier, element, HasFuzzyNames) is { } matcher)
        {
            Add(matcher);
        }
    }

    /// <summary>Beyond the standard: a study is of a department when one of its series is, as with modalities.</summary>
    private void AddDepartment(DataElement element)
    {
        Returned.Add(element);
        var keys = new DataSet();
        string[] names = [.. Request.Identifier.GetStrings(element.Tag).Where(name => name.Length > 0)];
        if (names.Length == 0)
        {
            return;
        }

        RowDepartments.Set(keys, names);
        if (AttributeMatcher.Of(keys, keys.Find(RowPrivates.Departments)!) is { } matcher)
        {
            Add(QueryLevel.Study, matcher);
        }
    }

    private void Add(AttributeMatcher matcher)
    {
        if (QueryAttributes.LevelOf(matcher.Tag) is { } kept && kept <= Level)
        {
            Add(kept, matcher);
        }
    }

    private void Add(QueryLevel kept, AttributeMatcher matcher)
    {
        if (!Matchers.TryGetValue(kept, out var matchers))
        {
            Matchers.Add(kept, matchers = []);
        }

        matchers.Add(matcher);
    }

    private void ReturnAll()
    {
        var named = Returned.Select(element => element.Tag).ToHashSet();
        foreach (var tag in QueryAttributes.UpTo(Level))
        {
            if (named.Add(tag))
            {
                Returned.Add(new ValueElement(tag, ValueRepresentation.UN, default));
            }
        }
    }

    private IReadOnlyList<string> UidsOf(DicomTag tag)
    {
        string[] uids = [.. Request.Identifier.GetStrings(tag).Where(uid => uid.Length > 0)];
        return uids.Length <= UidsMax
            ? uids
            : throw new SearchRefusedException(QueryStatus.OutOfResources, "too many UIDs in one key", tag);
    }

    private static bool IsWild(string value) => value.AsSpan().ContainsAny('*', '?');
}
