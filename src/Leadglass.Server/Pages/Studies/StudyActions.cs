using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Server.Pages.Layout;
using Leadglass.Server.Pages.Records;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages.Studies;

/// <summary>What the forms of the study page do: assign, share, reject, correct.</summary>
internal sealed class StudyActions(
    StudyReader reader,
    ImageArchive archive,
    AccessPolicy policy,
    TimeProvider clock,
    PageNotices notices
)
{
    private const string Study = "/studies/{study}";

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapForm<StudyActions>(Study + "/assign", (page, context, form) => page.AssignAsync(context, form))
            .RequireCaller(Operation.Assign);
        endpoints
            .MapForm<StudyActions>(Study + "/unassign", (page, context, form) => page.UnassignAsync(context, form))
            .RequireCaller(Operation.Assign);
        endpoints
            .MapForm<StudyActions>(Study + "/share", (page, context, form) => page.ShareAsync(context, form))
            .RequireCaller(Operation.Share);
        endpoints
            .MapForm<StudyActions>(Study + "/reject", (page, context, form) => page.RejectAsync(context, form))
            .RequireCaller(Operation.Reject);
        endpoints
            .MapForm<StudyActions>(Study + "/correct", (page, context, form) => page.CorrectAsync(context, form))
            .RequireCaller(Operation.Correct);
    }

    /// <summary>Accounts to whom studies can be assigned: id and name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Referrers() =>
        [
            .. policy
                .Registries.People.Current.All.Where(account =>
                    account.Enabled && account.Roles.Contains(Role.Referrer)
                )
                .Select(account => KeyValuePair.Create(account.Id, NameOf(account))),
        ];

    /// <summary>To whom a study is assigned.</summary>
    public IReadOnlyList<AssignedTo> AssignedTo(AccessGrant assigning, StudyFacts study) =>
        [
            .. policy
                .Registries.Assignments.Of(assigning, study)
                .Select(one => new AssignedTo(
                    one.Id,
                    policy.Registries.People.Current.Find(one.AccountId) is { } account
                        ? NameOf(account)
                        : one.AccountId,
                    one.Patient is not null,
                    one.Until
                )),
        ];

    private static string NameOf(Account account) =>
        account.DisplayName.Length > 0 ? $"{account.DisplayName} ({account.Name})" : account.Name;

    private Task AssignAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            async study =>
            {
                // To the end of the day that was chosen.
                DateTimeOffset? until = form.Date("until") is { } day ? EndOf(day) : null;
                var account =
                    policy.Registries.People.Current.Find(form.Text("account"))
                    ?? throw new ArgumentException("no such account", nameof(form));
                await policy.Registries.Assignments.AssignAsync(
                    context.Grant(),
                    study.Facts(),
                    account.Id,
                    form.Text("scope") == "patient",
                    until,
                    context.RequestAborted
                );
                return new PageNotice(ManagementTexts.Assigned);
            }
        );

    private Task UnassignAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            async study =>
            {
                var grant = context.Grant();
                var id = form.Text("assignment");
                var taken = policy.Registries.Assignments.Of(grant, study.Facts()).FirstOrDefault(one => one.Id == id);
                if (taken is null)
                {
                    return new PageNotice(FormTexts.NotThere, IsFault: true);
                }
                await policy.Registries.Assignments.TakeBackAsync(grant, taken, context.RequestAborted);
                return new PageNotice(ManagementTexts.TakenBack);
            }
        );

    private async Task ShareAsync(HttpContext context, SentForm form)
    {
        var preferences = PagePreferences.Of(context.Request);
        if (await FindAsync(context) is not { } study)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        MadeShare? made = null;
        var notice = await PageNotices.AttemptAsync(async () =>
        {
            var endsAt = clock.GetUtcNow().AddDays(Math.Clamp(form.Number("days") ?? 7, 1, 90));
            made = await policy.Registries.Shares.MakeAsync(
                context.Grant(),
                study.Facts(),
                new ShareRequest(form.Text("whom", 200), endsAt, preferences.Language.Code()),
                context.RequestServices.GetRequiredService<ISlowHash>(),
                context.RequestAborted
            );
            return new PageNotice(ManagementTexts.ShareMade);
        });
        if (made is null)
        {
            await notices.CarryOutAsync(context, PathOf(study), () => Task.FromResult(notice));
            return;
        }
        await context.RenderAsync<OncePage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(OncePage.Title)] = ManagementTexts.ShareMade,
                [nameof(OncePage.Lead)] = ManagementTexts.ShareShownOnce.In(preferences.Language),
                [nameof(OncePage.Items)] = new[]
                {
                    // The secret stands in the link's fragment, which no server and no log ever sees.
                    KeyValuePair.Create(
                        ManagementTexts.ShareLink,
                        $"https://{context.Request.Host}/shared/{made.Share.Id}#{made.LinkSecret}"
                    ),
                    KeyValuePair.Create(ManagementTexts.ShareCode, made.Code),
                },
                [nameof(OncePage.Note)] = ManagementTexts.ShareEnds.In(
                    preferences.Language,
                    new Wording(preferences.Language, clock.LocalTimeZone).Moment(made.Share.EndsAt)
                ),
                [nameof(OncePage.BackPath)] = PathOf(study),
                [nameof(OncePage.BackText)] = ManagementTexts.ToStudy,
            }
        );
    }

    // The study itself may be hidden by it, so the list of what is rejected says how it went.
    private Task RejectAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            RecordsEndpoints.RejectedList,
            async study =>
            {
                var reason =
                    form.Choice<RejectionReason>("reason") ?? throw new ArgumentException("no reason", nameof(form));
                SeriesInstanceUid? series = form.Text("series") is { Length: > 0 } uid
                    ? SeriesInstanceUid.TryParse(uid, out var parsed)
                        ? parsed
                        : throw new ArgumentException("no UID", nameof(form))
                    : null;
                var count = await archive.Rejections.RejectAsync(
                    context.Grant(),
                    study.Facts().Study,
                    series,
                    instances: null,
                    reason,
                    form.Text("text", Rejections.TextLengthMax),
                    context.RequestAborted
                );
                return new PageNotice(
                    new Text(
                        ManagementTexts.Rejected.In(Language.German, count),
                        ManagementTexts.Rejected.In(Language.English, count)
                    ),
                    IsFault: count == 0
                );
            }
        );

    private Task CorrectAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            async study =>
            {
                var given = NamePart(form.Text("given", 64));
                var isDone = await archive.Corrections.AssignAsync(
                    context.Grant(),
                    study.Facts().Study,
                    new PatientCorrection
                    {
                        PatientId = form.Text("patient", 64),
                        Issuer = NullIfEmpty(form.Text("issuer", 64)),
                        Name = NamePart(form.Text("family", 64)) + (given.Length == 0 ? "" : "^" + given),
                        BirthDate = form.Date("birth") is { } birth ? DicomDate.Format(birth) : null,
                        Sex = NullIfEmpty(form.Text("sex", 1)),
                    },
                    form.Text("reason", Corrections.ReasonLengthMax),
                    context.RequestAborted
                );
                return isDone
                    ? new PageNotice(ManagementTexts.Corrected)
                    : new PageNotice(FormTexts.NotThere, IsFault: true);
            }
        );

    private Task ActAsync(HttpContext context, Func<StudySummary, Task<PageNotice>> act) =>
        ActAsync(context, next: null, act);

    /// <param name="next">Which page says how it went; null: the study's.</param>
    private async Task ActAsync(HttpContext context, string? next, Func<StudySummary, Task<PageNotice>> act)
    {
        if (await FindAsync(context) is not { } study)
        {
            await WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
            return;
        }
        await notices.CarryOutAsync(context, next ?? PathOf(study), () => act(study));
    }

    private async Task<StudySummary?> FindAsync(HttpContext context) =>
        context.StudyUid() is { } uid && context.GrantFor(Operation.Query) is { } query
            ? await reader.FindAsync(query, uid, context.RequestAborted)
            : null;

    private DateTimeOffset EndOf(DateOnly day)
    {
        var midnight = day.AddDays(1).ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, clock.LocalTimeZone.GetUtcOffset(midnight));
    }

    /// <summary>One component of a name: without what parts components, groups and values (PS3.5 6.2.1).</summary>
    private static string NamePart(string text) =>
        string.Concat(text.Where(character => character is not ('^' or '=' or '\\') && !char.IsControl(character)));

    private static string PathOf(StudySummary study) => $"/studies/{study.StudyUid}";

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
