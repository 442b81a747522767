using System.Text.Json;
using Leadglass.Server.Pages;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>
/// Problem details of RFC 9457, without patient data: titles and details are sentences of ours, never values of a request
/// or of a data set.
/// </summary>
internal static class Problems
{
    public const string MediaType = "application/problem+json";

    private static readonly JsonEncodedText BlankType = JsonEncodedText.Encode("about:blank");

    /// <summary>Answers with a problem. When the answer has begun, the connection ends instead.</summary>
    /// <param name="extensions">Further members: texts, numbers or lists of texts.</param>
    public static async Task WriteAsync(
        HttpContext context,
        int status,
        string title,
        string detail,
        IReadOnlyDictionary<string, object>? extensions = null
    )
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            context.Abort();
            return;
        }

        if (AsksForPage(context))
        {
            await WebPages.AnswerErrorAsync(context, status);
            return;
        }

        var body = Compose(status, title, detail, extensions);
        response.StatusCode = status;
        response.ContentType = MediaType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>
    /// A person who followed a link or sent a form gets a page that says the same. Programs and scripts, and everybody at
    /// the interfaces for them, get the problem.
    /// </summary>
    private static bool AsksForPage(HttpContext context) =>
        context.CallerKind() is CallerKind.Session
        && !context.Request.Path.StartsWithSegments("/dicom-web", StringComparison.Ordinal)
        && !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static byte[] Compose(
        int status,
        string title,
        string detail,
        IReadOnlyDictionary<string, object>? extensions
    )
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", BlankType);
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            foreach (var (name, value) in extensions ?? new Dictionary<string, object>(StringComparer.Ordinal))
            {
                json.WritePropertyName(name);
                Write(json, value);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case IEnumerable<string> texts:
                json.WriteStartArray();
                foreach (var text in texts)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
                break;
            default:
                throw new ArgumentException(
                    "A problem's member is a text, a number or a list of texts.",
                    nameof(value)
                );
        }
    }
}
