using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;

namespace Leadglass.Server.Pages.Studies;

/// <summary>
/// Finds what the study list asks for. A word may be a name, an ID or an accession number, a date that of the study or of
/// birth: each reading is a search of its own, and their answers are put together.
/// </summary>
internal sealed class StudyFinder(ImageArchive archive, TimeProvider clock)
{
    /// <summary>The day, where the archive stands.</summary>
    public DateOnly Today => DateOnly.FromDateTime(clock.GetLocalNow().DateTime);

    /// <summary>One page of studies that the grant covers.</summary>
    /// <param name="ownDepartment">The visitor's department; null: none.</param>
    /// <param name="isLimitedToAssigned">The grant covers the patients assigned to the visitor alone.</param>
    /// <exception cref="AccessRefusedException">The grant does not hold, or the trail fails.</exception>
    public async Task<StudyListModel> FindAsync(
        AccessGrant grant,
        StudyListQuery query,
        string? ownDepartment,
        bool isLimitedToAssigned,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(grant, query, cancellationToken) with
        {
            OwnDepartment = ownDepartment,
            IsLimitedToAssigned = isLimitedToAssigned,
        };

    private async Task<StudyListModel> FindAsync(
        AccessGrant grant,
        StudyListQuery query,
        CancellationToken cancellationToken
    )
    {
        var readings = Readings(query, SearchWords.Parse(query.Words, Today));
        try
        {
            return readings is [var only]
                ? await FindOneAsync(grant, query, only, cancellationToken)
                : await FindAnyAsync(grant, query, readings, cancellationToken);
        }
        catch (SearchRefusedException)
        {
            return new StudyListModel
            {
                Query = query,
                Today = Today,
                IsTooBroad = true,
            };
        }
    }

    private async Task<StudyListModel> FindOneAsync(
        AccessGrant grant,
        StudyListQuery query,
        DataSet keys,
        CancellationToken cancellationToken
    )
    {
        var page = await archive.Search.PageAsync(
            grant,
            RequestOf(keys),
            new PageRequest(
                (query.Page - 1) * StudyListQuery.PageSize,
                StudyListQuery.PageSize,
                query.Order,
                FuzzyNames: true,
                CountAll: true
            ),
            cancellationToken
        );
        return new StudyListModel
        {
            Query = query,
            Today = Today,
            Studies = [.. page.Matches.Select(StudySummary.Of)],
            Total = page.Total,
            HasMore = page.IsCut,
        };
    }

    private async Task<StudyListModel> FindAnyAsync(
        AccessGrant grant,
        StudyListQuery query,
        IReadOnlyList<DataSet> readings,
        CancellationToken cancellationToken
    )
    {
        var upTo = query.Page * StudyListQuery.PageSize;
        var found = new Dictionary<string, StudySummary>(StringComparer.Ordinal);
        var (isCut, isCounted) = (false, true);
        foreach (var keys in readings)
        {
            var page = await archive.Search.PageAsync(
                grant,
                RequestOf(keys),
                new PageRequest(0, upTo, query.Order, FuzzyNames: true, CountAll: false),
                cancellationToken
            );
            isCut |= page.IsCut;
            isCounted &= !page.IsCut;
            foreach (var study in page.Matches.Select(StudySummary.Of))
            {
                found.TryAdd(study.StudyUid, study);
            }
        }
        return new StudyListModel
        {
            Query = query,
            Today = Today,
            Studies =
            [
                .. InOrder(found.Values, query.Order)
                    .Skip((query.Page - 1) * StudyListQuery.PageSize)
                    .Take(StudyListQuery.PageSize),
            ],
            Total = isCounted ? found.Count : null,
            HasMore = isCut || found.Count > upTo,
        };
    }

    private static SearchRequest RequestOf(DataSet keys) => new() { Model = QueryModel.StudyRoot, Identifier = keys };

    /// <summary>Every reading of the words as keys of a query; one where they can be read in one way only.</summary>
    private static List<DataSet> Readings(StudyListQuery query, SearchWords words)
    {
        var readings = new List<DataSet> { Filtered(query) };
        var named = string.Join(' ', words.Names);
        if (words.Names is [var single] && words.Numbers.Count == 0)
        {
            readings = Each(
                readings,
                (DicomTag.PatientName, named),
                (DicomTag.PatientID, Beginning(single)),
                (DicomTag.AccessionNumber, Beginning(single))
            );
        }
        else if (named.Length > 0)
        {
            readings = Each(readings, (DicomTag.PatientName, named));
        }
        foreach (var number in words.Numbers.Take(1))
        {
            readings = Each(
                readings,
                (DicomTag.PatientID, Beginning(number)),
                (DicomTag.AccessionNumber, Beginning(number))
            );
        }
        if (words.InStudy is [var modality, ..])
        {
            readings = Each(readings, (DicomTag.ModalitiesInStudy, modality));
        }
        if (words.Dates is var (from, to))
        {
            var range = RangeOf(from, to);
            // A year or a month is when somebody was examined; a day may be somebody's birthday too.
            readings =
                from == to
                    ? Each(readings, (DicomTag.StudyDate, range), (DicomTag.PatientBirthDate, DicomDate.Format(from)))
                    : Each(readings, (DicomTag.StudyDate, range));
        }
        return readings;
    }

    private static DataSet Filtered(StudyListQuery query)
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        foreach (var attribute in StudySummary.Attributes)
        {
            keys.SetEmpty(attribute);
        }
        if (query.From is not null || query.To is not null)
        {
            keys.SetString(DicomTag.StudyDate, RangeOf(query.From, query.To));
        }
        if (query.PatientId.Length > 0)
        {
            keys.SetString(DicomTag.PatientID, WithoutWildcards(query.PatientId));
        }
        if (query.Modality.Length > 0)
        {
            keys.SetString(DicomTag.ModalitiesInStudy, query.Modality);
        }
        if (query.Department.Length > 0)
        {
            keys.SetString(DicomTag.InstitutionalDepartmentName, WithoutWildcards(query.Department));
        }
        if (query.Referring.Length > 0)
        {
            keys.SetString(DicomTag.ReferringPhysicianName, WithoutWildcards(query.Referring));
        }
        return keys;
    }

    /// <summary>Every reading with every one of the values: as many times more as there are values.</summary>
    private static List<DataSet> Each(List<DataSet> readings, params ReadOnlySpan<(DicomTag Tag, string Value)> values)
    {
        List<DataSet> all = [];
        foreach (var reading in readings)
        {
            foreach (var (tag, value) in values)
            {
                var keys = new DataSet();
                foreach (var element in reading)
                {
                    keys.Set(element);
                }
                keys.SetString(tag, value);
                all.Add(keys);
            }
        }
        return all;
    }

    private static string Beginning(string word) => WithoutWildcards(word) + "*";

    private static string WithoutWildcards(string word) =>
        word.Replace("*", "", StringComparison.Ordinal)
            .Replace("?", "", StringComparison.Ordinal)
            .Replace("\\", "", StringComparison.Ordinal);

    private static string RangeOf(DateOnly? from, DateOnly? to) =>
        from == to && from is { } day
            ? DicomDate.Format(day)
            : $"{(from is { } first ? DicomDate.Format(first) : "")}-{(to is { } last ? DicomDate.Format(last) : "")}";

    private static IEnumerable<StudySummary> InOrder(IEnumerable<StudySummary> studies, SearchOrder order)
    {
        var newest = studies.OrderByDescending(Moment);
        return order switch
        {
            SearchOrder.OldestStudyFirst => studies.OrderBy(Moment),
            SearchOrder.PatientName => newest.OrderBy(study => NameFolding.Fold(study.Name ?? "")),
            SearchOrder.PatientId => newest.OrderBy(study => study.PatientId),
            _ => newest,
        };
    }

    private static string Moment(StudySummary study) => $"{study.Date, 8}{study.Time}";
}
