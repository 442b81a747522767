using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>
/// The headers of every answer, set before anything else runs, so that no answer lacks them. Pages and the viewer set their
/// own content policy where they answer, which is behind the gate: a stranger would see by the header what is there.
/// </summary>
internal static class SecurityHeaders
{
    private const string AllowsNothing =
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    /// <summary>To be first in line.</summary>
    public static Task SetAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = AllowsNothing;
        headers.StrictTransportSecurity = "max-age=31536000";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), usb=(), payment=()";
        return next(context);
    }
}
