using CsCheck;

namespace Leadglass.Dicom.Tests.Generated;

/// <summary>Makes texts out of the repertoire of every character set, alone and with code extensions.</summary>
internal static class GenText
{
    /// <summary>Values of Specific Character Set: every defined term, and the combinations that are met.</summary>
    private static readonly string[] Terms =
    [
        "",
        "ISO_IR 100",
        "ISO_IR 101",
        "ISO_IR 109",
        "ISO_IR 110",
        "ISO_IR 144",
        "ISO_IR 127",
        "ISO_IR 126",
        "ISO_IR 138",
        "ISO_IR 148",
        "ISO_IR 166",
        "ISO_IR 203",
        "ISO_IR 13",
        "ISO_IR 192",
        "GB18030",
        "GBK",
        "\\ISO 2022 IR 87",
        "\\ISO 2022 IR 87\\ISO 2022 IR 159",
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        "\\ISO 2022 IR 149",
        "ISO 2022 IR 149",
        "\\ISO 2022 IR 58",
        "ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126",
        "ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 149\\ISO 2022 IR 58",
    ];

    private static readonly (SpecificCharacterSet Set, char[] Repertoire)[] Sets =
    [
        .. Terms.Select(terms => SpecificCharacterSet.Parse(terms.Split('\\'))).Select(set => (set, RepertoireOf(set))),
    ];

    /// <summary>A character set, and pieces of text that it can write, none with a delimiter.</summary>
    public static Gen<(SpecificCharacterSet Set, string[] Pieces)> SetAndPieces { get; } =
        GenDataSet
            .OneOf(Sets)
            .SelectMany(pair =>
                GenDataSet
                    .OneOf(pair.Repertoire)
                    .Array[0, 8]
                    .Select(characters => new string(characters))
                    .Array[1, 5]
                    .Select(pieces => (pair.Set, pieces))
            );

    /// <summary>Data sets with a character set and texts in it, also in an item with a character set of its own.</summary>
    public static Gen<DataSet> DataSets { get; } =
        Gen.Select(
            SetAndPieces,
            SetAndPieces,
            (outer, inner) =>
            {
                var item = WithTexts(inner.Set, inner.Pieces);
                var dataSet = WithTexts(outer.Set, outer.Pieces);
                dataSet.SetItems(DicomTag.ReferencedStudySequence, item);
                return dataSet;
            }
        );

    private static DataSet WithTexts(SpecificCharacterSet set, string[] pieces)
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.SpecificCharacterSet, [.. set.DefinedTerms.DefaultIfEmpty("")]);
        var trimmed = pieces.Select(piece => piece.Trim()).ToArray();
        dataSet.SetString(DicomTag.PatientName, string.Join('^', trimmed.Take(5)).TrimEnd('^'));
        dataSet.SetString(DicomTag.OtherPatientIDs, trimmed);
        dataSet.SetString(DicomTag.PatientComments, string.Join("\r\n", trimmed).TrimEnd());
        return dataSet;
    }

    // What has two characters for one code comes back as the other of them, and is left out here.
    private static char[] RepertoireOf(SpecificCharacterSet set) =>
        [
            .. Candidates()
                .Where(character =>
                    set.TryEncode([character], ValueRepresentation.LT, out var bytes)
                    && set.Decode(bytes, ValueRepresentation.LT) == character.ToString()
                ),
        ];

    private static IEnumerable<char> Candidates() =>
        Enumerable
            .Range(0x21, 0x5E)
            .Concat(Enumerable.Range(0xA1, 0x600))
            .Concat(Enumerable.Range(0xE01, 0x5B))
            .Concat(Enumerable.Range(0x3041, 0xBF))
            .Concat(Enumerable.Range(0x4E00, 0x5000).Where(code => code % 11 == 0))
            .Concat(Enumerable.Range(0xAC00, 0x2BA0).Where(code => code % 17 == 0))
            .Concat(Enumerable.Range(0xFF61, 0x3F))
            .Select(code => (char)code)
            .Where(character => character is not ('\\' or '^' or '='));
}
