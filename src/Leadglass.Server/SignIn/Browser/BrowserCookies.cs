using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SignIn.Browser;

/// <summary>
/// The cookies that carry secrets. Each name begins with <c>__Host-</c>: browsers take such a cookie only over TLS, for this
/// very host and all of its paths, so that no neighbour in the domain can plant one.
/// </summary>
internal static class BrowserCookies
{
    /// <summary>The session of a person who signed in.</summary>
    public const string Session = "__Host-leadglass";

    /// <summary>Leave for the viewer to read what was opened in it.</summary>
    public const string Viewer = "__Host-leadglass-viewer";

    /// <summary>A sign-in that has begun.</summary>
    public const string Step = "__Host-leadglass-step";

    /// <summary>The antiforgery cookie.</summary>
    public const string Form = "__Host-leadglass-form";

    /// <summary>Sets one until the browser closes; the server ends it earlier.</summary>
    /// <remarks>
    /// Lax, not Strict: a link in a mail, or the way back from the hospital's provider, has to find the session. What another
    /// site's page sends without being followed by a person is refused by <see cref="CrossSite"/>.
    /// </remarks>
    public static void Set(HttpContext context, string name, string secret) =>
        context.Response.Cookies.Append(name, secret, Options());

    /// <summary>Removes one.</summary>
    public static void Clear(HttpContext context, string name) => context.Response.Cookies.Delete(name, Options());

    private static CookieOptions Options() =>
        new()
        {
            HttpOnly = true,
            Secure = true,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
        };
}
