using System.Globalization;

namespace Leadglass.Tools.Dictionary;

/// <summary>One row of the data dictionary; Mask is all ones except where a repeating group leaves digits open.</summary>
internal sealed record ElementRow(
    uint Tag,
    uint Mask,
    string Vr,
    string Vm,
    string Keyword,
    string Name,
    bool IsRetired
);

/// <summary>One row of the UID registry.</summary>
internal sealed record UidRow(string Uid, string Name, string Kind, string Keyword, bool IsRetired, string Scope);

/// <summary>Reads the tables and applies the rules of the tool's README.</summary>
internal static class StandardTables
{
    public static IReadOnlyList<ElementRow> Elements(string folder)
    {
        var repeaters = Repeaters(folder);
        return
        [
            .. Rows(folder, "elements.tsv")
                .Where(row => row[6] is "DICOM" or "DICOM/retired" && !row[0].Contains('-', StringComparison.Ordinal))
                .Select(Element)
                .Where(row => !repeaters.Any(repeater => repeater.Keyword == row.Keyword))
                .OrderBy(row => row.Tag),
        ];
    }

    public static IReadOnlyList<ElementRow> Repeaters(string folder) =>
        [
            .. Rows(folder, "repeaters.tsv")
                .Select(row => new ElementRow(
                    Hex(row[0].Replace('x', '0')),
                    Hex(string.Concat(row[0].Select(digit => digit == 'x' ? '0' : 'F'))),
                    Vr(row[1]),
                    row[2],
                    row[5],
                    row[3],
                    row[4] == "retired"
                )),
        ];

    public static IReadOnlyList<UidRow> Uids(string folder)
    {
        var nonPatient = Rows(folder, "non-patient.tsv").Select(row => row[0]).ToHashSet();
        var listed = Rows(folder, "sop-classes.tsv").Select(row => row[0]).ToHashSet();
        return
        [
            .. Rows(folder, "uids.tsv")
                .Select(row => Uid(row, nonPatient, listed))
                .OrderBy(row => row.Uid, StringComparer.Ordinal),
        ];
    }

    public static IReadOnlyList<(int Code, IReadOnlyList<int> Folded)> Foldings(string folder) =>
        [
            .. Rows(folder, "folding.tsv")
                .Select(row =>
                    (
                        (int)Hex(row[0]),
                        (IReadOnlyList<int>)
                            [.. row[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(code => (int)Hex(code))]
                    )
                )
                .OrderBy(row => row.Item1),
        ];

    private static UidRow Uid(string[] row, HashSet<string> nonPatient, HashSet<string> listed)
    {
        var (uid, keyword, retired) = (row[0], row[5], row[4] == "retired");
        var name = row[1].Length > 0 ? row[1] : NameOf(keyword);
        var kind = row[2] switch
        {
            "SOP Class" or "SOPClass" => "SopClass",
            "Meta SOP Class" => "MetaSopClass",
            "Transfer Syntax" => "TransferSyntax",
            "Well-known SOP Instance" => "WellKnownSopInstance",
            "Well-known frame of reference" => "WellKnownFrameOfReference",
            "Coding Scheme" or "DICOM UIDs as a Coding Scheme" => "CodingScheme",
            "LDAP OID" => "LdapOid",
            "Application Context Name" => "ApplicationContextName",
            "Service Class" => "ServiceClass",
            _ => "Other",
        };
        var isStorage =
            kind == "SopClass"
            && (
                listed.Contains(uid)
                || nonPatient.Contains(uid)
                || name.EndsWith("Storage", StringComparison.Ordinal)
                || name.EndsWith("Image Storage SOP Class", StringComparison.Ordinal)
                || name.Contains("Storage - ", StringComparison.Ordinal)
            );
        var scope =
            !isStorage ? "None"
            : nonPatient.Contains(uid) ? "NonPatient"
            : "PatientStudy";
        return new UidRow(uid, name, kind, keyword, retired, scope);
    }

    private static ElementRow Element(string[] row)
    {
        var tag = Hex(string.Concat(row[0].Where(char.IsAsciiHexDigit)));
        var name = row[4].Length > 0 ? row[4] : NameOf(row[3]);
        return new ElementRow(tag, uint.MaxValue, Vr(row[1]), row[2], row[3], name, row[5] == "retired");
    }

    // The VR where PS3.6 leaves a choice is one of the dictionary-only members of ValueRepresentation.
    private static string Vr(string vr) =>
        vr switch
        {
            "na" => "None",
            "px" => "PixelData",
            "ox" or "OB or OW" => "ObOrOw",
            "xs" => "UsOrSs",
            "lt" => "UsOrOw",
            "up" => "UL",
            _ => vr,
        };

    /// <summary>A name from a keyword: a space before each capital that begins a word.</summary>
    private static string NameOf(string keyword)
    {
        var name = new System.Text.StringBuilder(keyword.Length + 8);
        for (var i = 0; i < keyword.Length; i++)
        {
            var begins = i > 0 && char.IsAsciiLetterUpper(keyword[i]);
            var afterLower = begins && !char.IsAsciiLetterUpper(keyword[i - 1]);
            var beforeLower = begins && i + 1 < keyword.Length && char.IsAsciiLetterLower(keyword[i + 1]);
            if (afterLower || beforeLower)
            {
                name.Append(' ');
            }

            name.Append(keyword[i]);
        }

        return name.ToString();
    }

    private static IEnumerable<string[]> Rows(string folder, string file) =>
        File.ReadLines(Path.Combine(folder, file))
            .Skip(1)
            .Where(line => line.Length > 0)
            .Select(line => line.Split('\t'));

    private static uint Hex(string digits) => uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
