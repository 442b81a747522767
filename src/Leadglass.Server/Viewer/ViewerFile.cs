namespace Leadglass.Server.Viewer;

/// <summary>One file of the viewer's program, as it lies in the viewer's folder. None holds patient data.</summary>
/// <param name="Path">Where it lies, uncompressed.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="HasBrotli">Whether it lies there compressed by Brotli too, with <c>.br</c> after its name.</param>
/// <param name="HasGzip">Whether it lies there compressed by gzip too, with <c>.gz</c> after its name.</param>
internal sealed record ViewerFile(string Path, string ContentType, bool HasBrotli, bool HasGzip)
{
    /// <summary>Whether this script runs as the worker that decodes pixel data.</summary>
    public bool IsDecoder { get; init; }
}
