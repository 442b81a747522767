using Leadglass.Access;
using Leadglass.Server.Pages;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.SignIn.Pages;

/// <summary>
/// What people change about how they themselves sign in. Each change takes the present password, so that an unwatched
/// workstation gives nobody an account for good.
/// </summary>
internal sealed class AccountPages(
    PasswordSignIn passwords,
    EnrolPages enrolment,
    SecondFactor factor,
    SignInSteps steps,
    BrowserSessions browser,
    Sessions sessions,
    SignInRecords records,
    UserManager<AccountUser> users
)
{
    private const string PasswordPath = "/account/password";
    private const string FactorPath = "/account/second-factor";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.Page<AccountPages>(PasswordPath, static (_, context) => ShowPasswordAsync(context)).AnyCaller();
        endpoints.Form<AccountPages>(PasswordPath, static (pages, context) => pages.ChangeAsync(context)).AnyCaller();
        endpoints.Page<AccountPages>(FactorPath, static (pages, context) => pages.ShowFactorAsync(context)).AnyCaller();
        endpoints.Form<AccountPages>(FactorPath, static (pages, context) => pages.ReplaceAsync(context)).AnyCaller();
        endpoints
            .Form<AccountPages>($"{FactorPath}/codes", static (pages, context) => pages.RenewCodesAsync(context))
            .AnyCaller();
        endpoints
            .Form<AccountPages>("/account/sessions/end", static (pages, context) => pages.EndAsync(context))
            .AnyCaller();
    }

    /// <summary>Whose session it is; null: no person's.</summary>
    public async Task<AccountUser?> FindSelfAsync(HttpContext context) =>
        context.Caller() is PersonIdentity person ? await users.FindByIdAsync(person.AccountId) : null;

    private async Task ChangeAsync(HttpContext context)
    {
        var password = await context.FieldAsync("password");
        if (await ProveAsync(context, "present") is not { } user)
        {
            await ShowPasswordAsync(context, presentFault: SignInTexts.PasswordWrong);
        }
        else if (password != await context.FieldAsync("again"))
        {
            await ShowPasswordAsync(context, fault: SignInTexts.PasswordsDiffer);
        }
        else if (!await enrolment.IsStrongAsync(user, password))
        {
            await ShowPasswordAsync(context, fault: SignInTexts.PasswordWeak);
        }
        else
        {
            await records.MeansChangedAsync(context.Caller()!, "password changed", context.RequestAborted);
            await enrolment.KeepAsync(user, password, context.RequestAborted);
            await browser.RenewAsync(context, user.Account);
            await context.SeeOther($"{PasswordPath}?done=1");
        }
    }

    private async Task ShowFactorAsync(HttpContext context, Text? fault = null)
    {
        var account = (await FindSelfAsync(context))?.Account;
        await context.RenderAsync<FactorsPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(FactorsPage.IsOn)] = account is not null && SecondFactor.IsSetUp(account),
                [nameof(FactorsPage.CodesLeft)] = account?.RecoveryCodeHashes.Length ?? 0,
                [nameof(FactorsPage.Fault)] = fault,
            },
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized
        );
    }

    /// <summary>First the password, then the code of the new device.</summary>
    private async Task ReplaceAsync(HttpContext context)
    {
        if (steps.Find(context, SignInStage.ReplaceFactor) is { AuthenticatorKey: { } key } step)
        {
            await SetUpAsync(context, step, key);
            return;
        }

        if (await ProveAsync(context, "password") is not { } user)
        {
            await ShowFactorAsync(context, SignInTexts.PasswordWrong);
            return;
        }

        var fresh = new SignInStep(SignInStage.ReplaceFactor)
        {
            AccountId = user.Id,
            SecurityStamp = user.Account.SecurityStamp,
            AuthenticatorKey = OneTimePassword.NewKey(),
        };
        steps.Begin(context, fresh);
        await ShowKeyAsync(context, fresh.AuthenticatorKey, user.Account, null);
    }

    private async Task SetUpAsync(HttpContext context, SignInStep step, string key)
    {
        var user = await FindSelfAsync(context);
        if (user is null || user.Id != step.AccountId || user.Account.SecurityStamp != step.SecurityStamp)
        {
            steps.End(context);
            await context.SeeOther(FactorPath);
            return;
        }

        var account = user.Account;
        if (await factor.SetUpAsync(user, key, await context.FieldAsync("code")) is not { } codes)
        {
            await (
                steps.Fail(context)
                    ? ShowKeyAsync(context, key, account, SignInTexts.CodeWrong)
                    : context.SeeOther(FactorPath)
            );
            return;
        }

        steps.End(context);
        await records.MeansChangedAsync(context.Caller()!, "second factor set up", context.RequestAborted);
        await browser.RenewAsync(context, user.Account);
        await EnrolPages.ShowCodesAsync(context, codes, "/account");
    }

    private async Task RenewCodesAsync(HttpContext context)
    {
        if (await ProveAsync(context, "password") is not { } user || !SecondFactor.IsSetUp(user.Account))
        {
            await ShowFactorAsync(context, SignInTexts.PasswordWrong);
            return;
        }

        await records.MeansChangedAsync(context.Caller()!, "new recovery codes", context.RequestAborted);
        var codes = await factor.RenewCodesAsync(user);
        await browser.RenewAsync(context, user.Account);
        await EnrolPages.ShowCodesAsync(context, codes, "/account");
    }

    private async Task EndAsync(HttpContext context)
    {
        if (context.Caller() is not PersonIdentity person)
        {
            await context.SeeOther("/account");
            return;
        }

        var which = await context.FieldAsync("session");
        await records.SignedOutAsync(
            person,
            which is "all" or "others" ? $"{which} sessions ended" : "session ended",
            context.RequestAborted
        );
        if (which is "all" or "others")
        {
            await sessions.EndAllAsync(
                person.AccountId,
                which == "all" ? null : person.SessionId,
                context.RequestAborted
            );
        }
        else if (sessions.Find(which) is { } session && session.AccountId == person.AccountId)
        {
            await sessions.EndAsync(session.Id, context.RequestAborted);
        }

        await context.SeeOther("/account");
    }

    /// <summary>The person, when the field holds their password. Wrong ones count as anywhere.</summary>
    public async Task<AccountUser?> ProveAsync(HttpContext context, string field) =>
        await ProvePasswordAsync(context, await context.FieldAsync(field));

    /// <summary>The person, when the password is theirs. Wrong ones count as anywhere.</summary>
    public async Task<AccountUser?> ProvePasswordAsync(HttpContext context, string password)
    {
        if (context.Caller() is not PersonIdentity person)
        {
            return null;
        }

        var answer = await passwords.TryAsync(
            person.Name,
            password,
            context.Connection.RemoteIpAddress,
            context.RequestAborted
        );
        return answer.User?.Id == person.AccountId ? answer.User : null;
    }

    private static Task ShowPasswordAsync(HttpContext context, Text? presentFault = null, Text? fault = null) =>
        context.RenderAsync<PasswordPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(PasswordPage.IsDone)] = context.Request.Query.ContainsKey("done"),
                [nameof(PasswordPage.PresentFault)] = presentFault,
                [nameof(PasswordPage.Fault)] = fault,
            },
            presentFault is not null ? StatusCodes.Status401Unauthorized
                : fault is not null ? StatusCodes.Status422UnprocessableEntity
                : StatusCodes.Status200OK
        );

    private static Task ShowKeyAsync(HttpContext context, string key, Account account, Text? fault)
    {
        var values = EnrolPages.KeyValues(key, account, fault);
        values[nameof(EnrolFactorPage.Action)] = FactorPath;
        return context.RenderAsync<EnrolFactorPage>(
            visitor: null,
            values,
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized
        );
    }
}
