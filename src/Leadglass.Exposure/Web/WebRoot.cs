namespace Leadglass.Exposure;

/// <summary>A path below which DICOMweb may answer.</summary>
/// <param name="Path">What is asked for.</param>
/// <param name="Shown">What is said of it: a part that the server made up is left out.</param>
internal readonly record struct WebRoot(string Path, string Shown)
{
    /// <summary>One that is known beforehand.</summary>
    public WebRoot(string path)
        : this(path, path) { }
}
