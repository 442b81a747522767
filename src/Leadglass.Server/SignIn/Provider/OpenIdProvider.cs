using Leadglass.Server.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Leadglass.Server.SignIn.Provider;

/// <summary>
/// The hospital's OpenID provider: authorization code with PKCE, state and nonce. What comes back opens a session of the
/// archive's own; no token of the provider is kept but the one that signing out there asks for.
/// </summary>
internal static class OpenIdProvider
{
    /// <summary>The name under which ASP.NET Core knows it.</summary>
    public const string Scheme = "hospital";

    /// <summary>Where the provider sends people back.</summary>
    public const string ReturnPath = "/signin-oidc";

    /// <summary>Where the provider sends people after they signed out there.</summary>
    public const string LeftPath = "/signout-oidc";

    private static readonly string[] OwnScopes = ["openid", "profile"];

    private const string IssuerItem = "issuer";
    private const string TokenItem = "id_token";

    public static void Add(IServiceCollection services, OpenIdProviderOptions provider)
    {
        services.AddSingleton<ProviderSecret>();
        services.AddScoped<ProviderSignIn>();
        services.AddAuthentication().AddOpenIdConnect(Scheme, options => Configure(options, provider));
    }

    /// <summary>What was proved about who signed in there.</summary>
    public static ProviderProof? ProofOf(TicketReceivedContext context, OpenIdProviderOptions provider)
    {
        var subject = context.Principal?.FindFirst("sub")?.Value;
        var issuer = context.Properties?.Items[IssuerItem];
        if (subject is not { Length: > 0 } || issuer is not { Length: > 0 })
        {
            return null;
        }

        return new ProviderProof(
            issuer.TrimEnd('/'),
            subject,
            context.Principal?.FindFirst("preferred_username")?.Value,
            context.Principal?.FindFirst("name")?.Value,
            [.. (context.Principal?.FindAll(provider.GroupsClaim) ?? []).Select(claim => claim.Value)],
            context.Properties!.Items.TryGetValue(TokenItem, out var token) ? token : null
        );
    }

    private static void Configure(OpenIdConnectOptions options, OpenIdProviderOptions provider)
    {
        options.Authority = provider.Authority.OriginalString;
        options.RequireHttpsMetadata = provider.Authority.Scheme == Uri.UriSchemeHttps;
        options.ClientId = provider.ClientId;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // The way back is a link that is followed: it finds Lax cookies, and no form of another site is taken.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Disable;
        options.CallbackPath = ReturnPath;
        options.SignInScheme = "leadglass session";
        options.SaveTokens = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.MapInboundClaims = false;
        options.DisableTelemetry = true;
        options.BackchannelHttpHandler = new AuthorityOnly(provider.Authority);
        options.BackchannelTimeout = TimeSpan.FromSeconds(10);
        options.Scope.Clear();
        foreach (var scope in OwnScopes.Concat(provider.Scopes).Distinct(StringComparer.Ordinal))
        {
            options.Scope.Add(scope);
        }

        options.ClaimActions.MapJsonKey(provider.GroupsClaim, provider.GroupsClaim);
        options.ClaimActions.MapJsonKey("preferred_username", "preferred_username");
        Harden(options.CorrelationCookie, "__Secure-leadglass-openid-state-");
        Harden(options.NonceCookie, "__Secure-leadglass-openid-nonce-");
        options.Events = new OpenIdConnectEvents
        {
            OnAuthorizationCodeReceived = static context =>
            {
                context.TokenEndpointRequest!.ClientSecret = context
                    .HttpContext.RequestServices.GetRequiredService<ProviderSecret>()
                    .Read();
                return Task.CompletedTask;
            },
            OnTokenValidated = static context =>
            {
                // The handler checks a signature that is there, and takes a token of the token endpoint without one.
                if (context.SecurityToken.RawSignature is not { Length: > 0 })
                {
                    context.Fail("The ID token is not signed.");
                    return Task.CompletedTask;
                }

                context.Properties!.Items[IssuerItem] = context.SecurityToken.Issuer;
                context.Properties.Items[TokenItem] = context.TokenEndpointResponse?.IdToken;
                return Task.CompletedTask;
            },
            OnTicketReceived = static context =>
            {
                context.HandleResponse();
                return context.HttpContext.RequestServices.GetRequiredService<ProviderSignIn>().FinishAsync(context);
            },
            OnRemoteFailure = static context =>
            {
                context.HandleResponse();
                return context
                    .HttpContext.RequestServices.GetRequiredService<ProviderSignIn>()
                    .RefuseAsync(context.HttpContext);
            },
        };
    }

    private static void Harden(CookieBuilder cookie, string name)
    {
        cookie.Name = name;
        cookie.SecurePolicy = CookieSecurePolicy.Always;
        cookie.SameSite = SameSiteMode.Lax;
        cookie.HttpOnly = true;
        cookie.IsEssential = true;
    }
}

/// <summary>What the provider proved: who it is there, and in which groups.</summary>
internal sealed record ProviderProof(
    string Issuer,
    string Subject,
    string? UserName,
    string? DisplayName,
    IReadOnlyList<string> Groups,
    string? IdToken
)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "proof";
}
