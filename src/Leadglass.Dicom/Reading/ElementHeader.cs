namespace Leadglass.Dicom;

/// <summary>What a data element says of itself before its value (PS3.5 7.1).</summary>
/// <param name="HeaderLength">Bytes from the tag to the value.</param>
/// <param name="Length">Bytes of the value; 0xFFFFFFFF when it is undefined.</param>
internal readonly record struct ElementHeader(ValueRepresentation Vr, WireForm Form, int HeaderLength, long Length)
{
    /// <summary>What follows the tag (PS3.5 7.1.2, 7.1.3); false when the window is too short for it.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> window,
        DicomTag tag,
        bool isImplicit,
        bool isBigEndian,
        bool isSigned,
        out ElementHeader header
    )
    {
        var code = window.Slice(4, 2);
        if (isImplicit)
        {
            header = new(DictionaryVr(tag, isSigned), WireForm.None, 8, ByteOrder.ReadUInt32(window[4..], isBigEndian));
            return true;
        }

        if (ValueRepresentations.FromCode(code) is not { } vr)
        {
            // Elements without a VR inside explicit VR are found in the wild: read them as implicit. So are blank VRs.
            var isBlank = code.SequenceEqual("  "u8);
            header = new(
                DictionaryVr(tag, isSigned),
                isBlank ? WireForm.BlankVr : WireForm.ImplicitHeader,
                8,
                isBlank
                    ? ByteOrder.ReadUInt16(window[6..], isBigEndian)
                    : ByteOrder.ReadUInt32(window[4..], isBigEndian)
            );
            return true;
        }

        // PS3.5 7.1.2: VRs that are not known yet have the long form, which the reserved bytes betray.
        var isLong = vr.HasLongLength || (!vr.IsKnown && window[6] == 0 && window[7] == 0);
        if (!isLong)
        {
            header = new(vr, WireForm.None, 8, ByteOrder.ReadUInt16(window[6..], isBigEndian));
            return true;
        }

        var isWhole = window.Length >= DataSetTokenizer.HeaderLengthMax;
        header = new(
            vr,
            vr.HasLongLength ? WireForm.None : WireForm.LongLength,
            DataSetTokenizer.HeaderLengthMax,
            isWhole ? ByteOrder.ReadUInt32(window[8..], isBigEndian) : 0
        );
        return isWhole;
    }

    /// <summary>The dictionary has this VR for the tag, or one that depends on others, or does not know the tag.</summary>
    public static bool IsVrOf(DicomTag tag, ValueRepresentation vr) =>
        DicomDictionary.Find(tag) is not { Vr.IsKnown: true } entry || entry.Vr == vr;

    private static ValueRepresentation DictionaryVr(DicomTag tag, bool isSigned)
    {
        var vr = DicomDictionary.Find(tag)?.Vr ?? ValueRepresentation.UN;
        return vr switch
        {
            ValueRepresentation.UsOrSs => isSigned ? ValueRepresentation.SS : ValueRepresentation.US,
            // PS3.5 A.1: in implicit VR these are OW.
            ValueRepresentation.ObOrOw or ValueRepresentation.UsOrOw or ValueRepresentation.PixelData =>
                ValueRepresentation.OW,
            ValueRepresentation.None => ValueRepresentation.UN,
            _ => vr,
        };
    }
}
