using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>
/// What HTTPS answers to whoever has not signed in: that the archive is alive, and nothing else. One answer for every path,
/// so that a stranger cannot learn which exist.
/// </summary>
internal static class HttpDoor
{
    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("about:blank");
    private static readonly byte[] Unauthorized = Problem(
        StatusCodes.Status401Unauthorized,
        "Sign-in required",
        "This archive answers to nobody who has not proved who they are."
    );
    private static readonly byte[] Alive = """{"status":"live"}"""u8.ToArray();

    public static Task AnswerAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers.StrictTransportSecurity = "max-age=31536000";
        headers["Referrer-Policy"] = "no-referrer";
        if (
            context.Request.Path == "/health/live"
            && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        )
        {
            return SendAsync(context, StatusCodes.Status200OK, "application/json", Alive);
        }

        headers.WWWAuthenticate = "Bearer realm=\"leadglass\"";
        return SendAsync(context, StatusCodes.Status401Unauthorized, "application/problem+json", Unauthorized);
    }

    private static async Task SendAsync(HttpContext context, int status, string contentType, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>Problem details of RFC 9457.</summary>
    private static byte[] Problem(int status, string title, string detail)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
