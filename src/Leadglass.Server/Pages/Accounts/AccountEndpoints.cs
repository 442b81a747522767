using Leadglass.Access;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Studies;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Pages.Accounts;

/// <summary>A person's own pages: who one is here, sessions, shares, emergency access.</summary>
internal sealed class AccountEndpoints(AccessPolicy policy, TimeProvider clock, PageNotices notices, SearchViews views)
{
    private const string Own = "/account";
    private const string Emergency = "/emergency";

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPage<AccountEndpoints>(Own, (page, context) => page.ShowAsync(context)).AnyCaller();
        endpoints
            .MapForm<AccountEndpoints>(Own + "/shares/end", (page, context, form) => page.EndShareAsync(context, form))
            .RequireCaller(Operation.Share);
        endpoints
            .MapPage<AccountEndpoints>(
                Emergency,
                (_, context) => context.RenderAsync<EmergencyPage>(Visitors.Of(context))
            )
            .RequireCaller(Operation.BreakGlass);
        endpoints
            .MapForm<AccountEndpoints>(Emergency, (page, context, form) => page.OpenPatientAsync(context, form))
            .RequireCaller(Operation.BreakGlass);
    }

    private Task ShowAsync(HttpContext context)
    {
        var registries = policy.Registries;
        if (
            context.Caller() is not PersonIdentity person
            || registries.People.Current.Find(person.AccountId) is not { } account
        )
        {
            return WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);
        }
        return context.RenderAsync<AccountPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(AccountPage.Account)] = account,
                [nameof(AccountPage.Sessions)] = registries.Sessions.Of(account.Id),
                [nameof(AccountPage.CurrentSession)] = person.SessionId,
                [nameof(AccountPage.Shares)] = registries
                    .Shares.All.Where(share => share.MadeById == account.Id)
                    .ToList(),
                [nameof(AccountPage.Emergencies)] = registries.BreakGlass.OpenOf(person),
                [nameof(AccountPage.Now)] = clock.GetUtcNow(),
            }
        );
    }

    private Task EndShareAsync(HttpContext context, SentForm form) =>
        notices.CarryOutAsync(
            context,
            Own,
            async () =>
            {
                await policy.Registries.Shares.RevokeAsync(context.Grant(), form.Text("share"), context.RequestAborted);
                return new PageNotice(AdminTexts.ShareEnded);
            }
        );

    /// <summary>Opens the patient, and goes to a list of what they have.</summary>
    private async Task OpenPatientAsync(HttpContext context, SentForm form)
    {
        var patient = new PatientKey(form.Text("patient", 64), form.Text("issuer", 64));
        var notice = await PageNotices.AttemptAsync(async () =>
        {
            await policy.Registries.BreakGlass.OpenPatientAsync(
                context.Grant(),
                patient,
                form.Text("reason", BreakGlassRecords.ReasonLengthMax),
                context.RequestAborted
            );
            return new PageNotice(AccountTexts.Opened);
        });
        if (notice.IsFault)
        {
            await notices.CarryOutAsync(context, Emergency, () => Task.FromResult(notice));
            return;
        }
        notices.Keep(context, "/", notice);
        var view = views.Keep(context.Caller()!.Key, new StudyListQuery { PatientId = patient.PatientId });
        await context.SeeOther($"/?view={view}");
    }
}
