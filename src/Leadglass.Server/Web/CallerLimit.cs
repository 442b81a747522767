using Leadglass.Access;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>Holds an identity to what it may have under way, so that one program cannot take the archive from all others.</summary>
internal sealed class CallerLimit(AccessPolicy policy)
{
    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Caller() is not { } identity)
        {
            await next(context);
            return;
        }

        using var underWay = policy.TryBegin(identity);
        if (underWay is not null)
        {
            await next(context);
            return;
        }

        context.Response.Headers.RetryAfter = "1";
        await Problems.WriteAsync(
            context,
            StatusCodes.Status429TooManyRequests,
            "Too many requests",
            "This identity has as many requests under way as it may; wait for one of them to end."
        );
    }
}
