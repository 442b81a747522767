using Leadglass.Access;
using Leadglass.Server.Configuration;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.Pages;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.SignIn.Programs;
using Leadglass.Server.SignIn.Provider;
using Leadglass.Server.SignIn.Secrets;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Leadglass.Server.SignIn;

/// <summary>Who is asking: the part of the web application that lets people and programs prove it.</summary>
internal static class SignInPart
{
    /// <summary>The header in which a script sends the token of its page.</summary>
    public const string TokenHeader = "X-Leadglass-Form";

    private const int FailuresMax = 5;
    private static readonly TimeSpan LockedFor = TimeSpan.FromMinutes(5);

    public static void Add(IServiceCollection services, WebParts parts)
    {
        services.AddSingleton(SealedSecrets.Of(parts.Host));
        AddProtection(services, parts);
        TokenEndpoint.Add(services);
        AddPeople(services, parts);
        if (parts.Options.SignIn.OpenIdConnect is { } provider)
        {
            OpenIdProvider.Add(services, provider);
        }
    }

    public static void Use(IApplicationBuilder application)
    {
        // Without this word a WebApplication would put ASP.NET Core's own authentication in front of everything, and its
        // handlers would answer before any rule of an endpoint is asked.
        application.Properties["__AuthenticationMiddlewareSet"] = true;
        application.UseMiddleware<CallerMiddleware>();
    }

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapMethods(TokenEndpoint.Path, [HttpMethods.Post], TokenEndpoint.AnswerAsync)
            .StrangersWelcome()
            .BodyUpTo(Forms.BytesMax);
        SignInPages.Map(endpoints);
        EnrolPages.Map(endpoints);
        AccountPages.Map(endpoints);
        PasskeyPages.Map(endpoints);
        SharePages.Map(endpoints);
        ViewerEntry.Map(endpoints);
        if (endpoints.ServiceProvider.GetRequiredService<ServeOptions>().SignIn.OpenIdConnect is not null)
        {
            ProviderSignIn.Map(endpoints);
        }
    }

    private static void AddProtection(IServiceCollection services, WebParts parts)
    {
        services.AddDataProtection().SetApplicationName($"leadglass {parts.Host.Identity.Id}");
        services
            .AddOptions<KeyManagementOptions>()
            .Configure<SealedSecrets>(
                static (options, secrets) =>
                {
                    options.XmlRepository = new SealedKeyRepository(secrets);
                    options.XmlEncryptor = new SealedInRepository();
                }
            );
        services.AddAntiforgery(options =>
        {
            options.HeaderName = TokenHeader;
            options.FormFieldName = "form-token";
            options.Cookie.Name = BrowserCookies.Form;
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.Cookie.HttpOnly = true;
            options.Cookie.Path = "/";
        });
    }

    private static void AddPeople(IServiceCollection services, WebParts parts)
    {
        services.AddSingleton(parts.Host.Policy.SignIns);
        services.AddSingleton(parts.Host.Registries.People);
        services.AddSingleton(parts.Host.Registries.Sessions);
        services.AddSingleton(parts.Host.Registries.Shares);
        services.TryAddSingleton<PageAssets>();
        services.AddSingleton(parts.Host.Links);
        services.AddSingleton<PersonAdministration>();
        services.AddSingleton<AttemptLimit>();
        services.AddSingleton<PasswordWork>();
        services.AddSingleton<SignInSteps>();
        services.AddSingleton<BrowserSessions>();
        services
            .AddIdentityCore<AccountUser>(options =>
            {
                options.Lockout.MaxFailedAccessAttempts = FailuresMax;
                options.Lockout.DefaultLockoutTimeSpan = LockedFor;
                options.Password = new PasswordOptions
                {
                    RequiredLength = 12,
                    RequireDigit = false,
                    RequireLowercase = false,
                    RequireNonAlphanumeric = false,
                    RequireUppercase = false,
                };
                // The registry has its own rule for names.
                options.User.AllowedUserNameCharacters = string.Empty;
                options.Tokens.AuthenticatorTokenProvider = TimeStepCodes.Name;
            })
            .AddUserStore<AccountStore>()
            .AddPasswordValidator<UnguessablePassword>()
            .AddTokenProvider<TimeStepCodes>(TimeStepCodes.Name);
        services.AddScoped<IPasswordHasher<AccountUser>, Argon2idPasswordHasher>();
        services.AddScoped<PasswordSignIn>();
        services.AddScoped<SecondFactor>();
        services.AddScoped<SignInPages>();
        services.AddScoped<EnrolPages>();
        services.AddScoped<AccountPages>();
        services.AddScoped<PasskeyPages>();
        services.AddScoped<SharePages>();
        services.AddSingleton<ViewerEntry>();
        services.AddSingleton<ISlowHash, Argon2idHash>();
        services.AddScoped<IPasskeyHandler<AccountUser>, PasskeyHandler<AccountUser>>();
        var name = parts.Options.Names is [var first, ..] ? first : null;
        services.Configure<IdentityPasskeyOptions>(options =>
        {
            // Passkeys belong to a domain: the one configured, not whatever the request says. Where none is, or an address,
            // which is no domain, the request's host it is; then browsers alone hold a passkey to the site that made it.
            if (name is not null && Uri.CheckHostName(name) is UriHostNameType.Dns)
            {
                options.ServerDomain = name;
            }

            // The authenticator verifies the person and holds the account, so that nothing else has to be typed.
            options.UserVerificationRequirement = "required";
            options.ResidentKeyRequirement = "required";
        });
    }
}
