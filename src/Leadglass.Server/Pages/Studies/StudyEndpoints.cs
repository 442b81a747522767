using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Reports;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Pages.Studies;

/// <summary>The pages of one study: the study, a series, an instance, a document in it.</summary>
internal sealed class StudyEndpoints(
    StudyReader reader,
    StoredInstances instances,
    StudyFinder finder,
    StudyActions actions
)
{
    private const string Study = "/studies/{study}";
    private const string Instance = Study + "/series/{series}/instances/{instance}";

    /// <summary>A document of ours in a frame of its own: nothing in it may run, load or send.</summary>
    private const string DocumentPolicy =
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; "
        + "base-uri 'none'; form-action 'none'";

    private const string SandboxPolicy = "sandbox; default-src 'none'; frame-ancestors 'none'";

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<StudyEndpoints>(Study, (page, context) => page.ShowStudyAsync(context))
            .RequireCaller(Operation.Query);
        endpoints
            .MapPage<StudyEndpoints>(Study + "/series/{series}", (page, context) => page.ShowSeriesAsync(context))
            .RequireCaller(Operation.Query);
        endpoints
            .MapPage<StudyEndpoints>(Instance, (page, context) => page.ShowInstanceAsync(context))
            .RequireCaller(Operation.Retrieve);
        endpoints
            .MapPage<StudyEndpoints>(Instance + "/document", (page, context) => page.SendDocumentAsync(context))
            .RequireCaller(Operation.Retrieve);
    }

    private async Task ShowStudyAsync(HttpContext context)
    {
        var cancel = context.RequestAborted;
        var grant = context.Grant();
        if (context.StudyUid() is not { } uid || await reader.FindAsync(grant, uid, cancel) is not { } study)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        // Whoever looks at this page has seen the study: the trail says so, as it does for images.
        await grant.AuthorizeAsync(study.Facts(), cancel);
        var series = await reader.SeriesAsync(grant, uid, cancel);
        var documents = await reader.DocumentsAsync(grant, uid, series, cancel);
        var keys = await KeyObjectsAsync(context, uid, documents);
        var assigning = context.MayI(Operation.Assign) ? context.GrantFor(Operation.Assign) : null;
        await context.RenderAsync<StudyPage>(
            Visitors.Of(context),
            Values(
                nameof(StudyPage.Model),
                new StudyPageModel
                {
                    Study = study,
                    Series = series,
                    Documents = documents,
                    KeyImages = keys.Where(key => key.Reference.Series is not null)
                        .DistinctBy(key => key.Reference.Instance)
                        .GroupBy(key => key.Reference.Series!, StringComparer.Ordinal)
                        .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal),
                    Priors = await reader.PriorsAsync(grant, study, cancel),
                    Today = finder.Today,
                    Assigned = assigning is null ? [] : actions.AssignedTo(assigning, study.Facts()),
                    Referrers = assigning is null ? [] : actions.Referrers(),
                    MaySeeNames = TrailQueries.MaySeeNames(context.Caller()!),
                }
            )
        );
    }

    private async Task ShowSeriesAsync(HttpContext context)
    {
        var cancel = context.RequestAborted;
        var grant = context.Grant();
        var number = int.TryParse(context.Request.Query["page"], out var asked) ? Math.Clamp(asked, 1, 5_000) : 1;
        if (
            context.StudyUid() is not { } uid
            || context.SeriesUid() is not { } seriesUid
            || await reader.FindAsync(grant, uid, cancel) is not { } study
        )
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        var all = await reader.SeriesAsync(grant, uid, cancel);
        if (all.FirstOrDefault(one => one.SeriesUid == seriesUid.Value) is not { } series)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        var (found, hasMore) = await reader.InstancesAsync(grant, uid, seriesUid, number, cancel);
        var keys = await KeyObjectsAsync(context, uid, await reader.DocumentsAsync(grant, uid, all, cancel));
        await context.RenderAsync<SeriesPage>(
            Visitors.Of(context),
            Values(
                nameof(SeriesPage.Model),
                new SeriesPageModel
                {
                    Study = study,
                    Series = series,
                    Instances = found,
                    Page = number,
                    HasMore = hasMore,
                    KeyObjects = keys.DistinctBy(key => key.Reference.Instance)
                        .ToDictionary(key => key.Reference.Instance, key => key.Title, StringComparer.Ordinal),
                    Today = finder.Today,
                }
            )
        );
    }

    private async Task ShowInstanceAsync(HttpContext context)
    {
        var cancel = context.RequestAborted;
        if (
            context.StudyUid() is not { } uid
            || context.SeriesUid() is not { } series
            || context.InstanceUid() is not { } instance
            || context.GrantFor(Operation.Query) is not { } query
            || await reader.FindAsync(query, uid, cancel) is not { } study
            || await instances.ReadAsync(context.Grant(), uid, series, instance, cancel) is not var (found, header)
        )
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        await context.RenderAsync<InstancePage>(
            Visitors.Of(context),
            Values(
                nameof(InstancePage.Model),
                new InstancePageModel
                {
                    Study = study,
                    SeriesUid = series.Value,
                    InstanceUid = instance.Value,
                    Kind = InstanceKinds.Of(found.SopClass.Value),
                    ClassName = UidRegistry.Find(found.SopClass.Value)?.Name ?? found.SopClass.Value,
                    SyntaxName = UidRegistry.Find(found.TransferSyntax.Uid)?.Name ?? found.TransferSyntax.Uid,
                    Title = TitleOf(header),
                    Report = StructuredReport.Of(header),
                    Verifiers =
                    [
                        .. header
                            .GetItems(DicomTag.VerifyingObserverSequence)
                            .Select(one => one.GetString(DicomTag.VerifyingObserverName))
                            .OfType<string>(),
                    ],
                    Date = header.GetString(DicomTag.ContentDate),
                    Time = header.GetString(DicomTag.ContentTime),
                    Attributes = AttributeRows.Of(header),
                    Today = finder.Today,
                }
            )
        );
    }

    /// <summary>
    /// The document with the neutral name document.pdf. A PDF opens in the browser's own viewer or is saved; everything
    /// else is only saved, and sandboxed should a browser show it all the same.
    /// </summary>
    private async Task SendDocumentAsync(HttpContext context)
    {
        if (
            context.StudyUid() is not { } study
            || context.SeriesUid() is not { } series
            || context.InstanceUid() is not { } instance
        )
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        var response = context.Response;
        var wasSent = await instances.SendDocumentAsync(
            context.Grant(),
            (study, series, instance),
            (type, length) =>
            {
                var isPdf = type == "application/pdf";
                var isShown = isPdf && !context.Request.Query.ContainsKey("save");
                response.ContentType = isPdf ? "application/pdf" : "application/octet-stream";
                response.ContentLength = length;
                response.Headers.ContentDisposition =
                    (isShown ? "inline" : "attachment")
                    + (isPdf ? "; filename=\"document.pdf\"" : "; filename=\"document.bin\"");
                response.Headers.ContentSecurityPolicy = isShown ? DocumentPolicy : SandboxPolicy;
            },
            response.BodyWriter,
            context.RequestAborted
        );
        if (!wasSent)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
        }
    }

    private async Task<IReadOnlyList<(string Title, ReportReference Reference)>> KeyObjectsAsync(
        HttpContext context,
        StudyInstanceUid study,
        IReadOnlyList<InstanceSummary> documents
    ) =>
        documents.Any(one => one.Kind is InstanceKind.KeyObjects) && context.GrantFor(Operation.Retrieve) is { } grant
            ? await instances.KeyObjectsAsync(grant, study, documents, context.RequestAborted)
            : [];

    private static string? TitleOf(DataSet header) =>
        header.GetItems(DicomTag.ConceptNameCodeSequence) is [var concept, ..]
        && concept.GetString(DicomTag.CodeMeaning) is { } meaning
            ? meaning
            : header.GetString(DicomTag.DocumentTitle);

    private static Dictionary<string, object?> Values(string name, object model) =>
        new(StringComparer.Ordinal) { [name] = model };
}
