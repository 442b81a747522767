using System.Text;
using System.Text.RegularExpressions;
using Leadglass.Access.Trails;
using Leadglass.Dicom;

namespace Leadglass.Server.Pages.Trails;

/// <summary>A recorded query as people read it: what was asked for by name, without what was only to be returned.</summary>
internal static partial class QueryWords
{
    /// <summary>The detail of an event; a query's keys with the names of their attributes.</summary>
    public static string Of(TrailEvent recorded)
    {
        if (recorded.Event is not AuditEvent.Query || recorded.Detail is not { } detail)
        {
            return recorded.Detail ?? "";
        }
        var words = new StringBuilder();
        var keys = Key.Matches(detail);
        for (var i = 0; i < keys.Count; i++)
        {
            var from = keys[i].Index + keys[i].Length;
            var to = i + 1 < keys.Count ? keys[i + 1].Index : End(detail);
            var value = detail[from..Math.Max(from, to)].Trim();
            if (value.Length > 0 && DicomTag.TryParse(keys[i].Groups["tag"].Value, out var tag))
            {
                words.Append(words.Length > 0 ? "; " : "").Append(DicomDictionary.Find(tag)?.Name ?? tag.ToString());
                words.Append(": ").Append(value);
            }
        }
        return keys.Count == 0 ? detail : words.ToString();
    }

    // The digest of the whole query stands at the end, behind a number sign.
    private static int End(string detail) =>
        detail.LastIndexOf(" #", StringComparison.Ordinal) is >= 0 and var at ? at : detail.Length;

    [GeneratedRegex(
        @" (?<tag>\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\))=",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 250
    )]
    private static partial Regex Key { get; }
}
