using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Web;

/// <summary><c>/health/live</c>: the process answers. The one thing besides sign-in that strangers may learn.</summary>
internal static class Liveness
{
    private static readonly byte[] Alive = """{"status":"live"}"""u8.ToArray();

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods("/health/live", [HttpMethods.Get, HttpMethods.Head], AnswerAsync).StrangersWelcome();

    private static async Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Alive.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(Alive, context.RequestAborted);
        }
    }
}
