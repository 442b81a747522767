namespace Leadglass.Exposure;

/// <summary>Paths that are asked for.</summary>
internal static class WebPath
{
    private const int LengthMax = 200;

    private static readonly string[] OfRecords = ["patient", "study", "studies", "series", "instances", "wado"];

    /// <summary>Whether a text is a path that may be asked for: absolute, unreserved characters only, no way upwards, no query.</summary>
    public static bool IsRoot(string path) =>
        path.Length is > 1 and <= LengthMax && path[0] == '/' && path[^1] != '/' && IsPlain(path);

    /// <summary>The same, with or without a slash at the end; <c>/</c> too.</summary>
    public static bool IsPath(string path) => path == "/" || IsRoot(path.EndsWith('/') ? path[..^1] : path);

    /// <summary>The same, and nothing in it speaks of records: a redirect may lead to a patient's page.</summary>
    public static bool IsPage(string path) =>
        IsPath(path) && !Array.Exists(OfRecords, word => path.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static bool IsPlain(string path) =>
        !path.Contains("//", StringComparison.Ordinal)
        && !path.Contains("/.", StringComparison.Ordinal)
        && path.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '-' or '_' or '.' or '~');
}
