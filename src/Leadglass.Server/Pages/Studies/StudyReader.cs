using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;

namespace Leadglass.Server.Pages.Studies;

/// <summary>Reads what the pages of one study show, from the index, within a grant to query.</summary>
internal sealed class StudyReader(ImageArchive archive)
{
    /// <summary>Instances of a series on one page.</summary>
    public const int InstancesPerPage = 200;

    private const int SeriesMax = 2_000;
    private const int DocumentsMax = 200;
    private const int PriorsMax = 100;

    /// <summary>The study; null where there is none that the grant covers.</summary>
    public async Task<StudySummary?> FindAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        CancellationToken cancellationToken
    )
    {
        var keys = Keys("STUDY", study);
        foreach (var attribute in StudySummary.Attributes.Where(attribute => attribute != DicomTag.StudyInstanceUID))
        {
            keys.SetEmpty(attribute);
        }
        var found = await PageAsync(grant, keys, new PageRequest(Limit: 1), returnsAll: false, cancellationToken);
        return found.Matches is [var match] ? StudySummary.Of(match) : null;
    }

    /// <summary>Its series, by number.</summary>
    public async Task<IReadOnlyList<SeriesSummary>> SeriesAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        CancellationToken cancellationToken
    )
    {
        var found = await PageAsync(
            grant,
            Keys("SERIES", study),
            new PageRequest(Limit: SeriesMax),
            returnsAll: true,
            cancellationToken
        );
        return [.. found.Matches.Select(SeriesSummary.Of).OrderBy(series => series.Number ?? int.MaxValue)];
    }

    /// <summary>Reports, key object selections and documents of the study, out of the series that hold such.</summary>
    public async Task<IReadOnlyList<InstanceSummary>> DocumentsAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        IReadOnlyList<SeriesSummary> series,
        CancellationToken cancellationToken
    )
    {
        string[] holding = [.. series.Where(one => one.HoldsDocuments).Select(one => one.SeriesUid)];
        if (holding.Length == 0)
        {
            return [];
        }
        var keys = Keys("IMAGE", study);
        keys.SetString(DicomTag.SeriesInstanceUID, holding);
        var found = await PageAsync(
            grant,
            keys,
            new PageRequest(Limit: DocumentsMax),
            returnsAll: true,
            cancellationToken
        );
        return [.. found.Matches.Select(InstanceSummary.Of).Where(one => one.Kind is not InstanceKind.Image)];
    }

    /// <summary>One page of a series' instances, as they arrived, and whether more follow.</summary>
    /// <param name="page">From 1.</param>
    public async Task<(IReadOnlyList<InstanceSummary> Instances, bool HasMore)> InstancesAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid series,
        int page,
        CancellationToken cancellationToken
    )
    {
        var keys = Keys("IMAGE", study);
        keys.SetString(DicomTag.SeriesInstanceUID, series.Value);
        var found = await PageAsync(
            grant,
            keys,
            new PageRequest((page - 1) * InstancesPerPage, InstancesPerPage),
            returnsAll: true,
            cancellationToken
        );
        return ([.. found.Matches.Select(InstanceSummary.Of).OrderBy(one => one.Number ?? int.MaxValue)], found.IsCut);
    }

    /// <summary>The patient's other studies, newest first. None where the patient has no ID.</summary>
    public async Task<IReadOnlyList<StudySummary>> PriorsAsync(
        AccessGrant grant,
        StudySummary study,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrEmpty(study.PatientId) || study.PatientId.AsSpan().ContainsAny('*', '?', '\\'))
        {
            return [];
        }
        var keys = Keys("STUDY", study: null);
        foreach (var attribute in StudySummary.Attributes)
        {
            keys.SetEmpty(attribute);
        }
        keys.SetString(DicomTag.PatientID, study.PatientId);
        var found = await PageAsync(
            grant,
            keys,
            new PageRequest(Limit: PriorsMax),
            returnsAll: false,
            cancellationToken
        );
        return
        [
            .. found
                .Matches.Select(StudySummary.Of)
                .Where(other => other.StudyUid != study.StudyUid && (other.Issuer ?? "") == (study.Issuer ?? "")),
        ];
    }

    private static DataSet Keys(string level, StudyInstanceUid? study)
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        keys.SetString(DicomTag.QueryRetrieveLevel, level);
        if (study is { } uid)
        {
            keys.SetString(DicomTag.StudyInstanceUID, uid.Value);
        }
        return keys;
    }

    private ValueTask<SearchPage> PageAsync(
        AccessGrant grant,
        DataSet keys,
        PageRequest page,
        bool returnsAll,
        CancellationToken cancellationToken
    ) =>
        archive.Search.PageAsync(
            grant,
            new SearchRequest
            {
                Model = QueryModel.StudyRoot,
                Identifier = keys,
                IsRelational = true,
                ReturnsAll = returnsAll,
            },
            page,
            cancellationToken
        );
}
