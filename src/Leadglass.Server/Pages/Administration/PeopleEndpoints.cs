using Leadglass.Access;
using Leadglass.Server.Pages.Layout;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.SignIn;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Pages.Administration;

/// <summary>
/// Accounts: administrators make them and ask for rights, a second person confirms. Who may confirm sees the list too.
/// </summary>
internal sealed class PeopleEndpoints(AccessPolicy policy, PersonAdministration people, PageNotices notices)
{
    private const string People = "/admin/users";
    private const string Person = People + "/{account}";

    private Appointments Appointments => policy.Registries.Appointments;

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<PeopleEndpoints>("/admin", (_, context) => context.SeeOther(People))
            .RequireCaller(Operation.Confirm);
        endpoints
            .MapPage<PeopleEndpoints>(People, (page, context) => page.ListAsync(context))
            .RequireCaller(Operation.Confirm);
        endpoints
            .MapForm<PeopleEndpoints>(People, (page, context, form) => page.AddAsync(context, form))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapPage<PeopleEndpoints>(Person, (page, context) => page.ShowAsync(context))
            .RequireCaller(Operation.Confirm);
        endpoints
            .MapForm<PeopleEndpoints>(Person + "/enabled", (page, context, form) => page.EnableAsync(context, form))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<PeopleEndpoints>(Person + "/ask", (page, context, form) => page.AskAsync(context, form))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<PeopleEndpoints>(Person + "/withdraw", (page, context, form) => page.WithdrawAsync(context, form))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<PeopleEndpoints>(Person + "/link", (page, context, _) => page.ReplaceLinkAsync(context))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<PeopleEndpoints>(Person + "/confirm", (page, context, form) => page.ConfirmAsync(context, form))
            .RequireCaller(Operation.Confirm);
        endpoints
            .MapForm<PeopleEndpoints>(Person + "/decline", (page, context, form) => page.DeclineAsync(context, form))
            .RequireCaller(Operation.Confirm);
    }

    private Task ListAsync(HttpContext context) =>
        context.RenderAsync<PeoplePage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(PeoplePage.Accounts)] = policy.Registries.People.Current.All.ToList(),
                [nameof(PeoplePage.LastSignIn)] =
                    (Func<Account, DateTimeOffset?>)(
                        account => policy.Registries.People.Traces.Of(account.Id).LastSignInAt
                    ),
            }
        );

    private Task ShowAsync(HttpContext context) =>
        policy.Registries.People.Current.Find(AccountId(context)) is { } account
            ? context.RenderAsync<PersonPage>(
                Visitors.Of(context),
                new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(PersonPage.Account)] = account }
            )
            : WebPages.AnswerErrorAsync(context, StatusCodes.Status404NotFound);

    private Task AddAsync(HttpContext context, SentForm form) =>
        InviteAsync(
            context,
            People,
            () =>
                people.AddAsync(
                    context.Grant(),
                    new PersonRequest(
                        form.Text("name", Account.NameLengthMax),
                        form.Text("display", 128),
                        [.. Listed(form.Text("departments", 512))],
                        [.. form.Choices<Role>("role")],
                        form.Text("referring", ReferringIdentity.LengthMax) is { Length: > 0 } name
                            ? [ReferringIdentity.ByName(name)]
                            : []
                    ),
                    context.RequestAborted
                )
        );

    private Task ReplaceLinkAsync(HttpContext context) =>
        InviteAsync(
            context,
            PathOf(AccountId(context)),
            () => people.ResetAsync(context.Grant(), AccountId(context), context.RequestAborted)
        );

    /// <summary>Shows the link once, or goes back and says why there is none.</summary>
    private async Task InviteAsync(HttpContext context, string back, Func<Task<InvitedPerson>> invite)
    {
        InvitedPerson? invited = null;
        var notice = await PageNotices.AttemptAsync(async () =>
        {
            invited = await invite();
            return new PageNotice(AdminTexts.Changed);
        });
        if (invited is null)
        {
            await notices.CarryOutAsync(context, back, () => Task.FromResult(notice));
            return;
        }
        var link = invited.Link.StartsWith('/') ? $"https://{context.Request.Host}{invited.Link}" : invited.Link;
        await context.RenderAsync<OncePage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(OncePage.Title)] = AdminTexts.Invitation,
                [nameof(OncePage.Lead)] = AdminTexts.InvitationLead.In(
                    PagePreferences.Of(context.Request).Language,
                    SafeText.Line(invited.Account.Name)
                ),
                [nameof(OncePage.Items)] = new[] { KeyValuePair.Create(AdminTexts.Link, link) },
                [nameof(OncePage.BackPath)] = PathOf(invited.Account.Id),
                [nameof(OncePage.BackText)] = AdminTexts.BackToPeople,
            }
        );
    }

    private Task EnableAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            AdminTexts.Changed,
            id =>
                Appointments.SetEnabledAsync(context.Grant(), id, form.Text("enabled") == "yes", context.RequestAborted)
        );

    private Task AskAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            AdminTexts.Asked,
            id =>
                form.Choice<Role>("role") is { } role
                    ? Appointments.RequestAsync(context.Grant(), id, role, context.RequestAborted)
                    : Appointments.RequestAsync(
                        context.Grant(),
                        id,
                        ReferringIdentity.ByName(form.Text("referring", ReferringIdentity.LengthMax)),
                        context.RequestAborted
                    )
        );

    private Task WithdrawAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            AdminTexts.Changed,
            id =>
            {
                if (form.Choice<Role>("role") is { } role)
                {
                    return Appointments.WithdrawAsync(context.Grant(), id, role, context.RequestAborted);
                }
                var identity =
                    policy
                        .Registries.People.Current.Find(id)
                        ?.ReferringIdentities.FirstOrDefault(one =>
                            PersonPage.TextOf(one) == form.Text("name", ReferringIdentity.LengthMax)
                        )
                    ?? throw new StaleRecordException();
                return Appointments.WithdrawAsync(context.Grant(), id, identity, context.RequestAborted);
            }
        );

    private Task ConfirmAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            AdminTexts.Confirmed,
            id => Appointments.ConfirmAsync(context.Grant(), id, form.Text("pending"), context.RequestAborted).AsTask()
        );

    private Task DeclineAsync(HttpContext context, SentForm form) =>
        ActAsync(
            context,
            AdminTexts.Declined,
            id => Appointments.DeclineAsync(context.Grant(), id, form.Text("pending"), context.RequestAborted)
        );

    private Task ActAsync(HttpContext context, Text done, Func<string, ValueTask<Account>> act) =>
        ActAsync(context, done, id => act(id).AsTask());

    private Task ActAsync(HttpContext context, Text done, Func<string, Task> act)
    {
        var id = AccountId(context);
        return notices.CarryOutAsync(
            context,
            PathOf(id),
            async () =>
            {
                await act(id);
                return new PageNotice(done);
            }
        );
    }

    private static string AccountId(HttpContext context) => context.GetRouteValue("account") as string ?? "";

    private static string PathOf(string accountId) => $"{People}/{Uri.EscapeDataString(accountId)}";

    private static IEnumerable<string> Listed(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
