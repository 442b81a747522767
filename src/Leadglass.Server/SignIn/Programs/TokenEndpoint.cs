using System.Net;
using System.Security.Claims;
using Leadglass.Access;
using Leadglass.Server.SignIn.Secrets;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Leadglass.Server.SignIn.Programs;

/// <summary>
/// OAuth 2.0 client credentials (RFC 6749 4.4) at <c>/connect/token</c>. OpenIddict reads and answers the requests; who a
/// program is comes from the archive's registry, and the token is a reference into <see cref="ProgramTokens"/>.
/// </summary>
internal static class TokenEndpoint
{
    public const string Path = "/connect/token";

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<ProgramTokens>();
        services.AddSingleton<JudgeClient>();
        services.AddSingleton<GrantClient>();
        services.AddSingleton<IssueReference>();
        services.AddSingleton(static provider => TokenServerKeys.Open(provider.GetRequiredService<SealedSecrets>()));
        services
            .AddOptions<OpenIddictServerOptions>()
            .Configure<TokenServerKeys>(
                static (options, keys) =>
                {
                    options.SigningCredentials.Add(
                        new SigningCredentials(keys.Signing, SecurityAlgorithms.EcdsaSha256)
                    );
                    options.EncryptionCredentials.Add(
                        new EncryptingCredentials(
                            keys.Encryption,
                            SecurityAlgorithms.Aes256KW,
                            SecurityAlgorithms.Aes256CbcHmacSha512
                        )
                    );
                }
            );
        services
            .AddOpenIddict()
            .AddServer(server =>
            {
                // Its own stores of applications and tokens stay off: both are the archive's.
                server.EnableDegradedMode();
                server.AllowClientCredentialsFlow();
                server.SetTokenEndpointUris(Path);
                server.SetAccessTokenLifetime(ProgramTokens.Lifetime);
                server.DisableScopeValidation();
                server.AddEventHandler<ValidateTokenRequestContext>(handler =>
                    handler.UseSingletonHandler<JudgeClient>()
                );
                server.AddEventHandler<HandleTokenRequestContext>(handler =>
                    handler.UseSingletonHandler<GrantClient>()
                );
                server.AddEventHandler<GenerateTokenContext>(handler =>
                    handler.UseSingletonHandler<IssueReference>().SetOrder(int.MinValue)
                );
                server.UseAspNetCore();
            });
    }

    /// <summary>Answers one request.</summary>
    public static async Task AnswerAsync(HttpContext context)
    {
        var handler = await context
            .RequestServices.GetRequiredService<IAuthenticationHandlerProvider>()
            .GetHandlerAsync(context, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        if (handler is not IAuthenticationRequestHandler requests || !await requests.HandleRequestAsync())
        {
            throw new InvalidOperationException("The token endpoint has no handler.");
        }
    }

    private static IPAddress? AddressOf(BaseContext context) =>
        context.Transaction.GetHttpRequest()?.HttpContext.Connection.RemoteIpAddress;

    /// <summary>Whether the program is who it says.</summary>
    private sealed class JudgeClient(AccessPolicy policy) : IOpenIddictServerHandler<ValidateTokenRequestContext>
    {
        public ValueTask HandleAsync(ValidateTokenRequestContext context)
        {
            if (!context.Request.IsClientCredentialsGrantType())
            {
                context.Reject(Errors.UnsupportedGrantType, "Only client_credentials is granted here.");
            }
            else if (
                policy.RecogniseProgram(context.ClientId, context.ClientSecret, AddressOf(context))
                is not Recognition.Known { Identity: ProgramIdentity known }
            )
            {
                // One answer for an unknown program, a wrong secret and a disabled program (RFC 6749 5.2).
                context.Reject(Errors.InvalidClient, "The client could not be authenticated.");
            }
            else
            {
                context.Transaction.Properties[nameof(ProgramIdentity)] = known;
            }

            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Whom the token is for.</summary>
    private sealed class GrantClient : IOpenIddictServerHandler<HandleTokenRequestContext>
    {
        public ValueTask HandleAsync(HandleTokenRequestContext context)
        {
            var known = (ProgramIdentity)context.Transaction.Properties[nameof(ProgramIdentity)]!;
            var identity = new ClaimsIdentity("client_credentials");
            identity.SetClaim(Claims.Subject, known.ClientId);
            identity.SetScopes(ProgramScopes.Of(known.Program.Rights));
            context.Principal = new ClaimsPrincipal(identity);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>The token itself.</summary>
    private sealed class IssueReference(ProgramTokens tokens) : IOpenIddictServerHandler<GenerateTokenContext>
    {
        public ValueTask HandleAsync(GenerateTokenContext context)
        {
            if (context.TokenType != TokenTypeIdentifiers.AccessToken)
            {
                context.Reject(Errors.ServerError, "Only access tokens are issued here.");
                return ValueTask.CompletedTask;
            }

            var known = (ProgramIdentity)context.Transaction.Properties[nameof(ProgramIdentity)]!;
            context.Token = tokens.Issue(known.ClientId, known.Program.Version);
            return ValueTask.CompletedTask;
        }
    }
}
