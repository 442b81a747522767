using Leadglass.Access;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.SignIn.Pages;

/// <summary>The way in for a new account: the one-time link, a password, a second factor.</summary>
internal sealed class EnrolPages(
    ArchiveHost host,
    SignInLinks links,
    AttemptLimit limit,
    PasswordWork work,
    SecondFactor factor,
    SignInSteps steps,
    SignInPages signIn,
    BrowserSessions sessions,
    SignInRecords records,
    UserManager<AccountUser> users
)
{
    public const string LinkPath = "/signin/link";

    private const string PasswordPath = "/signin/password";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.Page<EnrolPages>(LinkPath, static (_, context) => ShowLinkAsync(context, null)).StrangersWelcome();
        endpoints
            .Form<EnrolPages>(LinkPath, static (pages, context) => pages.OpenLinkAsync(context))
            .StrangersWelcome();
        endpoints.Page<EnrolPages>(PasswordPath, static (pages, context) => pages.AskAsync(context)).StrangersWelcome();
        endpoints
            .Form<EnrolPages>(PasswordPath, static (pages, context) => pages.ChooseAsync(context))
            .StrangersWelcome();
        endpoints
            .Page<EnrolPages>(SignInPages.EnrolPath, static (pages, context) => pages.ShowKeyAsync(context))
            .StrangersWelcome();
        endpoints
            .Form<EnrolPages>(SignInPages.EnrolPath, static (pages, context) => pages.SetUpAsync(context))
            .StrangersWelcome();
    }

    /// <summary>What a page shows of a key that is being set up.</summary>
    public static Dictionary<string, object?> KeyValues(string key, Account account, Text? fault) =>
        new(StringComparer.Ordinal)
        {
            [nameof(EnrolFactorPage.Key)] = key,
            [nameof(EnrolFactorPage.Uri)] = OneTimePassword.Uri(key, "Leadglass", account.Name),
            [nameof(EnrolFactorPage.Fault)] = fault,
        };

    private static Task ShowLinkAsync(HttpContext context, Text? fault) =>
        context.RenderAsync<LinkPage>(
            visitor: null,
            new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(LinkPage.Fault)] = fault },
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized
        );

    private async Task OpenLinkAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        var mayTry = limit.MayTry(address);
        // Used up here, before anything else: of two who try it at the same time, one has it.
        var account = mayTry ? await links.TakeAsync(await context.FieldAsync("secret"), context.RequestAborted) : null;
        if (account is not { Enabled: true, SignsInAtProvider: false })
        {
            limit.Fail(address);
            var reason = account is { Enabled: false } ? RefusalReason.AccountDisabled : RefusalReason.LinkExpired;
            records.Failed(account, mayTry ? reason : RefusalReason.AccountLocked, address);
            await ShowLinkAsync(context, SignInTexts.LinkOver);
            return;
        }

        if (host.Identity.IsDemo)
        {
            // A demonstration has nobody to protect and no time for passwords.
            await sessions.SignInAsync(context, account, SignInMethod.Link);
            await context.SeeOther("/");
            return;
        }

        steps.Begin(
            context,
            new SignInStep(SignInStage.ChoosePassword) { AccountId = account.Id, SecurityStamp = account.SecurityStamp }
        );
        await context.SeeOther(PasswordPath);
    }

    private async Task AskAsync(HttpContext context)
    {
        if (steps.Find(context, SignInStage.ChoosePassword) is { } step && await signIn.FindUserAsync(step) is { } user)
        {
            await ShowPasswordAsync(context, user, null);
        }
        else
        {
            await SignInPages.BeginAgain(context);
        }
    }

    private async Task ChooseAsync(HttpContext context)
    {
        if (
            steps.Find(context, SignInStage.ChoosePassword) is not { } step
            || await signIn.FindUserAsync(step) is not { } user
        )
        {
            await SignInPages.BeginAgain(context);
            return;
        }

        var password = await context.FieldAsync("password");
        if (password != await context.FieldAsync("again"))
        {
            await ShowPasswordAsync(context, user, SignInTexts.PasswordsDiffer);
        }
        else if (!await IsStrongAsync(user, password))
        {
            await ShowPasswordAsync(context, user, SignInTexts.PasswordWeak);
        }
        else if (!steps.End(context))
        {
            await SignInPages.BeginAgain(context);
        }
        else
        {
            await KeepAsync(user, password, context.RequestAborted);
            await signIn.GoOnAsync(context, user, SignInMethod.Link, "/");
        }
    }

    private async Task ShowKeyAsync(HttpContext context)
    {
        if (
            steps.Find(context, SignInStage.EnrolFactor) is { AuthenticatorKey: { } key } step
            && await signIn.FindUserAsync(step) is { } user
        )
        {
            await ShowKeyAsync(context, key, user.Account, null);
        }
        else
        {
            await SignInPages.BeginAgain(context);
        }
    }

    private async Task SetUpAsync(HttpContext context)
    {
        if (
            steps.Find(context, SignInStage.EnrolFactor) is not { AuthenticatorKey: { } key } step
            || await signIn.FindUserAsync(step) is not { } user
        )
        {
            await SignInPages.BeginAgain(context);
            return;
        }

        var account = user.Account;
        if (await factor.SetUpAsync(user, key, await context.FieldAsync("code")) is not { } codes)
        {
            await (
                steps.Fail(context)
                    ? ShowKeyAsync(context, key, account, SignInTexts.CodeWrong)
                    : SignInPages.BeginAgain(context)
            );
            return;
        }

        steps.End(context);
        await sessions.SignInAsync(context, user.Account, SignInMethod.PasswordAndCode);
        await ShowCodesAsync(context, codes, step.Return);
    }

    /// <summary>Recovery codes, told once.</summary>
    public static Task ShowCodesAsync(HttpContext context, IReadOnlyList<string> codes, string returnTo) =>
        context.RenderAsync<RecoveryCodesPage>(
            visitor: null,
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(RecoveryCodesPage.Codes)] = codes,
                [nameof(RecoveryCodesPage.Return)] = returnTo,
            }
        );

    /// <summary>Whether a password may be chosen.</summary>
    public async Task<bool> IsStrongAsync(AccountUser user, string password)
    {
        foreach (var validator in users.PasswordValidators)
        {
            if (!(await validator.ValidateAsync(users, user, password)).Succeeded)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Keeps a chosen password. Sessions and steps that rest on the former one are void.</summary>
    /// <exception cref="StateException">Too much is under way, or the account has changed meanwhile.</exception>
    public async Task KeepAsync(AccountUser user, string password, CancellationToken cancellationToken)
    {
        var done = await work.TryRunAsync(
            user.Account.Name,
            async () =>
            {
                user.Account = user.Account with
                {
                    PasswordHash = users.PasswordHasher.HashPassword(user, password),
                    Link = null,
                };
                SecondFactor.Succeed(await users.UpdateSecurityStampAsync(user));
            },
            cancellationToken
        );
        if (!done)
        {
            throw new StateException("too many sign-ins at this moment: try again");
        }
    }

    private static Task ShowPasswordAsync(HttpContext context, AccountUser user, Text? fault) =>
        context.RenderAsync<ChoosePasswordPage>(
            visitor: null,
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(ChoosePasswordPage.UserName)] = user.Account.Name,
                [nameof(ChoosePasswordPage.Fault)] = fault,
            },
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity
        );

    private static Task ShowKeyAsync(HttpContext context, string key, Account account, Text? fault)
    {
        var values = KeyValues(key, account, fault);
        values[nameof(EnrolFactorPage.IsAsked)] = true;
        return context.RenderAsync<EnrolFactorPage>(
            visitor: null,
            values,
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized
        );
    }
}
