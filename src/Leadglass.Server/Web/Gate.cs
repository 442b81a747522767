using Leadglass.Access;
using Leadglass.Server.SelfExamination;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Web;

/// <summary>
/// Default deny. Behind it runs only what its endpoint allows this caller. A stranger gets one answer for every path,
/// whether something is there or not.
/// </summary>
internal sealed class Gate(AccessPolicy policy, OwnLooks looks)
{
    public Task PassAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint();
        // The port of programs has no pages, and strangers do not come that far.
        if (endpoint?.Metadata.GetMetadata<StrangersWelcomeAttribute>() is not null && !ProgramPort.Carries(context))
        {
            return next(context);
        }

        if (context.Features.Get<CallerFeature>() is not { } caller || !IsHeardHere(caller.Kind, endpoint))
        {
            return RefuseStrangerAsync(context);
        }

        return endpoint switch
        {
            null => Problems.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                "Not found",
                "There is nothing at this path."
            ),
            RouteEndpoint => PassCallerAsync(context, endpoint, caller, next),
            // Not one of ours: routing's own answer that the path has no such method.
            _ => RefuseMethodAsync(context, next),
        };
    }

    /// <summary>The viewer's cookie and what programs show count only where the endpoint says so.</summary>
    private static bool IsHeardHere(CallerKind kind, Endpoint? endpoint) =>
        kind switch
        {
            CallerKind.Viewer => endpoint?.Metadata.GetMetadata<ViewerWelcomeAttribute>() is not null,
            CallerKind.Token or CallerKind.Certificate => endpoint is not RouteEndpoint
                || endpoint.Metadata.GetMetadata<ProgramsWelcomeAttribute>() is not null,
            _ => true,
        };

    private Task PassCallerAsync(HttpContext context, Endpoint endpoint, CallerFeature caller, RequestDelegate next)
    {
        if (endpoint.Metadata.GetMetadata<RequireCallerAttribute>() is { Operation: var operation })
        {
            if (policy.Decide(caller.Identity, operation) is not AccessDecision.Granted granted)
            {
                return Problems.WriteAsync(
                    context,
                    StatusCodes.Status403Forbidden,
                    "Not permitted",
                    "This identity may not do this. The attempt is recorded."
                );
            }

            context.Features.Set(new GrantFeature(granted.Grant));
            return next(context);
        }

        return endpoint.Metadata.GetMetadata<AnyCallerAttribute>() is not null
            ? next(context)
            : Problems.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Not permitted",
                "Nobody may use this path."
            );
    }

    private Task RefuseStrangerAsync(HttpContext context)
    {
        if (!looks.Holds(context))
        {
            policy.NoteStranger(RefusalReason.NotSignedIn, context.Connection.RemoteIpAddress);
        }

        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) && AsksForPage(request) && !ProgramPort.Carries(context))
        {
            context.Response.StatusCode = StatusCodes.Status302Found;
            context.Response.Headers.Location = $"/signin?return={Uri.EscapeDataString(request.Path.Value ?? "/")}";
            return Task.CompletedTask;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"leadglass\"";
        return Problems.WriteAsync(
            context,
            StatusCodes.Status401Unauthorized,
            "Sign-in required",
            "This archive answers to nobody who has not proved who they are."
        );
    }

    /// <summary>What a browser sends when a person follows a link.</summary>
    private static bool AsksForPage(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>The Allow header is set behind; whoever only asks for it has it with that (RFC 9110 9.3.7).</summary>
    private static async Task RefuseMethodAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else if (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(
                context,
                context.Response.StatusCode,
                "Method not allowed",
                "The path exists, the method does not; the Allow header names those that do."
            );
        }
    }
}
