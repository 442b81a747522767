namespace Leadglass.Dicom.Imaging;

/// <summary>What the samples of a pixel mean (PS3.3 C.7.6.3.1.2).</summary>
public enum PhotometricInterpretation
{
    /// <summary>A term that this program does not know; it leaves as it came.</summary>
    Other,
    Monochrome1,
    Monochrome2,
    PaletteColor,
    Rgb,
    YbrFull,

    /// <summary>Two pixels share their colour: native pixel data has two bytes per pixel.</summary>
    YbrFull422,
    YbrPartial420,

    /// <summary>Retired; two pixels share their colour.</summary>
    YbrPartial422,

    /// <summary>The irreversible transform of JPEG 2000: in that codestream only.</summary>
    YbrIct,

    /// <summary>The reversible transform of JPEG 2000: in that codestream only.</summary>
    YbrRct,
    Xyb,
}

/// <summary>The defined terms on the wire.</summary>
public static class PhotometricInterpretations
{
    private static readonly (PhotometricInterpretation Value, string Term)[] Terms =
    [
        (PhotometricInterpretation.Monochrome1, "MONOCHROME1"),
        (PhotometricInterpretation.Monochrome2, "MONOCHROME2"),
        (PhotometricInterpretation.PaletteColor, "PALETTE COLOR"),
        (PhotometricInterpretation.Rgb, "RGB"),
        (PhotometricInterpretation.YbrFull, "YBR_FULL"),
        (PhotometricInterpretation.YbrFull422, "YBR_FULL_422"),
        (PhotometricInterpretation.YbrPartial420, "YBR_PARTIAL_420"),
        (PhotometricInterpretation.YbrPartial422, "YBR_PARTIAL_422"),
        (PhotometricInterpretation.YbrIct, "YBR_ICT"),
        (PhotometricInterpretation.YbrRct, "YBR_RCT"),
        (PhotometricInterpretation.Xyb, "XYB"),
    ];

    extension(PhotometricInterpretation value)
    {
        /// <summary>The defined term; null for <see cref="PhotometricInterpretation.Other"/>.</summary>
        public string? Term => Array.Find(Terms, entry => entry.Value == value).Term;

        /// <summary>Two neighbours share their colour samples: native frames are a third smaller.</summary>
        public bool IsSubsampledBy2 =>
            value is PhotometricInterpretation.YbrFull422 or PhotometricInterpretation.YbrPartial422;
    }

    /// <summary>The interpretation of a term, padding and letter case aside.</summary>
    public static PhotometricInterpretation Parse(string? term)
    {
        var trimmed = term.AsSpan().Trim(" \0");
        foreach (var (value, known) in Terms)
        {
            if (trimmed.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return PhotometricInterpretation.Other;
    }
}
