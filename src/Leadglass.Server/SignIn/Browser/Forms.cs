using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.SignIn.Browser;

/// <summary>Forms that people send, and how endpoints of this room are mapped to who answers them.</summary>
internal static class Forms
{
    /// <summary>The longest body of a form or of a passkey's answer.</summary>
    public const int BytesMax = 64 * 1024;

    private const int FieldsMax = 256;

    /// <summary>
    /// Reads fields in memory within limits. A form with files is never read as one: what it held would be spooled to a
    /// temporary file in clear.
    /// </summary>
    public static FormOptions Options { get; } =
        new()
        {
            BufferBody = false,
            ValueCountLimit = FieldsMax,
            KeyLengthLimit = 128,
            ValueLengthLimit = BytesMax,
            MultipartBodyLengthLimit = 0,
            BufferBodyLengthLimit = BytesMax,
        };

    /// <summary>Whether the body is a form of fields only.</summary>
    public static bool IsForm(HttpRequest request) =>
        request.ContentType is { } type
        && type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    /// <summary>A field's value; empty where it is not there.</summary>
    public static async Task<string> FieldAsync(this HttpContext context, string name) =>
        IsForm(context.Request)
            ? (await context.Request.ReadFormAsync(context.RequestAborted))[name].ToString()
            : string.Empty;

    extension(IEndpointRouteBuilder endpoints)
    {
        /// <summary>Maps a page.</summary>
        public IEndpointConventionBuilder Page<THandler>(string path, Func<THandler, HttpContext, Task> answer)
            where THandler : notnull => endpoints.MapMethods(path, [HttpMethods.Get], By(answer));

        /// <summary>Maps what takes a form, or a small JSON text of a script.</summary>
        public IEndpointConventionBuilder Form<THandler>(string path, Func<THandler, HttpContext, Task> answer)
            where THandler : notnull => endpoints.MapMethods(path, [HttpMethods.Post], By(answer)).BodyUpTo(BytesMax);
    }

    private static RequestDelegate By<THandler>(Func<THandler, HttpContext, Task> answer)
        where THandler : notnull => context => answer(context.RequestServices.GetRequiredService<THandler>(), context);
}
