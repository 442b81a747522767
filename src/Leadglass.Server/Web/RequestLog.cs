using System.Diagnostics;
using Leadglass.Server.SelfExamination;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Web;

/// <summary>
/// One line and one trace span a request: method, route template, status, duration. Never the path, the query, a header or
/// who asked: paths hold UIDs, queries hold names; who looked at whom is the trail's.
/// </summary>
internal sealed class RequestLog(ServerLog log, OwnLooks looks, TimeProvider clock)
{
    /// <summary>The source of the spans.</summary>
    public const string SourceName = "Leadglass.Web";

    private static readonly ActivitySource Source = new(SourceName);

    public async Task AroundAsync(HttpContext context, RequestDelegate next)
    {
        var began = clock.GetTimestamp();
        using var span = Source.StartActivity("request", ActivityKind.Server, parentContext: default);
        try
        {
            await next(context);
        }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
            var method = Known(context.Request.Method);
            var status = context.Response.StatusCode;
            if (span is not null)
            {
                span.DisplayName = $"{method} {route}";
                span.SetTag("http.request.method", method);
                span.SetTag("http.route", route);
                span.SetTag("http.response.status_code", status);
            }

            var milliseconds = clock.GetElapsedTime(began).TotalMilliseconds;
            if (looks.Holds(context))
            {
                // The archive's own look says what it saw.
            }
            else if (context.Caller() is null)
            {
                log.StrangerAnswered(method, route, status, milliseconds);
            }
            else
            {
                log.Answered(method, route, status, milliseconds);
            }
        }
    }

    /// <summary>A method is whatever a stranger writes: only those that exist are written down.</summary>
    private static string Known(string method) =>
        HttpMethods.IsGet(method) ? HttpMethods.Get
        : HttpMethods.IsHead(method) ? HttpMethods.Head
        : HttpMethods.IsPost(method) ? HttpMethods.Post
        : HttpMethods.IsPut(method) ? HttpMethods.Put
        : HttpMethods.IsDelete(method) ? HttpMethods.Delete
        : HttpMethods.IsOptions(method) ? HttpMethods.Options
        : "OTHER";
}
