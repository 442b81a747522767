using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Viewer;

/// <summary>What the viewer may do in a browser: talk to this archive, run its own scripts, and nothing else.</summary>
internal static class ViewerContentPolicy
{
    /// <summary>
    /// The page, and every script and worker but one. WebAssembly may be compiled, JavaScript never made from text. The
    /// hashes are of the four style elements that OHIF writes while it runs: one is empty, one belongs to its
    /// notifications, one hides the scroll bars of its lists, one keeps the page still under a menu. Thumbnails are blobs and data addresses.
    /// </summary>
    private const string Page =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'none'; "
        + "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; "
        + "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
        + "'sha256-Od9mHMH7x2G6QuoV3hsPkDCwIyqbg2DX3F5nLeCYQBc=' "
        + "'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo=' "
        + "'sha256-vGQdhYJbTuF+M8iCn1IZCHpdkiICocWHDq4qnQF4Rjw='; "
        + "object-src 'none'; frame-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        // No window of another page of the archive can be opened from it and read.
        + "sandbox allow-scripts allow-same-origin allow-downloads allow-modals";

    /// <summary>
    /// The worker that decodes pixel data: the glue of its WebAssembly codecs makes functions from text. A worker has no
    /// document, and its own policy holds for it, not the page's.
    /// </summary>
    private const string Decoder =
        "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'; connect-src 'none'";

    /// <summary>
    /// A policy with the paths that the viewer may fetch: DICOMweb, where its own cookie decides, and its own program. The
    /// rest of the origin would answer it with the session of who looks.
    /// </summary>
    /// <param name="host">The host and port under which the browser reaches the archive.</param>
    /// <param name="isDecoder">Whether it is for the worker that decodes.</param>
    public static string For(HostString host, bool isDecoder) =>
        (isDecoder ? Decoder : Page).Replace(
            "connect-src 'none'",
            $"connect-src https://{host.ToUriComponent()}/dicom-web/ https://{host.ToUriComponent()}/viewer/",
            StringComparison.Ordinal
        );
}
