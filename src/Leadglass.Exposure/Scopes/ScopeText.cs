using System.Net;
using System.Text.RegularExpressions;

namespace Leadglass.Exposure;

/// <summary>The shapes of single values in a scope.</summary>
internal static partial class ScopeText
{
    /// <summary>Longest text of a field.</summary>
    public const int CharsMax = 400;

    private const int ShownCharsMax = 60;

    /// <summary>A value as it may stand in a message: bounded, printable.</summary>
    public static string Shown(string value)
    {
        var start = value.AsSpan(0, Math.Min(value.Length, ShownCharsMax));
        return string.Concat(start.ToString().Select(letter => char.IsControl(letter) ? '?' : letter))
            + (value.Length > ShownCharsMax ? "..." : string.Empty);
    }

    /// <summary>Whether a plain value would be read as a number, a truth value or nothing by other readers of YAML 1.2.</summary>
    public static bool IsNoText(string plain) => NoText.IsMatch(plain);

    /// <summary>Whether it can be sent as an AE title (PS3.5 6.2, VR AE).</summary>
    public static bool IsAeTitle(string value) => AeTitle.IsMatch(value);

    /// <summary>Whether it is a mail address or an https URL that fits into a header field.</summary>
    public static bool IsContact(string value) => Contact.IsMatch(value);

    /// <summary>Whether it is a host's name as it stands in the DNS (RFC 1123 2.1), and no address.</summary>
    public static bool IsHostName(string value) =>
        value.Length <= 253 && HostName.IsMatch(value) && !IPAddress.TryParse(value, out _);

    [GeneratedRegex(
        @"^(?:|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?(?:\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex NoText { get; }

    [GeneratedRegex(@"^(?! )[ -\[\]-~]{1,16}(?<! )\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AeTitle { get; }

    [GeneratedRegex(
        @"^(?:[!-'*-;=?A-\[\]-~]{1,100}@[A-Za-z0-9.-]{1,150}|https://[!-'*-;=?-\[\]-~]{1,240})\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Contact { get; }

    [GeneratedRegex(
        @"^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex HostName { get; }
}
