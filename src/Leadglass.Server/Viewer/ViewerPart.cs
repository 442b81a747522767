using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace Leadglass.Server.Viewer;

/// <summary>
/// <c>/viewer/**</c>: the viewer's program for whoever has been let in. It holds no patient data; what it shows it fetches
/// from <c>/dicom-web</c> as the person who looks.
/// </summary>
internal static class ViewerPart
{
    /// <summary>Assets carry the build's revision in their path, and so never change.</summary>
    private const string Forever = "private, max-age=31536000, immutable";

    private static readonly byte[] Absent =
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Leadglass</title></head><body>
        <h1>The viewer is not unpacked on this machine</h1>
        <p>Run <code>web/viewer/build.sh</code> where the archive was built, then start the archive again.</p>
        <p lang="de">Der Betrachter ist auf diesem Rechner nicht entpackt: <code>web/viewer/build.sh</code> ausführen,
        wo das Archiv gebaut wurde, dann das Archiv neu starten.</p>
        </body></html>
        """u8.ToArray();

    public static void Add(IServiceCollection services, WebParts parts) =>
        services.AddSingleton(ViewerFiles.FindBesideProgram());

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        string[] reading = [HttpMethods.Get, HttpMethods.Head];
        endpoints.MapMethods("/viewer/{**path}", reading, AnswerAsync).AnyCaller().ViewerWelcome();
    }

    private static Task AnswerAsync(HttpContext context)
    {
        var files = context.RequestServices.GetRequiredService<ViewerFiles>();
        var path = context.Request.RouteValues["path"] as string ?? "";
        context.Response.Headers["Cross-Origin-Embedder-Policy"] = "require-corp";
        context.Response.Headers.ContentSecurityPolicy = ViewerContentPolicy.For(
            context.Request.Host,
            isDecoder: false
        );
        if (files.Find(path) is { } asset)
        {
            return SendAsync(context, asset);
        }

        // The viewer's own addresses have no dot: /viewer/basic?StudyInstanceUIDs=...
        if (path.Contains('.', StringComparison.Ordinal))
        {
            return Problems.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                "Not found",
                "The viewer has no such file. A page of an older version may be open: load it again."
            );
        }

        return files.Page is { } page
            ? SendPageAsync(context, StatusCodes.Status200OK, page)
            : SendPageAsync(context, StatusCodes.Status503ServiceUnavailable, Absent);
    }

    private static async Task SendPageAsync(HttpContext context, int status, byte[] page)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = page.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(page, context.RequestAborted);
        }
    }

    private static async Task SendAsync(HttpContext context, ViewerFile file)
    {
        var response = context.Response;
        response.ContentType = file.ContentType;
        response.Headers.CacheControl = Forever;
        if (file.IsDecoder)
        {
            response.Headers.ContentSecurityPolicy = ViewerContentPolicy.For(context.Request.Host, isDecoder: true);
        }

        var (path, encoding) = Choose(file, context.Request);
        if (file.HasBrotli || file.HasGzip)
        {
            response.Headers.Vary = HeaderNames.AcceptEncoding;
        }

        if (encoding is not null)
        {
            response.Headers.ContentEncoding = encoding;
        }

        var onDisk = new FileInfo(path);
        response.ContentLength = onDisk.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.SendFileAsync(path, context.RequestAborted);
        }
    }

    private static (string Path, string? Encoding) Choose(ViewerFile file, HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        return file.HasBrotli && Takes(accepted, "br") ? (file.Path + ".br", "br")
            : file.HasGzip && Takes(accepted, "gzip") ? (file.Path + ".gz", "gzip")
            : (file.Path, null);
    }

    private static bool Takes(IList<StringWithQualityHeaderValue> accepted, string encoding)
    {
        foreach (var value in accepted)
        {
            if (value.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase))
            {
                return value.Quality is not 0;
            }
        }

        return false;
    }
}
