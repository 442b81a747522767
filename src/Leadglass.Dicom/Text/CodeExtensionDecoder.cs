using System.Text;

namespace Leadglass.Dicom;

/// <summary>
/// Decodes text with the code extension techniques of ISO/IEC 2022 as PS3.5 6.1.2.4 and 6.1.2.5 narrow them: escape
/// sequences designate a set to the lower (G0) or upper (G1) half, and delimiters bring the first sets back.
/// </summary>
internal ref struct CodeExtensionDecoder
{
    private static readonly Encoding ShiftJis = CodePagesEncodingProvider.Instance.GetEncoding(
        932,
        new EncoderReplacementFallback(""),
        new DecoderReplacementFallback("\uFFFD")
    )!;

    private readonly GraphicSet initialG0;
    private readonly GraphicSet? initialG1;
    private readonly ValueRepresentation vr;
    private GraphicSet g0;
    private GraphicSet? g1;

    public CodeExtensionDecoder(GraphicSet initialG0, GraphicSet? initialG1, ValueRepresentation vr)
    {
        (this.initialG0, this.initialG1, this.vr) = (initialG0, initialG1, vr);
        (g0, g1) = (initialG0, initialG1);
    }

    public void Decode(ReadOnlySpan<byte> bytes, StringBuilder text)
    {
        while (bytes.Length > 0)
        {
            var consumed =
                bytes[0] == 0x1B ? Designate(bytes, text)
                : bytes[0] < 0x20 ? Control(bytes[0], text)
                : bytes[0] < 0x80 ? Lower(bytes, text)
                : Upper(bytes, text);
            bytes = bytes[consumed..];
        }
    }

    private int Designate(ReadOnlySpan<byte> bytes, StringBuilder text)
    {
        foreach (var set in GraphicSet.Designable)
        {
            if (bytes.StartsWith(set.Escape))
            {
                return Activate(set, set.Escape.Length);
            }
        }

        // JIS C 6226-1978 and the long form of the two-byte designators are older spellings of the same sets.
        if (bytes.StartsWith("\x1B$@"u8))
        {
            return Activate(GraphicSet.Kanji, 3);
        }

        if (bytes.StartsWith("\x1B$(B"u8))
        {
            return Activate(GraphicSet.Kanji, 4);
        }

        text.Append('\x1B');
        return 1;
    }

    private int Activate(GraphicSet set, int escapeLength)
    {
        if (set.IsG1)
        {
            g1 = set;
        }
        else
        {
            g0 = set;
        }

        return escapeLength;
    }

    private int Control(byte control, StringBuilder text)
    {
        Reset();
        text.Append((char)control);
        return 1;
    }

    private int Lower(ReadOnlySpan<byte> bytes, StringBuilder text)
    {
        if (g0.IsDouble)
        {
            if (bytes[0] == (byte)' ')
            {
                text.Append(' ');
                return 1;
            }

            if (bytes is [_, >= 0x21 and <= 0x7E, ..])
            {
                text.Append(g0.Decode(bytes[0], bytes[1]));
                return 2;
            }

            text.Append('\uFFFD');
            return 1;
        }

        var character = g0.Decode(bytes[0]);
        text.Append(character);
        if (IsDelimiter(character))
        {
            Reset();
        }

        return 1;
    }

    private readonly int Upper(ReadOnlySpan<byte> bytes, StringBuilder text)
    {
        if (g1 is null)
        {
            text.Append((char)bytes[0]);
            return 1;
        }

        if (g1.IsDouble)
        {
            var isPair = bytes is [>= 0xA1, >= 0xA1, ..];
            text.Append(isPair ? g1.Decode(bytes[0], bytes[1]) : '\uFFFD');
            return isPair ? 2 : 1;
        }

        if (
            g1 == GraphicSet.Katakana
            && bytes is [(>= 0x81 and <= 0x9F) or (>= 0xE0 and <= 0xFC), >= 0x40 and not 0x7F, ..]
        )
        {
            // Not JIS X 0201: what devices in Japan sent that called Shift JIS by its name.
            Span<char> kanji = stackalloc char[4];
            text.Append(kanji[..ShiftJis.GetChars(bytes[..2], kanji)]);
            return 2;
        }

        text.Append(bytes[0] < 0xA0 ? (char)bytes[0] : g1.Decode(bytes[0]));
        return 1;
    }

    private readonly bool IsDelimiter(char character) =>
        character switch
        {
            '\\' => vr.IsMultiValuedText,
            '^' or '=' => vr == ValueRepresentation.PN,
            _ => false,
        };

    // Where the first term names no upper set, one that was designated stays: bytes there could mean nothing else.
    private void Reset() => (g0, g1) = (initialG0, initialG1 ?? g1);
}
