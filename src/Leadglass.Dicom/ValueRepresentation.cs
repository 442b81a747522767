namespace Leadglass.Dicom;

/// <summary>
/// Value representations (PS3.5 6.2). The value holds the two letters as they stand on the wire, the first in the upper
/// byte, so that a code that the standard does not know yet passes through unharmed.
/// </summary>
/// <remarks>The last four are no codes of the wire: the dictionary has them for attributes whose VR depends on others.</remarks>
public enum ValueRepresentation : ushort
{
    /// <summary>No VR: items and delimiters (PS3.5 7.5).</summary>
    None = 0,
    AE = ('A' << 8) | 'E',
    AS = ('A' << 8) | 'S',
    AT = ('A' << 8) | 'T',
    CS = ('C' << 8) | 'S',
    DA = ('D' << 8) | 'A',
    DS = ('D' << 8) | 'S',
    DT = ('D' << 8) | 'T',
    FD = ('F' << 8) | 'D',
    FL = ('F' << 8) | 'L',
    IS = ('I' << 8) | 'S',
    LO = ('L' << 8) | 'O',
    LT = ('L' << 8) | 'T',
    OB = ('O' << 8) | 'B',
    OD = ('O' << 8) | 'D',
    OF = ('O' << 8) | 'F',
    OL = ('O' << 8) | 'L',
    OV = ('O' << 8) | 'V',
    OW = ('O' << 8) | 'W',
    PN = ('P' << 8) | 'N',
    SH = ('S' << 8) | 'H',
    SL = ('S' << 8) | 'L',
    SQ = ('S' << 8) | 'Q',
    SS = ('S' << 8) | 'S',
    ST = ('S' << 8) | 'T',
    SV = ('S' << 8) | 'V',
    TM = ('T' << 8) | 'M',
    UC = ('U' << 8) | 'C',
    UI = ('U' << 8) | 'I',
    UL = ('U' << 8) | 'L',
    UN = ('U' << 8) | 'N',
    UR = ('U' << 8) | 'R',
    US = ('U' << 8) | 'S',
    UT = ('U' << 8) | 'T',
    UV = ('U' << 8) | 'V',

    /// <summary>Dictionary only: US or SS, by Pixel Representation (0028,0103).</summary>
    UsOrSs = ('x' << 8) | 's',

    /// <summary>Dictionary only: OB or OW (PS3.5 A).</summary>
    ObOrOw = ('o' << 8) | 'x',

    /// <summary>Dictionary only: US or OW, or US or SS or OW: data of look-up tables.</summary>
    UsOrOw = ('l' << 8) | 't',

    /// <summary>Dictionary only: Pixel Data, OB or OW (PS3.5 8).</summary>
    PixelData = ('p' << 8) | 'x',
}

/// <summary>What PS3.5 6.2 says of each value representation.</summary>
public static class ValueRepresentations
{
    extension(ValueRepresentation vr)
    {
        /// <summary>True for the 34 codes of the standard.</summary>
        public bool IsKnown =>
            vr
                is ValueRepresentation.AE
                    or ValueRepresentation.AS
                    or ValueRepresentation.AT
                    or ValueRepresentation.CS
                    or ValueRepresentation.DA
                    or ValueRepresentation.DS
                    or ValueRepresentation.DT
                    or ValueRepresentation.FD
                    or ValueRepresentation.FL
                    or ValueRepresentation.IS
                    or ValueRepresentation.LO
                    or ValueRepresentation.LT
                    or ValueRepresentation.OB
                    or ValueRepresentation.OD
                    or ValueRepresentation.OF
                    or ValueRepresentation.OL
                    or ValueRepresentation.OV
                    or ValueRepresentation.OW
                    or ValueRepresentation.PN
                    or ValueRepresentation.SH
                    or ValueRepresentation.SL
                    or ValueRepresentation.SQ
                    or ValueRepresentation.SS
                    or ValueRepresentation.ST
                    or ValueRepresentation.SV
                    or ValueRepresentation.TM
                    or ValueRepresentation.UC
                    or ValueRepresentation.UI
                    or ValueRepresentation.UL
                    or ValueRepresentation.UN
                    or ValueRepresentation.UR
                    or ValueRepresentation.US
                    or ValueRepresentation.UT
                    or ValueRepresentation.UV;

        /// <summary>Values are character strings.</summary>
        public bool IsText =>
            vr
                is ValueRepresentation.AE
                    or ValueRepresentation.AS
                    or ValueRepresentation.CS
                    or ValueRepresentation.DA
                    or ValueRepresentation.DS
                    or ValueRepresentation.DT
                    or ValueRepresentation.IS
                    or ValueRepresentation.LO
                    or ValueRepresentation.LT
                    or ValueRepresentation.PN
                    or ValueRepresentation.SH
                    or ValueRepresentation.ST
                    or ValueRepresentation.TM
                    or ValueRepresentation.UC
                    or ValueRepresentation.UI
                    or ValueRepresentation.UR
                    or ValueRepresentation.UT;

        /// <summary>Text in the characters that Specific Character Set (0008,0005) names (PS3.5 6.1.2.3).</summary>
        public bool UsesSpecificCharacterSet =>
            vr
                is ValueRepresentation.LO
                    or ValueRepresentation.LT
                    or ValueRepresentation.PN
                    or ValueRepresentation.SH
                    or ValueRepresentation.ST
                    or ValueRepresentation.UC
                    or ValueRepresentation.UT;

        /// <summary>The backslash parts values; it does not in ST, LT, UT and UR, which have one value (PS3.5 6.4).</summary>
        public bool IsMultiValuedText =>
            vr.IsText
            && vr
                is not (
                    ValueRepresentation.LT
                    or ValueRepresentation.ST
                    or ValueRepresentation.UT
                    or ValueRepresentation.UR
                );

        /// <summary>In explicit VR the length has 32 bits after two reserved bytes (PS3.5 7.1.2, Table 7.1-1).</summary>
        public bool HasLongLength =>
            vr
                is ValueRepresentation.OB
                    or ValueRepresentation.OD
                    or ValueRepresentation.OF
                    or ValueRepresentation.OL
                    or ValueRepresentation.OV
                    or ValueRepresentation.OW
                    or ValueRepresentation.SQ
                    or ValueRepresentation.SV
                    or ValueRepresentation.UC
                    or ValueRepresentation.UN
                    or ValueRepresentation.UR
                    or ValueRepresentation.UT
                    or ValueRepresentation.UV;

        /// <summary>What makes an odd value even: null for UI and binary values, space for other text (PS3.5 6.2).</summary>
        public byte PaddingByte => vr.IsText && vr != ValueRepresentation.UI ? (byte)' ' : (byte)0;

        /// <summary>Bytes of one number, which byte order concerns; 1 for text and bytes. AT is two numbers of 2.</summary>
        public int WordSize =>
            vr switch
            {
                ValueRepresentation.AT
                or ValueRepresentation.OW
                or ValueRepresentation.SS
                or ValueRepresentation.US
                or ValueRepresentation.UsOrSs
                or ValueRepresentation.UsOrOw => 2,
                ValueRepresentation.FL
                or ValueRepresentation.OF
                or ValueRepresentation.OL
                or ValueRepresentation.SL
                or ValueRepresentation.UL => 4,
                ValueRepresentation.FD
                or ValueRepresentation.OD
                or ValueRepresentation.OV
                or ValueRepresentation.SV
                or ValueRepresentation.UV => 8,
                _ => 1,
            };

        /// <summary>A stream of bytes or numbers without multiplicity: OB, OD, OF, OL, OV, OW and UN.</summary>
        public bool IsBulk =>
            vr
                is ValueRepresentation.OB
                    or ValueRepresentation.OD
                    or ValueRepresentation.OF
                    or ValueRepresentation.OL
                    or ValueRepresentation.OV
                    or ValueRepresentation.OW
                    or ValueRepresentation.UN;

        /// <summary>The two letters.</summary>
        public string Code =>
            vr == ValueRepresentation.None
                ? ""
                : string.Create(
                    2,
                    vr,
                    static (span, code) =>
                    {
                        span[0] = (char)((ushort)code >> 8);
                        span[1] = (char)((ushort)code & 0xFF);
                    }
                );
    }

    /// <summary>The VR of two letters, known or not; null unless both are capital letters.</summary>
    public static ValueRepresentation? FromCode(ReadOnlySpan<byte> code) =>
        code is [>= (byte)'A' and <= (byte)'Z', >= (byte)'A' and <= (byte)'Z']
            ? (ValueRepresentation)((code[0] << 8) | code[1])
            : null;
}
