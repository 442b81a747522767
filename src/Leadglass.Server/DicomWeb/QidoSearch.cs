using System.Globalization;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.DicomWeb;

/// <summary>One search: from the request to the archive's page, and back (PS3.18 10.6).</summary>
internal sealed class QidoSearch
{
    /// <summary>Answers to a search that names no limit, by level; a Warning tells when there are more.</summary>
    private const int StudiesDefault = 1_000;
    private const int SeriesDefault = 5_000;

    private readonly HttpContext _context;
    private readonly QidoQuery _query;
    private readonly DataSet _identifier;
    private readonly HashSet<DicomTag> _asked;
    private readonly bool _isOutOfPath;

    private QidoSearch(HttpContext context, QidoLevel level)
    {
        _context = context;
        _query = QidoQuery.Parse(level, context.Request.QueryString.Value);
        _asked =
        [
            .. _query.Keys.Select(element => element.Tag),
            .. _query.IncludeFields.Select(path => path.Sequences is [var outermost, ..] ? outermost : path.Tag),
        ];
        var (study, series) = (ServiceRoot.Study(context), ServiceRoot.Series(context));
        _identifier = _query.ToIdentifier(QidoAttributes.Required(level, study is not null, series is not null));
        _isOutOfPath =
            !Narrow(DicomTag.StudyInstanceUID, study?.Value) || !Narrow(DicomTag.SeriesInstanceUID, series?.Value);
        _identifier.SetString(
            DicomTag.QueryRetrieveLevel,
            level switch
            {
                QidoLevel.Studies => "STUDY",
                QidoLevel.Series => "SERIES",
                _ => "IMAGE",
            }
        );
    }

    /// <summary>Searches and answers.</summary>
    /// <exception cref="DicomWebException">The query is wrong, too broad, or its answer not acceptable.</exception>
    public static async Task AnswerAsync(HttpContext context, QidoLevel level)
    {
        var form = RepresentationChoice.OfDataSets(DataSetAnswer.AcceptOf(context.Request));
        var search = new QidoSearch(context, level);
        var page = await search.FindAsync();
        search.Remark(page);
        await DataSetAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            form,
            [.. page.Matches.Select(search.Complete)]
        );
    }

    private int LimitInForce =>
        Math.Min(
            _query.Limit
                ?? _query.Level switch
                {
                    QidoLevel.Studies => StudiesDefault,
                    QidoLevel.Series => SeriesDefault,
                    _ => PageRequest.LimitMax,
                },
            PageRequest.LimitMax
        );

    /// <summary>The UID of the path, also where the query lists others; false when it lists others only.</summary>
    private bool Narrow(DicomTag tag, string? uid)
    {
        if (uid is null)
        {
            return true;
        }

        var isListed = _identifier.GetStrings(tag) is not { Count: > 0 } listed || listed.Contains(uid);
        _identifier.SetString(tag, uid);
        return isListed;
    }

    private async Task<SearchPage> FindAsync()
    {
        if (_query.Offset > PageRequest.OffsetMax)
        {
            throw new DicomWebException(
                StatusCodes.Status400BadRequest,
                "Bad request",
                $"The query parameter offset is above {PageRequest.OffsetMax}: narrow the query instead."
            );
        }

        var request = new SearchRequest
        {
            Model = QueryModel.StudyRoot,
            Identifier = _identifier,
            IsRelational = true,
            CombinesDateAndTime = true,
            MatchesEmptyValues = _query.EmptyValueMatching,
            ReturnsAll = _query.IncludesAll,
        };
        try
        {
            var page = await _context
                .RequestServices.GetRequiredService<ImageArchive>()
                .Search.PageAsync(
                    _context.Grant(),
                    request,
                    new PageRequest(
                        _query.Offset,
                        Math.Max(1, LimitInForce),
                        FuzzyNames: _query.FuzzyMatching,
                        CountAll: AsksForCount()
                    ),
                    _context.RequestAborted
                );
            return _isOutOfPath ? page with { Matches = [], Total = 0, IsCut = false }
                : LimitInForce == 0 ? page with { Matches = [], IsCut = page.Matches.Count > 0 }
                : page;
        }
        catch (SearchRefusedException refused)
        {
            throw refused.Status is QueryStatus.OutOfResources
                ? new DicomWebException(
                    StatusCodes.Status413PayloadTooLarge,
                    "Query too broad",
                    "The search looks at too much: narrow it.",
                    inner: refused
                )
                : new DicomWebException(
                    StatusCodes.Status400BadRequest,
                    "Bad request",
                    refused.Comment,
                    inner: refused
                );
        }
    }

    /// <summary>To count opens rows, so only whoever wants the number pays for it (RFC 7240).</summary>
    private bool AsksForCount() =>
        _context
            .Request.Headers["Prefer"]
            .Any(preference => preference?.Contains("count=exact", StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>What the headers tell of the answer: how many there are in all, and each remark of PS3.18 8.3.4.</summary>
    private void Remark(SearchPage page)
    {
        var total =
            page.Total ?? (page is { IsCut: false, Matches.Count: > 0 } ? _query.Offset + page.Matches.Count : null);
        if (total is { } known)
        {
            _context.Response.Headers["X-Total-Count"] = known.ToString(CultureInfo.InvariantCulture);
        }

        if (page.IsCut)
        {
            Warn(
                total is { } all
                    ? $"There are {all - _query.Offset - page.Matches.Count} additional results that can be requested"
                    : "There are additional results that can be requested"
            );
        }

        if (!page.AllKeysSupported)
        {
            Warn("An attribute of the search is not one that this archive matches or returns; it was not used");
        }
    }

    private void Warn(string text) =>
        _context.Response.Headers.Append("Warning", $"299 {_context.Request.Host.Value} \"{text}\"");

    /// <summary>The answer as PS3.18 10.6.3.3 has it.</summary>
    private DataSet Complete(DataSet match)
    {
        foreach (var element in match.ToArray())
        {
            var isOfDimse = element.Tag == DicomTag.QueryRetrieveLevel || element.Tag == DicomTag.RetrieveAETitle;
            if (
                (isOfDimse && !_asked.Contains(element.Tag))
                || (element.IsEmpty && !QidoAttributes.IsReturnedEmpty(element.Tag) && !_asked.Contains(element.Tag))
            )
            {
                match.Remove(element.Tag);
            }
        }

        match.SetString(DicomTag.RetrieveURL, RetrieveUrl(match));
        return match;
    }

    private string RetrieveUrl(DataSet match)
    {
        var study = $"{ServiceRoot.Url(_context)}/studies/{match.GetString(DicomTag.StudyInstanceUID)}";
        var series = $"{study}/series/{match.GetString(DicomTag.SeriesInstanceUID)}";
        return _query.Level switch
        {
            QidoLevel.Studies => study,
            QidoLevel.Series => series,
            _ => $"{series}/instances/{match.GetString(DicomTag.SOPInstanceUID)}",
        };
    }
}
