using System.Collections.Frozen;

namespace Leadglass.Server.Viewer;

/// <summary>
/// The viewer's program on disk, listed once at start: a request names an entry of this list or nothing, so no path of a
/// request ever reaches the file system.
/// </summary>
internal sealed class ViewerFiles
{
    /// <summary>The script that decodes compressed pixel data in a worker of its own, in the reviewed build of OHIF.</summary>
    private const string DecoderPrefix = "8097.bundle.";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>(
        StringComparer.Ordinal
    )
    {
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".wasm"] = "application/wasm",
        [".woff2"] = "font/woff2",
        [""] = "text/plain; charset=utf-8",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, ViewerFile> _assets;

    private ViewerFiles(byte[]? page, FrozenDictionary<string, ViewerFile> assets)
    {
        Page = page;
        _assets = assets;
    }

    /// <summary>The page that starts the viewer; null: it has not been unpacked.</summary>
    public byte[]? Page { get; }

    /// <summary>The asset below <c>/viewer/</c> with this path; null: there is none.</summary>
    public ViewerFile? Find(string path) => _assets.GetValueOrDefault(path);

    /// <summary>
    /// The viewer beside the program, where a package puts it, or else below <c>artifacts</c> of the checkout that the
    /// program was built in.
    /// </summary>
    public static ViewerFiles FindBesideProgram()
    {
        var program = AppContext.BaseDirectory;
        string[] folders = [Path.Combine(program, "viewer"), Path.Combine(program, "..", "..", "..", "viewer")];
        return Open(folders.Select(Path.GetFullPath).FirstOrDefault(folder => File.Exists(PageIn(folder))));
    }

    /// <summary>The viewer that <c>web/viewer/build.sh</c> left in a folder; null: none.</summary>
    public static ViewerFiles Open(string? folder)
    {
        if (folder is null)
        {
            return new ViewerFiles(page: null, FrozenDictionary<string, ViewerFile>.Empty);
        }

        var revision = File.ReadAllText(Path.Combine(folder, "revision")).Trim();
        var assets = new Dictionary<string, ViewerFile>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(folder, revision)))
        {
            var name = Path.GetFileName(path);
            if (ContentTypes.TryGetValue(Path.GetExtension(name), out var contentType))
            {
                assets[$"{revision}/{name}"] = new ViewerFile(
                    path,
                    contentType,
                    File.Exists(path + ".br"),
                    File.Exists(path + ".gz")
                )
                {
                    IsDecoder = name.StartsWith(DecoderPrefix, StringComparison.Ordinal),
                };
            }
        }

        return new ViewerFiles(File.ReadAllBytes(PageIn(folder)), assets.ToFrozenDictionary(StringComparer.Ordinal));
    }

    private static string PageIn(string folder) => Path.Combine(folder, "index.html");
}
