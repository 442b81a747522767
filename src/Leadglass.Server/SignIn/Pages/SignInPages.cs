using Leadglass.Access;
using Leadglass.Server.Configuration;
using Leadglass.Server.Pages;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.SignIn.Provider;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.SignIn.Pages;

/// <summary>Signing in with name, password and second factor, and signing out.</summary>
internal sealed class SignInPages(
    PasswordSignIn passwords,
    PasswordWork work,
    SecondFactor factor,
    SignInSteps steps,
    BrowserSessions sessions,
    SignInRecords records,
    UserManager<AccountUser> users,
    ServeOptions options
)
{
    public const string Path = "/signin";
    public const string CodePath = "/signin/code";
    public const string EnrolPath = "/signin/enrol";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.Page<SignInPages>(Path, static (pages, context) => pages.ShowAsync(context)).StrangersWelcome();
        endpoints.Form<SignInPages>(Path, static (pages, context) => pages.TryAsync(context)).StrangersWelcome();
        endpoints
            .Page<SignInPages>(CodePath, static (pages, context) => pages.AskCodeAsync(context))
            .StrangersWelcome();
        endpoints
            .Form<SignInPages>(CodePath, static (pages, context) => pages.TryCodeAsync(context))
            .StrangersWelcome();
        endpoints
            .Form<SignInPages>("/signout", static (pages, context) => pages.LeaveAsync(context))
            .StrangersWelcome();
    }

    /// <summary>The page, with what there is to say.</summary>
    public Task ShowAsync(
        HttpContext context,
        Text? notice = null,
        string? name = null,
        string? returnTo = null,
        int status = StatusCodes.Status200OK
    ) =>
        context.RenderAsync<SignInPage>(
            visitor: null,
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(SignInPage.Return)] = returnTo ?? LocalPath.Of(context.Request.Query["return"]),
                [nameof(SignInPage.UserName)] = name,
                [nameof(SignInPage.Provider)] = options.SignIn.OpenIdConnect?.DisplayName,
                [nameof(SignInPage.Notice)] = notice ?? NoticeOf(context.Request.Query["notice"]),
                [nameof(SignInPage.IsFault)] = notice is not null || context.Request.Query["notice"] != "out",
            },
            status
        );

    /// <summary>The first factor is proved: asks for the second, has it set up, or signs in.</summary>
    public async Task GoOnAsync(HttpContext context, AccountUser user, SignInMethod method, string returnTo)
    {
        var step = new SignInStep(SignInStage.ProveFactor)
        {
            AccountId = user.Id,
            SecurityStamp = user.Account.SecurityStamp,
            Return = returnTo,
        };
        if (SecondFactor.IsSetUp(user.Account))
        {
            steps.Begin(context, step);
            await context.SeeOther(CodePath);
        }
        else if (factor.IsNeeded(user.Account))
        {
            steps.Begin(
                context,
                step with
                {
                    Stage = SignInStage.EnrolFactor,
                    AuthenticatorKey = OneTimePassword.NewKey(),
                }
            );
            await context.SeeOther(EnrolPath);
        }
        else
        {
            await sessions.SignInAsync(context, user.Account, method);
            await context.SeeOther(returnTo);
        }
    }

    /// <summary>
    /// Whose step it is, as long as nothing about the account was withdrawn since it began. A lock ends only the guessing of
    /// codes: others can bring it about, and nobody shall keep the owner of a one-time link from setting a password.
    /// </summary>
    public async Task<AccountUser?> FindUserAsync(SignInStep step) =>
        await users.FindByIdAsync(step.AccountId) is { Account: { Enabled: true } account } user
        && account.SecurityStamp == step.SecurityStamp
        && (step.Stage is not SignInStage.ProveFactor || !await passwords.IsLockedAsync(user))
            ? user
            : null;

    private async Task TryAsync(HttpContext context)
    {
        var name = await context.FieldAsync("name");
        var returnTo = LocalPath.Of(await context.FieldAsync("return"));
        var answer = await passwords.TryAsync(
            name,
            await context.FieldAsync("password"),
            context.Connection.RemoteIpAddress,
            context.RequestAborted
        );
        if (answer.IsTooMany)
        {
            await ShowAsync(context, SignInTexts.TooMany, name, returnTo, StatusCodes.Status429TooManyRequests);
        }
        else if (answer.User is { } user)
        {
            await GoOnAsync(context, user, SignInMethod.Password, returnTo);
        }
        else
        {
            await ShowAsync(context, SignInTexts.Wrong, name, returnTo, StatusCodes.Status401Unauthorized);
        }
    }

    private Task AskCodeAsync(HttpContext context) =>
        steps.Find(context, SignInStage.ProveFactor) is null ? BeginAgain(context) : ShowCodeAsync(context, null);

    private async Task TryCodeAsync(HttpContext context)
    {
        if (steps.Find(context, SignInStage.ProveFactor) is not { } step || await FindUserAsync(step) is not { } user)
        {
            await BeginAgain(context);
            return;
        }

        var code = await context.FieldAsync("code");
        CodeAnswer? answer = null;
        // In the account's lane, as its passwords are: nobody outruns the lock by trying many codes at once.
        await work.TryRunAsync(
            user.Account.Name,
            async () => answer = await CheckCodeAsync(context, code),
            context.RequestAborted
        );
        switch (answer)
        {
            case CodeAnswer.Right(var proved):
                await sessions.SignInAsync(context, proved.Account, SignInMethod.PasswordAndCode);
                await context.SeeOther(step.Return);
                break;
            case CodeAnswer.Wrong:
                await ShowCodeAsync(context, SignInTexts.CodeWrong);
                break;
            case CodeAnswer.Over:
                await BeginAgain(context);
                break;
            default:
                await ShowCodeAsync(context, SignInTexts.TooMany, StatusCodes.Status429TooManyRequests);
                break;
        }
    }

    /// <summary>Looks at everything anew: what went before in the lane may have locked the account or ended the step.</summary>
    private async Task<CodeAnswer> CheckCodeAsync(HttpContext context, string code)
    {
        if (steps.Find(context, SignInStage.ProveFactor) is not { } step || await FindUserAsync(step) is not { } user)
        {
            return new CodeAnswer.Over();
        }

        if (await factor.ProveAsync(user, code))
        {
            return steps.End(context) ? new CodeAnswer.Right(user) : new CodeAnswer.Over();
        }

        await passwords.FailAsync(user, context.Connection.RemoteIpAddress, context.RequestAborted);
        return steps.Fail(context) ? new CodeAnswer.Wrong() : new CodeAnswer.Over();
    }

    private async Task LeaveAsync(HttpContext context)
    {
        var caller = context.Caller();
        var ended = await sessions.EndHeldAsync(context);
        if (caller is not null)
        {
            await records.SignedOutAsync(caller, "signed out", context.RequestAborted);
        }

        if (
            ended?.ProviderNote is { } idToken
            && context.RequestServices.GetService<ProviderSignIn>() is { } provider
            && await provider.FindEndAsync(context, idToken) is { } address
        )
        {
            await context.RenderAsync<SignedOutPage>(
                visitor: null,
                new Dictionary<string, object?>(StringComparer.Ordinal)
                {
                    [nameof(SignedOutPage.Provider)] = address,
                    [nameof(SignedOutPage.ProviderName)] = options.SignIn.OpenIdConnect?.DisplayName,
                }
            );
            return;
        }

        await context.SeeOther($"{Path}?notice=out");
    }

    private static Task ShowCodeAsync(
        HttpContext context,
        Text? fault,
        int faultStatus = StatusCodes.Status401Unauthorized
    ) =>
        context.RenderAsync<CodePage>(
            visitor: null,
            new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(CodePage.Fault)] = fault },
            fault is null ? StatusCodes.Status200OK : faultStatus
        );

    /// <summary>Back to the first page, with the reason.</summary>
    public static Task BeginAgain(HttpContext context) => context.SeeOther($"{Path}?notice=over");

    private static Text? NoticeOf(string? notice) =>
        notice switch
        {
            "out" => SignInTexts.SignedOut,
            "over" => SignInTexts.StepOver,
            "provider" => SignInTexts.ProviderRefused,
            "link" => SignInTexts.LinkOver,
            _ => null,
        };

    /// <summary>What became of a try with a code.</summary>
    private abstract record CodeAnswer
    {
        /// <summary>It was the code; the account as it is now.</summary>
        public sealed record Right(AccountUser User) : CodeAnswer;

        /// <summary>It was not, and counts as a failure.</summary>
        public sealed record Wrong : CodeAnswer;

        /// <summary>The step is over, or the account locked: sign-in begins anew.</summary>
        public sealed record Over : CodeAnswer;
    }
}
