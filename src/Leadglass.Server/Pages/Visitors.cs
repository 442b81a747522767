using Leadglass.Access;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages;

/// <summary>Who looks at a page, from who is asking.</summary>
internal static class Visitors
{
    /// <summary>Null before sign-in.</summary>
    public static Visitor? Of(HttpContext context)
    {
        if (context.Caller() is not { } identity)
        {
            return null;
        }
        var policy = context.RequestServices.GetRequiredService<AccessPolicy>();
        return new Visitor(
            (identity as PersonIdentity)?.DisplayName is { Length: > 0 } name ? name : identity.Name,
            operation => policy.May(identity, operation)
        );
    }
}
