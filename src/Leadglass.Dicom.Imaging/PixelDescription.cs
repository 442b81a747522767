namespace Leadglass.Dicom.Imaging;

/// <summary>
/// How the pixel data of an instance is to be understood (PS3.3 C.7.6.3): the attributes of the image pixel module,
/// checked against <see cref="PixelLimits"/>.
/// </summary>
public sealed record PixelDescription
{
    /// <summary>1 to 65,535.</summary>
    public required int Rows { get; init; }

    /// <summary>1 to 65,535.</summary>
    public required int Columns { get; init; }

    /// <summary>1 to 4.</summary>
    public required int SamplesPerPixel { get; init; }

    /// <summary>1, or a multiple of 8 up to 64.</summary>
    public required int BitsAllocated { get; init; }

    /// <summary>1 to <see cref="BitsAllocated"/>.</summary>
    public required int BitsStored { get; init; }

    /// <summary>The most significant bit of a stored sample, counted from 0.</summary>
    public required int HighBit { get; init; }

    /// <summary>Samples are two's complement.</summary>
    public required bool IsSigned { get; init; }

    /// <summary>Samples of a kind stand together (1) instead of pixels (0); false where there is one sample.</summary>
    public required bool IsPlanar { get; init; }

    public required PhotometricInterpretation Photometric { get; init; }

    /// <summary>What the header claims, at least 1: as many frames may or may not be there.</summary>
    public required int FrameCount { get; init; }

    /// <summary>Pixels of a frame.</summary>
    public long PixelCount => (long)Rows * Columns;

    /// <summary>Bits of a native frame; not a multiple of 8 only where one bit is allocated (PS3.5 8.1.1).</summary>
    public long FrameBits => PixelCount * BitsPerPixel;

    /// <summary>Bytes of a native frame by itself, the last one filled up.</summary>
    public int FrameBytes => (int)((FrameBits + 7) / 8);

    /// <summary>Bytes of a sample; 1 as well where a bit is allocated and not yet packed.</summary>
    internal int SampleBytes => Math.Max(1, BitsAllocated / 8);

    private int BitsPerPixel =>
        Photometric.IsSubsampledBy2 && SamplesPerPixel == 3 ? 2 * BitsAllocated : SamplesPerPixel * BitsAllocated;

    /// <summary>Reads the description of a data set with pixel data.</summary>
    /// <exception cref="PixelDataException">An attribute is missing or senseless, or a frame would exceed a limit.</exception>
    public static PixelDescription Of(DataSet header)
    {
        var samples = header.GetInt32(DicomTag.SamplesPerPixel) ?? 1;
        var allocated = Required(header, DicomTag.BitsAllocated);
        var stored = header.GetInt32(DicomTag.BitsStored) ?? allocated;
        var description = new PixelDescription
        {
            Rows = Required(header, DicomTag.Rows),
            Columns = Required(header, DicomTag.Columns),
            SamplesPerPixel = samples,
            BitsAllocated = allocated,
            BitsStored = stored,
            HighBit = header.GetInt32(DicomTag.HighBit) ?? stored - 1,
            IsSigned = header.GetInt32(DicomTag.PixelRepresentation) == 1,
            IsPlanar = samples > 1 && header.GetInt32(DicomTag.PlanarConfiguration) == 1,
            Photometric = PhotometricInterpretations.Parse(header.GetString(DicomTag.PhotometricInterpretation)),
            FrameCount = Math.Max(1, header.GetInt32(DicomTag.NumberOfFrames) ?? 1),
        };
        description.Check();
        return description;
    }

    internal void Check()
    {
        Require(Rows is >= 1 and <= PixelLimits.SideMax, DicomTag.Rows);
        Require(Columns is >= 1 and <= PixelLimits.SideMax, DicomTag.Columns);
        Require(SamplesPerPixel is >= 1 and <= PixelLimits.SamplesPerPixelMax, DicomTag.SamplesPerPixel);
        Require(BitsAllocated is 1 or 8 or 16 or 24 or 32 or 40 or 48 or 56 or 64, DicomTag.BitsAllocated);
        Require(BitsStored >= 1 && BitsStored <= BitsAllocated, DicomTag.BitsStored);
        Require(HighBit >= 0 && HighBit < BitsAllocated, DicomTag.HighBit);
        if ((FrameBits + 7) / 8 > PixelLimits.FrameBytesMax)
        {
            throw PixelDataException.TooLarge(
                $"A frame of {Columns} x {Rows} pixels has {(FrameBits + 7) / 8} bytes; {PixelLimits.FrameBytesMax} are allowed."
            );
        }
    }

    private static int Required(DataSet header, DicomTag tag) =>
        header.GetInt32(tag)
        ?? throw PixelDataException.Malformed($"The instance has no {tag}, without which pixel data has no meaning.");

    private static void Require(bool isMet, DicomTag tag)
    {
        if (!isMet)
        {
            throw PixelDataException.Malformed($"The value of {tag} is outside of what PS3.3 C.7.6.3 allows.");
        }
    }
}
