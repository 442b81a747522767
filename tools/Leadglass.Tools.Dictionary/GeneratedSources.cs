using System.Globalization;
using System.Text;

namespace Leadglass.Tools.Dictionary;

/// <summary>The generated files of <c>Leadglass.Dicom</c>, by their paths below the checkout.</summary>
public static class GeneratedSources
{
    private const string Folder = "src/Leadglass.Dicom/Dictionary/";

    /// <summary>Reads the tables of a checkout and gives every generated file's path and text.</summary>
    public static IReadOnlyDictionary<string, string> FromCheckout(string root)
    {
        var tables = Path.Combine(root, "tools", "Leadglass.Tools.Dictionary", "tables");
        var elements = StandardTables.Elements(tables);
        var repeaters = StandardTables.Repeaters(tables);
        var uids = StandardTables.Uids(tables);
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Folder + "DicomTag.g.cs"] = Tags(elements),
            [Folder + "DictionaryData.g.cs"] = DictionaryData(elements, repeaters),
            [Folder + "UidConstants.g.cs"] = UidConstants(uids),
            [Folder + "UidData.g.cs"] = UidData(uids),
            ["docs/storage-sop-classes.md"] = StorageSopClasses(uids),
            ["src/Leadglass.Dicom/Text/FoldingData.g.cs"] = FoldingData(StandardTables.Foldings(tables)),
        };
    }

    private static string Tags(IReadOnlyList<ElementRow> elements)
    {
        var text = Header();
        text.Append("public readonly partial struct DicomTag\n{\n");
        foreach (var row in elements.Where(row => row.Keyword.Length > 0))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"""
                    /// <summary>{Xml(row.Name)}{(row.IsRetired ? " (retired)" : "")}, VR {Spelled(
                    row.Vr
                )}, VM {row.Vm}.</summary>
                    public static DicomTag {row.Keyword} => new(0x{row.Tag >> 16:X4}, 0x{row.Tag & 0xFFFF:X4});


                """
            );
        }

        return Closed(text);
    }

    private static string DictionaryData(IReadOnlyList<ElementRow> elements, IReadOnlyList<ElementRow> repeaters)
    {
        var rows = elements.Concat(repeaters).ToList();
        var vmChoices = rows.Select(row => row.Vm).Distinct().Order(StringComparer.Ordinal).ToList();
        var text = Header();
        text.Append("internal static class DictionaryData\n{\n");
        Constant(text, "ElementCount", elements.Count);
        Span(text, "uint", "Tags", rows.Select(row => $"0x{row.Tag:X8}"), 8);
        Span(text, "uint", "RepeaterMasks", repeaters.Select(row => $"0x{row.Mask:X8}"), 8);
        Span(text, "ValueRepresentation", "Vrs", rows.Select(row => "ValueRepresentation." + row.Vr), 6);
        Span(text, "byte", "VmChoiceOf", rows.Select(row => Number(vmChoices.IndexOf(row.Vm))), 32);
        Span(text, "byte", "Retired", Bits([.. rows.Select(row => row.IsRetired)]), 24);
        Span(text, "ushort", "VmChoices", vmChoices.SelectMany(VmBounds), 12);
        Span(text, "int", "KeywordEnds", Ends(rows.Select(row => row.Keyword)), 16);
        Span(text, "int", "NameEnds", Ends(rows.Select(row => row.Name)), 16);
        var byKeyword = Enumerable
            .Range(0, rows.Count)
            .Where(index => rows[index].Keyword.Length > 0)
            .OrderBy(index => rows[index].Keyword, StringComparer.Ordinal);
        Span(text, "ushort", "ByKeyword", byKeyword.Select(Number), 16);
        Blob(text, "Keywords", rows.Select(row => row.Keyword));
        Blob(text, "Names", rows.Select(row => row.Name));
        return Closed(text);
    }

    private static string UidConstants(IReadOnlyList<UidRow> uids)
    {
        var text = Header();
        Constants(text, "SopClasses", "SOP classes of PS3.6 Annex A.", uids, "SopClass", "MetaSopClass");
        text.Append('\n');
        Constants(text, "TransferSyntaxUids", "Transfer syntaxes of PS3.6 Annex A.", uids, "TransferSyntax");
        text.Append('\n');
        Constants(
            text,
            "WellKnownUids",
            "Well-known instances and the application context of PS3.6 Annex A.",
            uids,
            "WellKnownSopInstance",
            "ApplicationContextName"
        );
        return text.ToString();
    }

    private static void Constants(
        StringBuilder text,
        string type,
        string summary,
        IReadOnlyList<UidRow> uids,
        params string[] kinds
    )
    {
        text.Append(
            CultureInfo.InvariantCulture,
            $"/// <summary>{summary}</summary>\npublic static class {type}\n{{\n"
        );
        foreach (var row in uids.Where(row => kinds.Contains(row.Kind) && row.Keyword.Length > 0))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"""
                    /// <summary>{Xml(row.Name)}{(row.IsRetired ? " (retired)" : "")}</summary>
                    public const string {row.Keyword} = "{row.Uid}";


                """
            );
        }

        Closed(text);
    }

    private static string UidData(IReadOnlyList<UidRow> uids)
    {
        var text = Header();
        text.Append("internal static class UidData\n{\n");
        Constant(text, "Count", uids.Count);
        Span(text, "UidKind", "Kinds", uids.Select(row => $"UidKind.{row.Kind}"), 4);
        Span(text, "StorageScope", "Scopes", uids.Select(row => $"StorageScope.{row.Scope}"), 4);
        Span(text, "byte", "Retired", Bits([.. uids.Select(row => row.IsRetired)]), 24);
        Span(text, "int", "UidEnds", Ends(uids.Select(row => row.Uid)), 16);
        Span(text, "int", "NameEnds", Ends(uids.Select(row => row.Name)), 16);
        Span(text, "int", "KeywordEnds", Ends(uids.Select(row => row.Keyword)), 16);
        Blob(text, "Uids", uids.Select(row => row.Uid));
        Blob(text, "Names", uids.Select(row => row.Name));
        Blob(text, "Keywords", uids.Select(row => row.Keyword));
        return Closed(text);
    }

    private static string StorageSopClasses(IReadOnlyList<UidRow> uids)
    {
        var text = new StringBuilder(
            """
            # Storage SOP classes

            What the archive stores without being told: every storage SOP class of the standard whose instances belong to a
            patient and a study, retired ones included. Written by `tools/Leadglass.Tools.Dictionary`; not by hand.

            | SOP class | UID |
            |---|---|

            """
        );
        foreach (
            var row in uids.Where(row => row.Scope == "PatientStudy").OrderBy(row => row.Name, StringComparer.Ordinal)
        )
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {row.Name}{(row.IsRetired ? " (retired)" : "")} | {row.Uid} |\n"
            );
        }

        text.Append("\nNot stored, since their instances belong to no patient:\n\n| SOP class | UID |\n|---|---|\n");
        foreach (
            var row in uids.Where(row => row.Scope == "NonPatient").OrderBy(row => row.Name, StringComparer.Ordinal)
        )
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Uid} |\n");
        }

        return text.ToString();
    }

    private static string FoldingData(IReadOnlyList<(int Code, IReadOnlyList<int> Folded)> foldings)
    {
        var text = Header();
        text.Append("internal static class FoldingData\n{\n");
        Span(text, "char", "Characters", foldings.Select(row => Character(row.Code)), 12);
        var end = 0;
        Span(text, "ushort", "Ends", foldings.Select(row => Number(end += row.Folded.Count)), 16);
        Span(text, "char", "Folded", foldings.SelectMany(row => row.Folded).Select(Character), 12);
        return Closed(text);
    }

    private static string Character(int code) => $"'\\u{code:X4}'";

    private static StringBuilder Header() =>
        new(
            """
            // <auto-generated>
            // Written by tools/Leadglass.Tools.Dictionary from the tables beside it; change those, not this.
            // </auto-generated>
            #nullable enable

            namespace Leadglass.Dicom;


            """
        );

    private static string Closed(StringBuilder text)
    {
        while (text[^1] == '\n')
        {
            text.Length--;
        }

        return text.Append("\n}\n").ToString();
    }

    private static void Constant(StringBuilder text, string name, int value) =>
        text.Append(CultureInfo.InvariantCulture, $"    internal const int {name} = {value};\n\n");

    private static void Span(StringBuilder text, string type, string name, IEnumerable<string> items, int perLine)
    {
        text.Append(CultureInfo.InvariantCulture, $"    internal static ReadOnlySpan<{type}> {name} =>\n        [\n");
        foreach (var line in items.Chunk(perLine))
        {
            text.Append(CultureInfo.InvariantCulture, $"            {string.Join(", ", line)},\n");
        }

        text.Append("        ];\n\n");
    }

    private static void Blob(StringBuilder text, string name, IEnumerable<string> items)
    {
        text.Append(CultureInfo.InvariantCulture, $"    internal static ReadOnlySpan<byte> {name} =>\n");
        var lines = items.Chunk(8).Select(line => $"        \"{string.Concat(line.Select(Escaped))}\"u8");
        text.Append(string.Join("\n        + ", lines.Select(line => line.Trim()))).Append(";\n\n");
    }

    private static string Escaped(string item)
    {
        if (!item.All(char.IsAscii))
        {
            throw new InvalidDataException("names, keywords and UIDs of the tables are ASCII: " + item);
        }

        return item.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
    }

    private static IEnumerable<string> Ends(IEnumerable<string> items)
    {
        var end = 0;
        foreach (var item in items)
        {
            end += item.Length;
            yield return Number(end);
        }
    }

    private static IEnumerable<string> Bits(IReadOnlyList<bool> flags) =>
        flags.Chunk(8).Select(eight => "0x" + eight.Select((flag, bit) => flag ? 1 << bit : 0).Sum().ToString("X2"));

    private static string Spelled(string vr) =>
        vr switch
        {
            "None" => "none",
            "UsOrSs" => "US or SS",
            "ObOrOw" or "PixelData" => "OB or OW",
            "UsOrOw" => "US or OW",
            _ => vr,
        };

    // Lowest, highest (0: no upper bound) and step: "2-2n" is 2, 0, 2.
    private static IEnumerable<string> VmBounds(string vm)
    {
        var parts = vm.Split('-');
        if (parts.Length == 1)
        {
            return [parts[0], parts[0], "1"];
        }

        return parts[1].EndsWith('n')
            ? [parts[0], "0", parts[1].Length > 1 ? parts[1][..^1] : "1"]
            : [parts[0], parts[1], "1"];
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Xml(string name) =>
        name.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);
}
