using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>
/// The style sheet, scripts, fonts and marks of the pages. They are resources of the program, so that none lies on disk
/// where it could be changed, and have the digest of their content in their name, so that a browser may keep them.
/// </summary>
public sealed class PageAssets
{
    /// <summary>Below this path they are served.</summary>
    public const string Root = "/assets/";

    private const string ResourcePrefix = "pages/";
    private readonly FrozenDictionary<string, Asset> _byPath;
    private readonly FrozenDictionary<string, string> _pathByName;

    /// <summary>Reads the program's resources.</summary>
    public PageAssets()
    {
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        var assets = new Dictionary<string, Asset>(StringComparer.Ordinal);
        // What names others comes after them: style sheets name fonts, scripts name the one that they import.
        foreach (var (name, content) in Resources().OrderBy(one => NamesOthers(one.Name, one.Content)))
        {
            var bytes = NamesOthers(name, content) ? WithPaths(content, paths) : content;
            var path = PathOf(name, bytes);
            paths.Add(name, path);
            assets.Add(path, new Asset(bytes, TypeOf(name)));
        }
        _byPath = assets.ToFrozenDictionary(StringComparer.Ordinal);
        _pathByName = paths.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Every path that is served.</summary>
    public IEnumerable<string> Paths => _byPath.Keys;

    /// <summary>The path of an asset by its file name.</summary>
    public string this[string name] => _pathByName[name];

    /// <summary>Sends the asset that the request names; 404 where there is none.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        if (!_byPath.TryGetValue(context.Request.Path.Value ?? "", out var asset))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Content.Length;
        response.Headers.CacheControl = "public, max-age=31536000, immutable";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(asset.Content, context.RequestAborted);
        }
    }

    private static IEnumerable<(string Name, byte[] Content)> Resources()
    {
        var assembly = typeof(PageAssets).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            {
                continue;
            }
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            yield return (resource[ResourcePrefix.Length..], content);
        }
    }

    private static bool NamesOthers(string name, byte[] content) =>
        name.EndsWith(".css", StringComparison.Ordinal)
        || (name.EndsWith(".js", StringComparison.Ordinal) && content.AsSpan().IndexOf("from \"./"u8) >= 0);

    private static byte[] WithPaths(byte[] content, Dictionary<string, string> paths)
    {
        var text = new StringBuilder(Encoding.UTF8.GetString(content));
        foreach (var (name, path) in paths)
        {
            text.Replace($"url({name})", $"url({path})").Replace($"\"./{name}\"", $"\"{path}\"");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string PathOf(string name, byte[] content)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8));
        var dot = name.LastIndexOf('.');
        return $"{Root}{name[..dot]}.{digest}{name[dot..]}";
    }

    private static string TypeOf(string name) =>
        Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            ".woff2" => "font/woff2",
            _ => "text/plain; charset=utf-8",
        };

    private sealed record Asset(byte[] Content, string ContentType);
}
