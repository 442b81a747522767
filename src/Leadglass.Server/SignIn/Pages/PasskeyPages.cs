using System.Text.Json;
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
/// Passkeys (WebAuthn): registered by whoever is signed in, and a way to sign in that needs neither name nor password. The
/// authenticator verifies the person, so that one passkey is both factors. Adding or removing one takes the present password,
/// which people of a provider have not, and ends the person's other sessions.
/// </summary>
internal sealed class PasskeyPages(
    IPasskeyHandler<AccountUser> passkeys,
    AccountPages account,
    AttemptLimit limit,
    SignInSteps steps,
    BrowserSessions browser,
    SignInRecords records,
    UserManager<AccountUser> users
)
{
    private const string OwnPath = "/account/passkeys";
    private const int PasskeysMax = 16;
    private const int NameLengthMax = 64;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .Form<PasskeyPages>("/signin/passkey/options", static (pages, context) => pages.AskAsync(context))
            .StrangersWelcome();
        endpoints
            .Form<PasskeyPages>("/signin/passkey", static (pages, context) => pages.SignInAsync(context))
            .StrangersWelcome();
        endpoints.Page<PasskeyPages>(OwnPath, static (pages, context) => pages.ShowAsync(context)).AnyCaller();
        endpoints
            .Form<PasskeyPages>($"{OwnPath}/options", static (pages, context) => pages.OfferAsync(context))
            .AnyCaller();
        endpoints.Form<PasskeyPages>(OwnPath, static (pages, context) => pages.RegisterAsync(context)).AnyCaller();
        endpoints
            .Form<PasskeyPages>($"{OwnPath}/remove", static (pages, context) => pages.RemoveAsync(context))
            .AnyCaller();
    }

    private async Task AskAsync(HttpContext context)
    {
        var options = await passkeys.MakeRequestOptionsAsync(null, context);
        steps.Begin(context, new SignInStep(SignInStage.Passkey) { PasskeyState = options.AssertionState });
        await WriteAsync(context, options.RequestOptionsJson);
    }

    private async Task SignInAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        var step = steps.Find(context, SignInStage.Passkey);
        var (credential, extra) = await ReadAsync(context, "return");
        // One answer for one question: a second answer to it finds no step.
        if (step is null || !steps.End(context) || credential is null || !limit.MayTry(address))
        {
            await RefuseAsync(context);
            return;
        }

        var result = await passkeys.PerformAssertionAsync(
            new PasskeyAssertionContext
            {
                HttpContext = context,
                CredentialJson = credential,
                AssertionState = step.PasskeyState,
            }
        );
        if (!result.Succeeded || result.User.Account is { Enabled: false } or { SignsInAtProvider: true })
        {
            limit.Fail(address);
            records.Failed(
                result.Succeeded ? result.User.Account : null,
                result.Succeeded && !result.User.Account.Enabled
                    ? RefusalReason.AccountDisabled
                    : RefusalReason.WrongCredentials,
                address
            );
            await RefuseAsync(context);
            return;
        }

        await users.AddOrUpdatePasskeyAsync(result.User, result.Passkey);
        await browser.SignInAsync(context, result.User.Account, SignInMethod.Passkey);
        await WriteAsync(
            context,
            JsonSerializer.Serialize(new PasskeyAnswer(LocalPath.Of(extra)), PasskeyJson.Default.PasskeyAnswer)
        );
    }

    private async Task ShowAsync(HttpContext context, Text? fault = null)
    {
        var user = await account.FindSelfAsync(context);
        await context.RenderAsync<PasskeysPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(PasskeysPage.Passkeys)] = user?.Account.Passkeys.ToArray() ?? [],
                [nameof(PasskeysPage.IsOfProvider)] = user?.Account.SignsInAtProvider is true,
                [nameof(PasskeysPage.Fault)] = fault,
            },
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized
        );
    }

    private async Task OfferAsync(HttpContext context)
    {
        var (_, password) = await ReadAsync(context, "password");
        if (
            await account.ProvePasswordAsync(context, password ?? string.Empty) is not { } user
            || user.Account.Passkeys.Length >= PasskeysMax
        )
        {
            await RefuseAsync(context);
            return;
        }

        var options = await passkeys.MakeCreationOptionsAsync(
            new PasskeyUserEntity
            {
                Id = user.Id,
                Name = user.Account.Name,
                DisplayName = user.Account.DisplayName.Length > 0 ? user.Account.DisplayName : user.Account.Name,
            },
            context
        );
        steps.Begin(
            context,
            new SignInStep(SignInStage.RegisterPasskey)
            {
                AccountId = user.Id,
                SecurityStamp = user.Account.SecurityStamp,
                PasskeyState = options.AttestationState,
            }
        );
        await WriteAsync(context, options.CreationOptionsJson);
    }

    private async Task RegisterAsync(HttpContext context)
    {
        var step = steps.Find(context, SignInStage.RegisterPasskey);
        var (credential, name) = await ReadAsync(context, "name");
        if (
            step is null
            || !steps.End(context)
            || credential is null
            || await account.FindSelfAsync(context) is not { } user
            || user.Id != step.AccountId
            || user.Account.SecurityStamp != step.SecurityStamp
        )
        {
            await RefuseAsync(context);
            return;
        }

        var result = await passkeys.PerformAttestationAsync(
            new PasskeyAttestationContext
            {
                HttpContext = context,
                CredentialJson = credential,
                AttestationState = step.PasskeyState,
            }
        );
        if (!result.Succeeded || result.UserEntity.Id != user.Id)
        {
            await RefuseAsync(context);
            return;
        }

        result.Passkey.Name = name is { Length: > 0 and <= NameLengthMax } ? name : null;
        await records.MeansChangedAsync(context.Caller()!, "passkey added", context.RequestAborted);
        EndOthers(user);
        SecondFactor.Succeed(await users.AddOrUpdatePasskeyAsync(user, result.Passkey));
        await browser.RenewAsync(context, user.Account);
        await WriteAsync(context, "{}");
    }

    private async Task RemoveAsync(HttpContext context)
    {
        if (await account.ProveAsync(context, "password") is not { } user)
        {
            await ShowAsync(context, SignInTexts.PasswordWrong);
            return;
        }

        var text = await context.FieldAsync("credential");
        if (text.Length is > 0 and <= 2_046 && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit))
        {
            await records.MeansChangedAsync(context.Caller()!, "passkey removed", context.RequestAborted);
            EndOthers(user);
            SecondFactor.Succeed(await users.RemovePasskeyAsync(user, Convert.FromHexString(text)));
            await browser.RenewAsync(context, user.Account);
        }

        await context.SeeOther(OwnPath);
    }

    /// <summary>Kept together with the passkeys: with another stamp all sessions end, and the present one is renewed.</summary>
    private static void EndOthers(AccountUser user) =>
        user.Account = user.Account with { SecurityStamp = AccessSecret.Create() };

    private static async Task<(string? Credential, string? Extra)> ReadAsync(HttpContext context, string extra)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(
                context.Request.Body,
                new JsonDocumentOptions { MaxDepth = 16 },
                context.RequestAborted
            );
            var root = body.RootElement;
            var second =
                root.TryGetProperty(extra, out var named) && named.ValueKind is JsonValueKind.String
                    ? named.GetString()
                    : null;
            return (root.TryGetProperty("credential", out var credential) ? credential.GetRawText() : null, second);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return (null, null);
        }
    }

    private static Task RefuseAsync(HttpContext context) =>
        Problems.WriteAsync(
            context,
            StatusCodes.Status401Unauthorized,
            "Passkey refused",
            "The passkey was not accepted: try again, or sign in with the password."
        );

    private static Task WriteAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }
}

/// <summary>Where the page goes after a passkey was accepted.</summary>
internal sealed record PasskeyAnswer(string Location);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(
    PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase
)]
[System.Text.Json.Serialization.JsonSerializable(typeof(PasskeyAnswer))]
internal sealed partial class PasskeyJson : System.Text.Json.Serialization.JsonSerializerContext;
