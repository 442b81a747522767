using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Leadglass.Server.Pages.Rendering;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Tests.Pages;

/// <summary>A page as a browser gets it: rendered as an answer, then read by an HTML parser.</summary>
internal sealed class RenderedPage
{
    private RenderedPage(HttpResponse response, string html)
    {
        Response = response;
        Html = html;
        Document = new HtmlParser().ParseDocument(html);
    }

    public HttpResponse Response { get; }

    public string Html { get; }

    public IHtmlDocument Document { get; }

    public string Text(string selector) => Element(selector).TextContent.Trim();

    public IElement Element(string selector) =>
        Document.QuerySelector(selector) ?? throw new InvalidOperationException($"the page has no {selector}");

    public static async Task<RenderedPage> OfAsync<TComponent>(
        Visitor? visitor,
        Dictionary<string, object?>? values = null,
        Action<HttpRequest>? ask = null,
        int status = 200
    )
        where TComponent : IComponent
    {
        var services = new ServiceCollection();
        services.AddSingleton<PageAssets>();
        await using var provider = services.BuildServiceProvider();
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = provider };
        context.Response.Body = body;
        ask?.Invoke(context.Request);
        await context.RenderAsync<TComponent>(visitor, values, status);
        return new RenderedPage(context.Response, Encoding.UTF8.GetString(body.ToArray()));
    }
}
