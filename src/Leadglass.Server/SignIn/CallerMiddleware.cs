using System.Security.Claims;
using Leadglass.Access;
using Leadglass.Server.Edges;
using Leadglass.Server.SignIn.Browser;
using Leadglass.Server.SignIn.Programs;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Leadglass.Server.SignIn;

/// <summary>
/// Finds out who is asking, and refuses what a page of another site made a browser send. Whether the caller may have what
/// they ask for is decided behind it.
/// </summary>
internal sealed class CallerMiddleware(
    RequestDelegate next,
    AccessPolicy policy,
    ProgramTokens tokens,
    IAntiforgery antiforgery
)
{
    private const string Bearer = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var caller = Identify(context);
        if (caller is not null)
        {
            context.Features.Set(caller);
        }

        if (IsBrowsers(context, caller))
        {
            if (CrossSite.Refuses(request) && !Has<OtherSitesWelcomeAttribute>(context))
            {
                policy.NoteCrossSite(caller?.Identity, context.Connection.RemoteIpAddress);
                await Problems.WriteAsync(
                    context,
                    StatusCodes.Status403Forbidden,
                    "Not from here",
                    "A page of another site may not send this."
                );
                return;
            }

            context.User = UserOf(caller);
            if (!CrossSite.IsReading(request.Method) && !await CarriesTokenAsync(context))
            {
                await Problems.WriteAsync(
                    context,
                    StatusCodes.Status400BadRequest,
                    "Form expired",
                    "The request does not carry the token of a page of this archive: reload the page and try again."
                );
                return;
            }
        }

        await next(context);
    }

    /// <summary>The proof that counts here: exactly one, never the next where one fails.</summary>
    private CallerFeature? Identify(HttpContext context)
    {
        var request = context.Request;
        var address = context.Connection.RemoteIpAddress;
        if (ProgramPort.Carries(context))
        {
            return Known(
                policy.RecogniseProgram(context.Connection.ClientCertificate, address),
                CallerKind.Certificate
            );
        }

        if (request.Headers.Authorization.ToString() is { Length: > 0 } authorization)
        {
            return IdentifyToken(authorization, context);
        }

        // Where the viewer is heard and its cookie comes along, the session's does not count: the viewer's script could
        // otherwise read with the session what was not opened in it.
        if (Has<ViewerWelcomeAttribute>(context) && request.Cookies[BrowserCookies.Viewer] is { Length: > 0 } viewer)
        {
            return Known(policy.Recognise(viewer, SessionKind.Viewer, address), CallerKind.Viewer);
        }

        return request.Cookies[BrowserCookies.Session] is { Length: > 0 } session
            ? Known(policy.Recognise(session, SessionKind.Pages, address), CallerKind.Session)
            : null;
    }

    private CallerFeature? IdentifyToken(string authorization, HttpContext context)
    {
        if (!authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var address = context.Connection.RemoteIpAddress;
        if (tokens.Find(authorization[Bearer.Length..].Trim()) is { } token)
        {
            return Known(policy.RecogniseToken(token.ClientId, token.Version, address), CallerKind.Token);
        }

        policy.NoteStranger(RefusalReason.TokenInvalid, address);
        return null;
    }

    private static CallerFeature? Known(Recognition recognition, CallerKind kind) =>
        recognition is Recognition.Known { Identity: var identity }
            ? new CallerFeature(identity, kind, SessionOf(identity))
            : null;

    private static string? SessionOf(Identity identity) =>
        identity switch
        {
            PersonIdentity person => person.SessionId,
            ShareIdentity share => share.SessionId,
            _ => null,
        };

    /// <summary>
    /// Whether a browser sends it with what it holds by itself: a cookie's caller, or a stranger at a page for strangers.
    /// Programs prove themselves in each request, and no page of another site can make a browser do that.
    /// </summary>
    private static bool IsBrowsers(HttpContext context, CallerFeature? caller) =>
        caller is { Kind: CallerKind.Session or CallerKind.Viewer }
        || (
            caller is null
            && Has<StrangersWelcomeAttribute>(context)
            && !context.Request.Path.Equals(TokenEndpoint.Path, StringComparison.Ordinal)
            && !context.Request.Path.Equals(EdgeEnrolmentPart.Path, StringComparison.Ordinal)
        );

    private async Task<bool> CarriesTokenAsync(HttpContext context)
    {
        if (Forms.IsForm(context.Request))
        {
            context.Features.Set<IFormFeature>(new FormFeature(context.Request, Forms.Options));
        }
        else if (!context.Request.Headers.ContainsKey(SignInPart.TokenHeader))
        {
            // Only fields are read for a token: a form with files would be spooled to a temporary file.
            return false;
        }

        return await antiforgery.IsRequestValidAsync(context);
    }

    /// <summary>Tokens of forms are bound to the session: those of another one do not count.</summary>
    private static ClaimsPrincipal UserOf(CallerFeature? caller) =>
        caller is { SessionId: { } session }
            ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, session)], "session"))
            : new ClaimsPrincipal(new ClaimsIdentity());

    private static bool Has<TRule>(HttpContext context)
        where TRule : class => context.GetEndpoint()?.Metadata.GetMetadata<TRule>() is not null;
}
