using Leadglass.Server.Pages.Texts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>
/// Answers a request with a page: a component rendered once, here, to the end, with no circuit and no script that the page
/// depends on. Nothing is sent before the whole of it is rendered.
/// </summary>
internal static class PageResponse
{
    /// <summary>
    /// What a page may load and do: its own style sheet, script, font and images, and requests to this archive. No inline
    /// style or script, no frame around it, no base address, and text becomes markup only by the one named policy.
    /// </summary>
    public const string SecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        + "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types leadglass";

    /// <summary>Renders a component as the answer.</summary>
    /// <typeparam name="TComponent">A page, with its layout around it, or a part of one.</typeparam>
    /// <param name="visitor">Who looks; null before sign-in.</param>
    /// <param name="values">The component's parameters by name.</param>
    /// <param name="status">The status of the answer.</param>
    public static async Task RenderAsync<TComponent>(
        this HttpContext context,
        Visitor? visitor,
        IReadOnlyDictionary<string, object?>? values = null,
        int status = StatusCodes.Status200OK
    )
        where TComponent : IComponent
    {
        var page = PageContext.Of(context, visitor);
        await using var renderer = new HtmlRenderer(context.RequestServices, NullLoggerFactory.Instance);
        await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var root = await renderer.RenderComponentAsync<PageRoot>(
                ParameterView.FromDictionary(
                    new Dictionary<string, object?>(StringComparer.Ordinal)
                    {
                        [nameof(PageRoot.Context)] = page,
                        [nameof(PageRoot.Component)] = typeof(TComponent),
                        [nameof(PageRoot.Values)] = values ?? new Dictionary<string, object?>(StringComparer.Ordinal),
                    }
                )
            );
            Describe(context.Response, page, status);
            using var writer = new Utf8PipeTextWriter(context.Response.BodyWriter);
            root.WriteHtmlTo(writer);
        });
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>After a form was carried out: the browser fetches this page, so that nothing is sent twice.</summary>
    public static Task SeeOther(this HttpContext context, string path)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = path;
        return Task.CompletedTask;
    }

    private static void Describe(HttpResponse response, PageContext page, int status)
    {
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = SecurityPolicy;
        response.Headers.ContentLanguage = page.Language.Code();
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
