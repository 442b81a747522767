namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>What decoders of the JPEG family give: pixel by pixel, in 8 or 16 bits.</summary>
internal static class JpegOutput
{
    /// <exception cref="PixelDataException">Samples have another size.</exception>
    public static PixelDescription Describe(PixelDescription stored, PhotometricInterpretation photometric) =>
        stored.BitsAllocated is 8 or 16
            ? stored with
            {
                IsPlanar = false,
                Photometric = photometric,
            }
            : throw PixelDataException.NotSupported(
                $"The JPEG family is decoded into 8 or 16 bits, not the {stored.BitsAllocated} that are allocated."
            );
}
