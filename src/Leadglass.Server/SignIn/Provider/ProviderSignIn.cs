using System.Globalization;
using System.Text;
using Leadglass.Access;
using Leadglass.Server.Configuration;
using Leadglass.Server.Pages;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.Pages;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.Configuration;

namespace Leadglass.Server.SignIn.Provider;

/// <summary>Signing in and out with the hospital's provider.</summary>
internal sealed class ProviderSignIn(
    ArchiveHost host,
    ServeOptions options,
    BrowserSessions sessions,
    SignInRecords records,
    IOptionsMonitor<OpenIdConnectOptions> protocol
)
{
    private const string RefusedPath = "/signin?notice=provider";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .Page<ProviderSignIn>("/signin/openid", static (provider, context) => provider.BeginAsync(context))
            .StrangersWelcome();
        endpoints
            .Page<ProviderSignIn>(OpenIdProvider.ReturnPath, static (_, context) => ReturnAsync(context))
            .StrangersWelcome()
            .OtherSitesWelcome();
        endpoints
            .Page<ProviderSignIn>(
                OpenIdProvider.LeftPath,
                static (_, context) => context.SeeOther($"{SignInPages.Path}?notice=out")
            )
            .StrangersWelcome()
            .OtherSitesWelcome();
    }

    /// <summary>
    /// Opens the session of who was proved: the account with this issuer and subject, made at the first time for whoever
    /// is in a group that gives a role. Nobody is matched by name or address.
    /// </summary>
    public async Task FinishAsync(TicketReceivedContext ticket)
    {
        var context = ticket.HttpContext;
        var provider = options.SignIn.OpenIdConnect!;
        if (
            OpenIdProvider.ProofOf(ticket, provider) is not { } proof
            || await FindOrMakeAsync(proof, context.RequestAborted) is not { Enabled: true } account
        )
        {
            await RefuseAsync(context);
            return;
        }

        account = await host.Registries.Appointments.ApplyGroupsAsync(
            account.Id,
            proof.Issuer,
            proof.Groups,
            context.RequestAborted
        );
        if (account.Roles.IsEmpty)
        {
            records.Failed(account, RefusalReason.RightMissing, context.Connection.RemoteIpAddress);
            await context.SeeOther(RefusedPath);
            return;
        }

        await sessions.SignInAsync(context, account, SignInMethod.Provider, proof.IdToken);
        await context.SeeOther(LocalPath.Of(ticket.ReturnUri));
    }

    /// <summary>Whatever was wrong with what came back, the answer is one.</summary>
    public Task RefuseAsync(HttpContext context)
    {
        records.Failed((Account?)null, RefusalReason.WrongCredentials, context.Connection.RemoteIpAddress);
        return context.SeeOther(RefusedPath);
    }

    /// <summary>Where the provider ends its own session; null: it offers that not, or does not answer.</summary>
    public async Task<string?> FindEndAsync(HttpContext context, string idToken)
    {
        try
        {
            var settings = protocol.Get(OpenIdProvider.Scheme);
            var known = await settings.ConfigurationManager!.GetConfigurationAsync(context.RequestAborted);
            return
                Uri.TryCreate(known.EndSessionEndpoint, UriKind.Absolute, out var end)
                && AuthorityOnly.IsOf(options.SignIn.OpenIdConnect!.Authority, end)
                ? QueryHelpers.AddQueryString(
                    end.AbsoluteUri,
                    new Dictionary<string, string?>(StringComparer.Ordinal)
                    {
                        ["id_token_hint"] = idToken,
                        ["client_id"] = settings.ClientId,
                        ["post_logout_redirect_uri"] = $"https://{context.Request.Host}{OpenIdProvider.LeftPath}",
                    }
                )
                : null;
        }
        catch (Exception unreachable) when (IsProviders(unreachable))
        {
            return null;
        }
    }

    private async Task BeginAsync(HttpContext context)
    {
        try
        {
            await context.ChallengeAsync(
                OpenIdProvider.Scheme,
                new AuthenticationProperties { RedirectUri = LocalPath.Of(context.Request.Query["return"]) }
            );
        }
        catch (Exception unreachable) when (IsProviders(unreachable))
        {
            await context.SeeOther(RefusedPath);
        }
    }

    private static async Task ReturnAsync(HttpContext context)
    {
        var handler = await context
            .RequestServices.GetRequiredService<IAuthenticationHandlerProvider>()
            .GetHandlerAsync(context, OpenIdProvider.Scheme);
        if (handler is not IAuthenticationRequestHandler requests || !await requests.HandleRequestAsync())
        {
            await context.SeeOther(RefusedPath);
        }
    }

    private async Task<Account?> FindOrMakeAsync(ProviderProof proof, CancellationToken cancellationToken)
    {
        var people = host.Registries.People;
        if (people.Current.FindByLogin(proof.Issuer, proof.Subject) is { } known)
        {
            return known;
        }

        if (host.Registries.Groups.RolesOf(proof.Issuer, proof.Groups).IsEmpty)
        {
            return null;
        }

        var authority = options.SignIn.OpenIdConnect!.Authority.Host;
        foreach (var name in new[] { proof.UserName, $"{proof.UserName}@{authority}", $"{proof.Subject}@{authority}" })
        {
            if (IsName(name) && people.Current.FindByName(name!) is null)
            {
                return await people.AddAsync(
                    new Account
                    {
                        Id = Account.NewId(),
                        Name = name!,
                        DisplayName = IsName(proof.DisplayName) ? proof.DisplayName! : string.Empty,
                        ExternalLogins = [new ExternalLogin(proof.Issuer, proof.Subject)],
                        SecurityStamp = AccessSecret.Create(),
                        CreatedAt = host.Clock.GetUtcNow(),
                    },
                    cancellationToken
                );
            }
        }

        return null;
    }

    /// <summary>Whether a name may be taken over: one that looks like another by invisible marks may not.</summary>
    internal static bool IsName(string? name) =>
        name is { Length: > 0 and <= Account.NameLengthMax }
        && name == name.Trim()
        && !name.EnumerateRunes()
            .Any(rune => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format);

    /// <summary>What the provider's absence, or a discovery document that cannot be used, ends in.</summary>
    private static bool IsProviders(Exception failure) =>
        failure
            is HttpRequestException
                or InvalidOperationException
                or IOException
                or InvalidConfigurationException
                or OperationCanceledException;
}
