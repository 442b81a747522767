namespace Leadglass.Dicom.Tests.Files;

/// <summary>The real and hostile files that are refused, each with the clause that says why.</summary>
internal static class RefusedFiles
{
    private const string Hostile = "pwnlabmx+dicom-fuzzing-corpus/fuzz_corpus_v2/";
    private const string FoDicom = "fo-dicom+fo-dicom/Tests/FO-DICOM.Tests/Test Data/";
    private const string Pydicom = "pydicom+pydicom/src/pydicom/data/test_files/";

    public static IReadOnlyDictionary<string, string> ClauseOf { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // A sequence of length 0, followed by its items.
            [FoDicom + "FreezePattern.dcm"] = "PS3.5 7.5",
            [FoDicom + "GH364.dcm"] = "PS3.5 7.5",
            // A header without length and value.
            [FoDicom + "GH179B.dcm"] = "PS3.5 7.1.1",
            // Bytes that are no data set after a valid beginning.
            [FoDicom + "GH626.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat06_private_tags/TC0363_tag_order_violation.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat08_string_encoding/TC0405_latin1_utf8_payload.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat09_logic_bombs/TC0445_duplicate_tags.dcm"] = "PS3.5 7.1.1",
            // Deeper than any real object nests.
            [Hostile + "cat03_sequence_nesting/TC0265_depth_100.dcm"] = "NestingMax",
            // Delimiters and items that are missing or astray.
            [Hostile + "cat03_sequence_nesting/TC0277_missing_delim.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat03_sequence_nesting/TC0279_stray_seq_delim.dcm"] = "PS3.5 7.5",
            [Hostile + "cat06_private_tags/TC0357_stray_item_tag.dcm"] = "PS3.5 7.5",
            [Hostile + "cat06_private_tags/TC0359_stray_item_delim.dcm"] = "PS3.5 7.5",
            [Hostile + "cat06_private_tags/TC0361_stray_seq_delim.dcm"] = "PS3.5 7.5",
            // Deflated data sets that are none, under another transfer syntax.
            [Hostile + "cat05_transfer_syntax/TC0345_deflate_corrupt.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat05_transfer_syntax/TC0347_deflate_truncated.dcm"] = "PS3.5 7.1.1",
            // The prefix is missing or elsewhere.
            [Hostile + "cat07_file_meta/TC0381_preamble_127.dcm"] = "PS3.10 7.1",
            [Hostile + "cat07_file_meta/TC0383_no_dicm.dcm"] = "PS3.10 7.1",
            [Hostile + "cat07_file_meta/TC0385_dicm_offset0.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat07_file_meta/TC0387_dicm_offset64.dcm"] = "PS3.10 7.1",
            [Hostile + "cat07_file_meta/TC0389_dicm_offset256.dcm"] = "PS3.10 7.1",
            // Group 0002 without the header of its second element.
            [Hostile + "cat07_file_meta/TC0391_meta_glen_zero.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat07_file_meta/TC0393_meta_glen_one.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat07_file_meta/TC0395_meta_glen_max.dcm"] = "PS3.5 7.1.1",
            [Hostile + "cat07_file_meta/TC0397_meta_glen_huge.dcm"] = "PS3.5 7.1.1",
            // Cut off, or an item longer than its sequence.
            ["pydicom+pydicom-data/data_store/data/emri_small_jpeg_2k_lossless_too_short.dcm"] = "PS3.5 7.5",
            [Pydicom + "MR_truncated.dcm"] = "PS3.5 7.1.1",
            [Pydicom + "dicomdirtests/DICOMDIR-nooffset"] = "PS3.5 7.1.1",
            [Pydicom + "rtplan_truncated.dcm"] = "PS3.5 7.1.1",
            // One byte too many in front.
            [Pydicom + "no_meta.dcm"] = "PS3.10 7.1",
        };
}
