namespace Leadglass.Dicom.Imaging;

/// <summary>The header as it must be beside native pixel data.</summary>
internal static class TranscodedHeader
{
    /// <summary>
    /// A copy that tells the truth about the decoded pixels (PS3.3 C.7.6.3) and lacks what only encapsulated pixel data has.
    /// That the image was once compressed with loss stays said (PS3.3 C.7.6.1.1.5).
    /// </summary>
    public static DataSet Of(DataSet header, PixelDescription stored, PixelDescription decoded)
    {
        var copy = new DataSet();
        foreach (var element in header)
        {
            if (!IsOfEncapsulation(element.Tag))
            {
                copy.Set(element);
            }
        }

        if (decoded.Photometric != stored.Photometric && decoded.Photometric.Term is { } term)
        {
            copy.SetString(DicomTag.PhotometricInterpretation, term);
        }

        if (decoded.SamplesPerPixel > 1)
        {
            copy.SetUInt16(DicomTag.PlanarConfiguration, decoded.IsPlanar ? (ushort)1 : (ushort)0);
        }

        return copy;
    }

    /// <summary>PS3.5 A.2: words where more than 8 bits are allocated.</summary>
    public static ValueRepresentation PixelDataVr(PixelDescription description) =>
        description.BitsAllocated > 8 ? ValueRepresentation.OW : ValueRepresentation.OB;

    private static bool IsOfEncapsulation(DicomTag tag) =>
        tag == DicomTag.ExtendedOffsetTable
        || tag == DicomTag.ExtendedOffsetTableLengths
        || tag == DicomTag.EncapsulatedPixelDataValueTotalLength;
}
