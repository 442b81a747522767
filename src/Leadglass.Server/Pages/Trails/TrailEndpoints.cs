using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Studies;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Pages.Trails;

/// <summary>The trail for data protection, the review of emergency access, and who saw a study.</summary>
internal sealed class TrailEndpoints(
    ArchiveHost host,
    AccessPolicy policy,
    StudyReader reader,
    TimeProvider clock,
    PageNotices notices
)
{
    private const int EntriesPerPage = 200;
    private const string Trail = "/trail";
    private const string Emergency = Trail + "/emergency";

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<TrailEndpoints>(Trail, (page, context) => page.ShowAsync(context, new TrailModel(), long.MaxValue))
            .RequireCaller(Operation.ReadTrail);
        endpoints
            .MapForm<TrailEndpoints>(Trail, (page, context, form) => page.AskAsync(context, form))
            .RequireCaller(Operation.ReadTrail);
        endpoints
            .MapPage<TrailEndpoints>(Emergency, (page, context) => page.ListEmergencyAsync(context))
            .RequireCaller(Operation.ReadTrail);
        endpoints
            .MapForm<TrailEndpoints>(Emergency, (page, context, form) => page.ReviewAsync(context, form))
            .RequireCaller(Operation.ReadTrail);
        endpoints
            .MapPage<TrailEndpoints>("/studies/{study}/seen-by", (page, context) => page.ShowSeenByAsync(context))
            .AnyCaller();
    }

    private Task AskAsync(HttpContext context, SentForm form) =>
        ShowAsync(
            context,
            new TrailModel
            {
                Since = form.Date("since"),
                Until = form.Date("until"),
                Who = form.Text("who", 200),
                PatientId = form.Text("patient", 64),
                Issuer = form.Text("issuer", 64),
                Study = form.Text("study", 64),
                Event = form.Choice<AuditEvent>("event"),
            },
            long.TryParse(form.Text("before"), out var before) ? before : long.MaxValue
        );

    private async Task ShowAsync(HttpContext context, TrailModel asked, long before)
    {
        var isStudy = StudyInstanceUid.TryParse(asked.Study, out var study);
        var answer =
            asked.Study.Length > 0 && !isStudy
                ? null
                : await host.TrailQueries.ReadAsync(
                    context.Grant(),
                    new TrailQuestion
                    {
                        Since = asked.Since is { } since ? MidnightOf(since) : null,
                        Until = asked.Until is { } until ? MidnightOf(until.AddDays(1)) : null,
                        Who = asked.Who.Length > 0 ? asked.Who : null,
                        Patient = asked.PatientId.Length > 0 ? new PatientKey(asked.PatientId, asked.Issuer) : null,
                        Study = isStudy ? study : null,
                        Events = asked.Event is { } kind ? [kind] : [],
                        Limit = EntriesPerPage,
                        Before = before,
                    },
                    context.RequestAborted
                );
        var model = new TrailModel
        {
            Since = asked.Since,
            Until = asked.Until,
            Who = asked.Who,
            PatientId = asked.PatientId,
            Issuer = asked.Issuer,
            Study = asked.Study,
            Event = asked.Event,
            Answer = answer,
        };
        await context.RenderAsync<TrailPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(TrailPage.Model)] = model }
        );
    }

    private async Task ListEmergencyAsync(HttpContext context) =>
        await context.RenderAsync<EmergencyReviewPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(EmergencyReviewPage.Records)] = await policy.Registries.BreakGlass.ListAsync(
                    context.Grant(),
                    context.RequestAborted
                ),
            }
        );

    private Task ReviewAsync(HttpContext context, SentForm form) =>
        notices.CarryOutAsync(
            context,
            Emergency,
            async () =>
            {
                var finding = form.Text("finding", BreakGlassRecords.ReasonLengthMax);
                await policy.Registries.BreakGlass.ReviewAsync(
                    context.Grant(),
                    form.Text("record"),
                    finding.Length > 0 ? finding : null,
                    context.RequestAborted
                );
                return new PageNotice(TrailTexts.ReviewNoted);
            }
        );

    /// <summary>Whoever reads the trail may ask about every study, a radiologist or the records about what they may see.</summary>
    private async Task ShowSeenByAsync(HttpContext context)
    {
        if (context.StudyUid() is not { } uid)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        var operation = context.MayI(Operation.ReadTrail) ? Operation.ReadTrail : Operation.Query;
        if (
            (operation is Operation.Query && !TrailQueries.MaySeeNames(context.Caller()!))
            || context.GrantFor(operation) is not { } grant
        )
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status403Forbidden);
            return;
        }
        var facts =
            operation is Operation.ReadTrail
                ? new StudyFacts { Study = uid }
                : (await reader.FindAsync(grant, uid, context.RequestAborted))?.Facts();
        if (facts is null)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        await context.RenderAsync<SeenByPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(SeenByPage.Study)] = uid.Value,
                [nameof(SeenByPage.SeenBy)] = await host.TrailQueries.SeenByAsync(grant, facts, context.RequestAborted),
            }
        );
    }

    private DateTimeOffset MidnightOf(DateOnly day)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, clock.LocalTimeZone.GetUtcOffset(midnight));
    }
}
