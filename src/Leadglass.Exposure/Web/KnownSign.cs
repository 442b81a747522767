namespace Leadglass.Exposure;

/// <summary>
/// What of a server's text is kept: a title or a path may hold anything, a patient's name too. So nothing is kept but what a
/// fingerprint knows, in the fingerprint's own words, with a version where one follows.
/// </summary>
internal static class KnownSign
{
    private const int VersionLengthMax = 16;

    private static readonly string[] DemoWords = ["demo", "test", "sandbox", "example", "playground"];

    /// <summary>The longest text of a fingerprint that fits; null where none does.</summary>
    public static string? Of(FingerprintFile fingerprints, string kind, string value)
    {
        var shown = new ShownSign(kind, value, Port: 0);
        return fingerprints
            .Products.SelectMany(one => one.Signs)
            .Where(shown.Fits)
            .Select(sign => sign.TellsVersion ? sign.Value + VersionAfter(value[sign.Value.Length..]) : sign.Value)
            .MaxBy(static text => text.Length);
    }

    /// <summary>Whether a text says that nobody's records lie here.</summary>
    public static bool SaysDemo(string value) =>
        Array.Exists(DemoWords, word => value.Contains(word, StringComparison.OrdinalIgnoreCase));

    // Versions begin with a digit; names do not.
    private static string VersionAfter(string rest)
    {
        var version = rest.TrimStart(' ', '_', '-', '/');
        var isPlain =
            version.Length is > 0 and <= VersionLengthMax
            && char.IsAsciiDigit(version[0])
            && version.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '+');
        return isPlain ? rest : "";
    }
}
