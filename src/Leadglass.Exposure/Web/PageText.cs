using System.Text;
using System.Text.RegularExpressions;

namespace Leadglass.Exposure;

/// <summary>The few things that are taken out of pages and header fields of strangers.</summary>
internal static partial class PageText
{
    private const int RootsMax = 4;
    private const int TitleBytesMax = 300;

    /// <summary>Whether the bytes hold a word.</summary>
    public static bool Contains(ReadOnlySpan<byte> page, ReadOnlySpan<byte> word) => page.IndexOf(word) >= 0;

    /// <summary>The title of a page; null without one.</summary>
    public static string? Title(ReadOnlySpan<byte> page)
    {
        var begin = IndexOfTag(page, "<title"u8);
        if (begin < 0)
        {
            return null;
        }

        var rest = page[begin..];
        var text = rest[(rest.IndexOf((byte)'>') + 1)..];
        var end = text.IndexOf((byte)'<');
        return end is > 0 and <= TitleBytesMax ? Encoding.UTF8.GetString(text[..end]).Trim() : null;
    }

    /// <summary>The realm of a challenge; null without one.</summary>
    public static string? Realm(string? challenge)
    {
        try
        {
            var match = challenge is { Length: <= 1_000 } ? RealmPattern().Match(challenge) : Match.Empty;
            return match.Success ? match.Groups["realm"].Value : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    /// <summary>Roots at the same endpoint that the configuration of a viewer names.</summary>
    public static IReadOnlyList<string> RootsOfViewer(ReadOnlySpan<byte> script, ProbeTarget target)
    {
        List<string> roots = [];
        try
        {
            Collect(roots, Encoding.Latin1.GetString(script), target);
        }
        catch (RegexMatchTimeoutException)
        {
            // Those found by then are enough.
        }

        return roots;
    }

    private static void Collect(List<string> roots, string script, ProbeTarget target)
    {
        foreach (Match match in RootPattern().Matches(script))
        {
            var path = PathAt(match.Groups["root"].Value.TrimEnd('/'), target);
            if (
                path is not null
                && WebPath.IsRoot(path)
                && !roots.Contains(path, StringComparer.Ordinal)
                && roots.Count < RootsMax
            )
            {
                roots.Add(path);
            }
        }
    }

    private static string? PathAt(string address, ProbeTarget target)
    {
        if (address.StartsWith('/'))
        {
            return address;
        }

        return
            Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https"
            && uri.Port == target.Port
            && (uri.Host == target.Name || uri.Host.Trim('[', ']') == target.Address.ToString())
            ? uri.AbsolutePath.TrimEnd('/')
            : null;
    }

    private static int IndexOfTag(ReadOnlySpan<byte> page, ReadOnlySpan<byte> tag)
    {
        for (var at = 0; at + tag.Length < page.Length; at++)
        {
            if (Ascii.EqualsIgnoreCase(page.Slice(at, tag.Length), tag))
            {
                return at;
            }
        }

        return -1;
    }

    [GeneratedRegex(
        "realm=\"(?<realm>[^\"]{1,100})\"",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 500
    )]
    private static partial Regex RealmPattern();

    [GeneratedRegex(
        "(?:qido|wado)Root[\"']?\\s{0,8}:\\s{0,8}[\"'](?<root>[^\"']{1,200})[\"']",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 500
    )]
    private static partial Regex RootPattern();
}
