using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Leadglass.Dicom;

/// <summary>Encodes the single values of one attribute as they come from JSON (PS3.18 Table F.2.3-1), text as UTF-8.</summary>
internal sealed class JsonValueEncoder(DicomTag tag, ValueRepresentation vr, ArrayBufferWriter<byte> output)
{
    public bool HasTextBeyondAscii { get; private set; }

    /// <summary>Adds the value at which the reader stands.</summary>
    public void Add(ref Utf8JsonReader reader)
    {
        if (vr == ValueRepresentation.PN)
        {
            AddPersonName(ref reader);
        }
        else if (vr.IsText)
        {
            AddText(TextOf(ref reader), ref reader);
        }
        else
        {
            AddNumber(ref reader);
        }
    }

    private string TextOf(ref Utf8JsonReader reader) =>
        reader.TokenType switch
        {
            JsonTokenType.Null => "",
            JsonTokenType.String => Checked(reader.GetString()!, ref reader),
            JsonTokenType.Number => Number(Encoding.UTF8.GetString(reader.ValueSpan)),
            _ => throw Broken("A value is neither string nor number", ref reader),
        };

    // More digits than DS holds are cut to those that it does (PS3.5 6.2).
    private string Number(string number) =>
        vr == ValueRepresentation.DS
        && number.Length > DecimalString.LengthMax
        && DecimalString.TryParse(number, out var value)
            ? DecimalString.Format(value)
        : vr == ValueRepresentation.IS && JsonNumber.TryInteger(number, out var whole) ? whole.ToString()
        : number;

    private string Checked(string text, ref Utf8JsonReader reader) =>
        vr.IsMultiValuedText && text.Contains('\\')
            ? throw Broken("A single value contains a backslash, which parts values", ref reader)
            : text;

    private void AddText(string text, ref Utf8JsonReader reader)
    {
        if (Ascii.IsValid(text))
        {
            output.Write(Encoding.ASCII.GetBytes(text));
            return;
        }

        if (!vr.UsesSpecificCharacterSet)
        {
            // As it is read: other VRs have ASCII only, and what devices put beyond it counts as Latin-1.
            output.Write(
                text.AsSpan().ContainsAnyExceptInRange('\0', '\xFF')
                    ? throw Broken($"A value of VR {vr.Code} has characters beyond ASCII", ref reader)
                    : Encoding.Latin1.GetBytes(text)
            );
            return;
        }

        HasTextBeyondAscii = true;
        output.Write(SpecificCharacterSet.Utf8.Encode(text, vr));
    }

    private void AddPersonName(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            AddText(TextOf(ref reader), ref reader);
            return;
        }

        var groups = new[] { "", "", "" };
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var index =
                reader.ValueTextEquals("Alphabetic"u8) ? 0
                : reader.ValueTextEquals("Ideographic"u8) ? 1
                : reader.ValueTextEquals("Phonetic"u8) ? 2
                : -1;
            _ = reader.Read();
            if (index < 0)
            {
                reader.Skip();
                continue;
            }

            groups[index] = TextOf(ref reader);
            if (index < 2 && groups[index].Contains('='))
            {
                throw Broken("A component group of a name contains an equals sign, which parts groups", ref reader);
            }
        }

        AddText(string.Join('=', groups).TrimEnd('='), ref reader);
    }

    private void AddNumber(ref Utf8JsonReader reader)
    {
        var text = TextOf(ref reader);
        if (vr == ValueRepresentation.AT)
        {
            AddTag(text, ref reader);
        }
        else if (vr is ValueRepresentation.FL or ValueRepresentation.FD)
        {
            AddFloat(text, ref reader);
        }
        else
        {
            AddInteger(text, ref reader);
        }
    }

    private void AddTag(string text, ref Utf8JsonReader reader)
    {
        if (!DicomTag.TryParse(text, out var value))
        {
            throw Broken("A value is no tag", ref reader);
        }

        var bytes = output.GetSpan(4);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], value.Element);
        output.Advance(4);
    }

    private void AddFloat(string text, ref Utf8JsonReader reader)
    {
        if (!JsonNumber.TryDouble(text, out var number))
        {
            throw Broken("A value is no number", ref reader);
        }

        var size = vr.WordSize;
        var bytes = output.GetSpan(size);
        if (vr == ValueRepresentation.FL)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)number);
        }
        else
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
        }

        output.Advance(size);
    }

    private void AddInteger(string text, ref Utf8JsonReader reader)
    {
        var (lowest, highest) = vr switch
        {
            ValueRepresentation.SS => (short.MinValue, short.MaxValue),
            ValueRepresentation.US => (0, ushort.MaxValue),
            ValueRepresentation.SL => (int.MinValue, int.MaxValue),
            ValueRepresentation.UL => (0, uint.MaxValue),
            ValueRepresentation.SV => (long.MinValue, long.MaxValue),
            _ => ((Int128)0, (Int128)ulong.MaxValue),
        };
        if (!JsonNumber.TryInteger(text, out var number) || number < lowest || number > highest)
        {
            throw Broken($"A value is no number of VR {vr.Code}", ref reader);
        }

        var size = vr.WordSize;
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, unchecked((long)number));
        output.Write(bytes[..size]);
    }

    private DicomFormatException Broken(string problem, ref Utf8JsonReader reader) =>
        new(problem, reader.TokenStartIndex, tag, "PS3.18 F.2.3");
}
