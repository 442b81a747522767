using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SignIn.Browser;

/// <summary>
/// Whether a request was made by a page of another site. Browsers say so (Fetch Metadata); a page cannot change it. A person
/// may follow a link from anywhere; nothing else that another site's page starts is served.
/// </summary>
internal static class CrossSite
{
    /// <summary>Whether to refuse the request.</summary>
    public static bool Refuses(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return site is not ("same-origin" or "none") && !IsLinkFollowed(request);
        }

        // A browser without Fetch Metadata names its page's origin at least when it sends something.
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            && !IsReading(request.Method)
            && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>GET and HEAD, which change nothing here.</summary>
    public static bool IsReading(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    private static bool IsLinkFollowed(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers["Sec-Fetch-Mode"] == "navigate"
        && request.Headers["Sec-Fetch-Dest"] == "document";
}
