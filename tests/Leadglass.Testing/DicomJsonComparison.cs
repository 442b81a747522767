using System.Globalization;
using System.Text.Json.Nodes;

namespace Leadglass.Testing;

/// <summary>
/// Compares two DICOM JSON objects by what they mean, theirs from DCMTK's dcm2json. What it lets pass is told in the table
/// of docs/conformance-statement.md.
/// </summary>
public static class DicomJsonComparison
{
    public static void Compare(JsonNode ours, JsonNode theirs, string where, List<string> differences)
    {
        var (left, right) = (ours.AsObject(), theirs.AsObject());
        foreach (var tag in left.Select(member => member.Key).Union(right.Select(member => member.Key)).Order())
        {
            if (left[tag] is not { } a)
            {
                differences.Add(
                    $"{where} {tag}: only theirs {right[tag]!.ToJsonString()[..Math.Min(80, right[tag]!.ToJsonString().Length)]}"
                );
            }
            else if (right[tag] is not { } b)
            {
                differences.Add(
                    $"{where} {tag}: only ours {a.ToJsonString()[..Math.Min(80, a.ToJsonString().Length)]}"
                );
            }
            else
            {
                CompareAttribute(a.AsObject(), b.AsObject(), $"{where} {tag}", differences);
            }
        }
    }

    private static void CompareAttribute(JsonObject ours, JsonObject theirs, string where, List<string> differences)
    {
        var (vr, otherVr) = ((string?)ours["vr"], (string?)theirs["vr"]);
        if (vr != otherVr)
        {
            // In implicit VR DCMTK knows private attributes of some vendors, and takes curve data for bytes; where spaces
            // stand in place of a VR, it does not ask its dictionary.
            var tag = where[^8..];
            var isPrivate = int.Parse(tag[..4], NumberStyles.HexNumber) % 2 == 1;
            if (
                otherVr != "UN"
                && !(isPrivate && vr == "UN")
                && !(tag.StartsWith("50", StringComparison.Ordinal) && vr == "OW")
            )
            {
                differences.Add($"{where}: VR {vr}, theirs {otherVr}");
            }
        }
        else if (vr == "SQ")
        {
            CompareItems(ours["Value"] as JsonArray ?? [], theirs["Value"] as JsonArray ?? [], where, differences);
        }
        else if (ours["BulkDataURI"] is not null)
        {
            // The value lies elsewhere; DCMTK has it here unless it is encapsulated.
            if (theirs["InlineBinary"] is null && theirs["BulkDataURI"] is null && theirs["Value"] is null)
            {
                differences.Add($"{where} {vr}: a URI, theirs is empty");
            }
        }
        else if ((string?)ours["InlineBinary"] != (string?)theirs["InlineBinary"] && !IsPadded(ours, theirs))
        {
            differences.Add($"{where} {vr}: other bytes");
        }
        else if (!SameValues(ours["Value"] as JsonArray ?? [], theirs["Value"] as JsonArray ?? [], vr, where))
        {
            differences.Add($"{where} {vr}: {Short(ours)} theirs {Short(theirs)}");
        }
    }

    private static void CompareItems(JsonArray ours, JsonArray theirs, string where, List<string> differences)
    {
        if (ours.Count != theirs.Count)
        {
            differences.Add($"{where}: {ours.Count} items, theirs {theirs.Count}");
            return;
        }

        for (var i = 0; i < ours.Count; i++)
        {
            // DCMTK leaves a character set of an item's own, and its text, as they were.
            if (where.EndsWith("00041220", StringComparison.Ordinal) || ours[i]!["00080005"] is null)
            {
                Compare(ours[i]!, theirs[i]!, $"{where}/{i}", differences);
            }
        }
    }

    // DCMTK makes odd values even.
    private static bool IsPadded(JsonObject ours, JsonObject theirs) =>
        (string?)ours["InlineBinary"] is { } a
        && (string?)theirs["InlineBinary"] is { } b
        && Convert.FromBase64String(b).SequenceEqual(Convert.FromBase64String(a).Append((byte)0));

    private static bool SameValues(JsonArray ours, JsonArray theirs, string? vr, string where)
    {
        if (
            where.Contains("00041220/", StringComparison.Ordinal)
            && where.EndsWith("00080005", StringComparison.Ordinal)
        )
        {
            return true;
        }

        // DCMTK takes a name of carets only for no name.
        if (vr == "PN" && ours.Count == 1 && Text(ours[0]).Length == 0 && theirs.Count == 0)
        {
            return true;
        }

        return ours.Count == theirs.Count && ours.Zip(theirs).All(pair => Same(pair.First, pair.Second, vr));
    }

    private static bool Same(JsonNode? ours, JsonNode? theirs, string? vr)
    {
        var (a, b) = (Text(ours), Text(theirs));
        if (a == b)
        {
            return true;
        }

        if (
            vr is not ("FL" or "FD" or "DS" or "IS")
            || !double.TryParse(a, CultureInfo.InvariantCulture, out var left)
            || !double.TryParse(b, CultureInfo.InvariantCulture, out var right)
        )
        {
            return false;
        }

        // DCMTK rounds FL to 9 digits and the last of FD's otherwise, and leaves zeros before IS.
        return vr == "FL" ? (float)left == (float)right : Math.Abs(left - right) <= Math.Abs(left) * 1e-15;
    }

    private static string Short(JsonObject attribute)
    {
        var text = attribute.ToJsonString();
        return text[..Math.Min(100, text.Length)];
    }

    private static string Text(JsonNode? value) =>
        value switch
        {
            null => "",
            JsonObject name => string.Join(
                    '=',
                    new[] { "Alphabetic", "Ideographic", "Phonetic" }.Select(group =>
                        ((string?)name[group])?.Trim().TrimEnd('^')
                    )
                )
                .TrimEnd('='),
            _ => value.ToString().Trim(),
        };
}
