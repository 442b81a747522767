using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Pages.Records;

/// <summary>What whoever keeps the records looks at and decides: conflicts, rejections, corrections.</summary>
internal sealed class RecordsEndpoints(ImageArchive archive, PageNotices notices)
{
    /// <summary>The page of what is rejected.</summary>
    public const string RejectedList = "/records/rejected";

    private const int ShownMax = 500;
    private const int ReasonLengthMax = 1024;
    private const string ConflictList = "/records/conflicts";
    private const string Conflict = ConflictList + "/{content}";

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<RecordsEndpoints>("/records", (_, context) => context.SeeOther(ConflictList))
            .RequireCaller(Operation.ResolveConflict);
        endpoints
            .MapPage<RecordsEndpoints>(ConflictList, (page, context) => page.ListConflictsAsync(context))
            .RequireCaller(Operation.ResolveConflict);
        endpoints
            .MapPage<RecordsEndpoints>(Conflict, (page, context) => page.ShowConflictAsync(context))
            .RequireCaller(Operation.ResolveConflict);
        endpoints
            .MapForm<RecordsEndpoints>(Conflict + "/accept", (page, context, form) => page.AcceptAsync(context, form))
            .RequireCaller(Operation.ResolveConflict);
        endpoints
            .MapForm<RecordsEndpoints>(Conflict + "/discard", (page, context, form) => page.DiscardAsync(context, form))
            .RequireCaller(Operation.ResolveConflict);
        endpoints
            .MapPage<RecordsEndpoints>(RejectedList, (page, context) => page.ListRejectedAsync(context))
            .RequireCaller(Operation.Reject);
        endpoints
            .MapForm<RecordsEndpoints>(
                RejectedList + "/restore",
                (page, context, form) => page.RestoreAsync(context, form)
            )
            .RequireCaller(Operation.Reject);
        endpoints
            .MapPage<RecordsEndpoints>("/records/corrections", (page, context) => page.ListCorrectionsAsync(context))
            .RequireCaller(Operation.Correct);
    }

    private async Task ListConflictsAsync(HttpContext context)
    {
        var (conflicts, isCut) = await FirstAsync(archive.Conflicts.ListAsync(context.Grant(), context.RequestAborted));
        await context.RenderAsync<ConflictsPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(ConflictsPage.Conflicts)] = conflicts,
                [nameof(ConflictsPage.IsCut)] = isCut,
            }
        );
    }

    private async Task ShowConflictAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } conflict)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        await context.RenderAsync<ConflictPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(ConflictPage.Conflict)] = conflict,
                [nameof(ConflictPage.Comparison)] = await archive.Conflicts.CompareAsync(
                    context.Grant(),
                    conflict,
                    context.RequestAborted
                ),
            }
        );
    }

    private Task AcceptAsync(HttpContext context, SentForm form) =>
        DecideAsync(
            context,
            form,
            async (conflict, reason) =>
                await archive.Conflicts.AcceptAsync(context.Grant(), conflict, reason, context.RequestAborted)
                    ? new PageNotice(RecordsTexts.Accepted)
                    : new PageNotice(RecordsTexts.NotAccepted, IsFault: true)
        );

    private Task DiscardAsync(HttpContext context, SentForm form) =>
        DecideAsync(
            context,
            form,
            async (conflict, reason) =>
            {
                await archive.Conflicts.DiscardAsync(context.Grant(), [conflict], reason, context.RequestAborted);
                return new PageNotice(RecordsTexts.Discarded);
            }
        );

    private Task DecideAsync(
        HttpContext context,
        SentForm form,
        Func<QuarantinedInstance, string, Task<PageNotice>> decide
    ) =>
        notices.CarryOutAsync(
            context,
            ConflictList,
            async () =>
            {
                var reason = form.Text("reason", ReasonLengthMax);
                ArgumentException.ThrowIfNullOrWhiteSpace(reason);
                return await FindAsync(context) is { } conflict
                    ? await decide(conflict, reason)
                    : new PageNotice(FormTexts.NotThere, IsFault: true);
            }
        );

    private async Task ListRejectedAsync(HttpContext context)
    {
        var (rejected, isCut) = await FirstAsync(archive.Rejections.ListAsync(context.Grant(), context.RequestAborted));
        await context.RenderAsync<RejectedPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(RejectedPage.Rejected)] = rejected,
                [nameof(RejectedPage.IsCut)] = isCut,
            }
        );
    }

    private Task RestoreAsync(HttpContext context, SentForm form) =>
        notices.CarryOutAsync(
            context,
            RejectedList,
            async () =>
            {
                if (!StudyInstanceUid.TryParse(form.Text("study"), out var study))
                {
                    throw new ArgumentException("no UID", nameof(form));
                }
                var count = await archive.Rejections.RestoreAsync(
                    context.Grant(),
                    study,
                    instances: null,
                    text: "",
                    context.RequestAborted
                );
                return new PageNotice(
                    new Text(
                        RecordsTexts.Restored.In(Language.German, count),
                        RecordsTexts.Restored.In(Language.English, count)
                    ),
                    IsFault: count == 0
                );
            }
        );

    private async Task ListCorrectionsAsync(HttpContext context)
    {
        var (corrections, isCut) = await FirstAsync(
            archive.Corrections.ListAsync(context.Grant(), context.RequestAborted)
        );
        await context.RenderAsync<CorrectionsPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(CorrectionsPage.Corrections)] = corrections,
                [nameof(CorrectionsPage.IsCut)] = isCut,
            }
        );
    }

    private async Task<QuarantinedInstance?> FindAsync(HttpContext context)
    {
        var content = context.GetRouteValue("content") as string;
        await foreach (var one in archive.Conflicts.ListAsync(context.Grant(), context.RequestAborted))
        {
            if (one.Content.ToString() == content)
            {
                return one;
            }
        }
        return null;
    }

    private static async Task<(List<T> First, bool IsCut)> FirstAsync<T>(IAsyncEnumerable<T> all)
    {
        List<T> first = [];
        await foreach (var one in all)
        {
            if (first.Count == ShownMax)
            {
                return (first, true);
            }
            first.Add(one);
        }
        return (first, false);
    }
}
