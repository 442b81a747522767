namespace Leadglass.Dicom.Web;

/// <summary>The media types of compressed frames and their transfer syntaxes (PS3.18 Table 8.7.3-5).</summary>
public static class BulkDataMediaTypes
{
    private const string Jpeg = "1.2.840.10008.1.2.4.";

    // Each with its default first.
    private static readonly (string Essence, string[] Syntaxes)[] Table =
    [
        ("image/jpeg", [Jpeg + "70", Jpeg + "50", Jpeg + "51", Jpeg + "57"]),
        ("image/dicom-rle", ["1.2.840.10008.1.2.5"]),
        ("image/jls", [Jpeg + "80", Jpeg + "81"]),
        ("image/jp2", [Jpeg + "90", Jpeg + "91"]),
        ("image/jpx", [Jpeg + "92", Jpeg + "93"]),
        ("image/jphc", [Jpeg + "201", Jpeg + "202", Jpeg + "203"]),
        ("image/jxl", [Jpeg + "112", Jpeg + "110", Jpeg + "111"]),
        ("video/mpeg2", [Jpeg + "101", Jpeg + "100", Jpeg + "101.1", Jpeg + "100.1"]),
        (
            "video/mp4",
            [
                Jpeg + "102",
                Jpeg + "103",
                Jpeg + "104",
                Jpeg + "105",
                Jpeg + "106",
                Jpeg + "102.1",
                Jpeg + "103.1",
                Jpeg + "104.1",
                Jpeg + "105.1",
                Jpeg + "106.1",
            ]
        ),
        ("video/h265", [Jpeg + "107", Jpeg + "108"]),
    ];

    /// <summary>The media type of a frame as it stands in a transfer syntax; octet-stream where the table has none.</summary>
    public static string Of(TransferSyntax syntax)
    {
        foreach (var (essence, syntaxes) in Table)
        {
            if (syntaxes.Contains(syntax.Uid))
            {
                return essence;
            }
        }

        return MediaType.OctetStream.Essence;
    }

    /// <summary>The default transfer syntax of a media type of the table; null for any other.</summary>
    public static TransferSyntax? DefaultOf(string essence)
    {
        foreach (var (known, syntaxes) in Table)
        {
            if (known == essence)
            {
                return TransferSyntax.Find(syntaxes[0]);
            }
        }

        return null;
    }

    /// <summary>Whether frames of a transfer syntax are of a media type.</summary>
    public static bool Pairs(string essence, TransferSyntax syntax) =>
        Of(syntax) == essence
        || (essence == MediaType.OctetStream.Essence && syntax == TransferSyntax.ExplicitVrLittleEndian);
}
