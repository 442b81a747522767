using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace Leadglass.Dicom;

/// <summary>Writes data sets as the objects of PS3.18 F.2.</summary>
internal sealed class DicomJsonWriter(Utf8JsonWriter writer, BulkDataUriSource? bulkDataUris)
{
    // Beyond it JavaScript's numbers lose digits (RFC 8259 6).
    private const long SafeIntegerMax = (1L << 53) - 1;

    private readonly List<string> _path = [];

    public void Write(DataSet dataSet)
    {
        writer.WriteStartObject();
        foreach (var element in dataSet)
        {
            if (element.Tag is not { Group: 0x0002 } and not { IsGroupLength: true, Group: not 0x0000 })
            {
                WriteAttribute(dataSet, element);
            }
        }

        writer.WriteEndObject();
    }

    private void WriteAttribute(DataSet dataSet, DataElement element)
    {
        var uri = element is SequenceElement || element.IsEmpty ? null : BulkDataUri(element);
        if (uri is null && element is FragmentsElement { IsEmpty: false })
        {
            return;
        }

        Span<byte> text = stackalloc byte[8];
        element.Tag.Value.TryFormat(text, out _, "X8", CultureInfo.InvariantCulture);
        writer.WriteStartObject(text);
        var vr =
            element.Tag == DicomTag.SpecificCharacterSet ? ValueRepresentation.CS
            : element is SequenceElement ? ValueRepresentation.SQ
            : element.Vr.IsKnown ? element.Vr
            : ValueRepresentation.UN;
        BinaryPrimitives.WriteUInt16BigEndian(text, (ushort)vr);
        writer.WriteString("vr"u8, text[..2]);
        if (uri is not null)
        {
            writer.WriteString("BulkDataURI"u8, uri);
        }
        else if (element.Tag == DicomTag.SpecificCharacterSet)
        {
            // Whatever the bytes were, this text is UTF-8 (PS3.18 F.2.1).
            WriteStrings(["ISO_IR 192"], vr);
        }
        else if (!element.IsEmpty)
        {
            WriteValue(dataSet, element, vr);
        }

        writer.WriteEndObject();
    }

    private void WriteValue(DataSet dataSet, DataElement element, ValueRepresentation vr)
    {
        switch (element)
        {
            case SequenceElement sequence:
                WriteItems(sequence);
                break;
            case ValueElement value when vr.IsText:
                WriteStrings(dataSet.GetStrings(value.Tag), vr);
                break;
            case ValueElement value when vr.IsBulk:
                writer.WriteBase64String("InlineBinary"u8, value.LittleEndianBytes.Span);
                break;
            case ValueElement value:
                WriteNumbers(value.LittleEndianBytes.Span, vr);
                break;
            default:
                break;
        }
    }

    private void WriteItems(SequenceElement sequence)
    {
        writer.WriteStartArray("Value"u8);
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (bulkDataUris is not null)
            {
                _path.Add($"{sequence.Tag.Value:X8}/{i}/");
            }

            Write(sequence.Items[i]);
            if (bulkDataUris is not null)
            {
                _path.RemoveAt(_path.Count - 1);
            }
        }

        writer.WriteEndArray();
    }

    private string? BulkDataUri(DataElement element) =>
        bulkDataUris?.Invoke(
            string.Concat(_path) + element.Tag.Value.ToString("X8", CultureInfo.InvariantCulture),
            element
        );

    private void WriteStrings(IReadOnlyList<string> values, ValueRepresentation vr)
    {
        if (values.Count == 0 || (values.Count == 1 && IsEmpty(values[0], vr)))
        {
            return;
        }

        writer.WriteStartArray("Value"u8);
        foreach (var value in values)
        {
            if (IsEmpty(value, vr))
            {
                writer.WriteNullValue();
            }
            else if (vr == ValueRepresentation.PN)
            {
                WritePersonName(value);
            }
            else if (vr is ValueRepresentation.DS or ValueRepresentation.IS && NumberOf(value, vr) is { } number)
            {
                writer.WriteRawValue(number, skipInputValidation: true);
            }
            else
            {
                writer.WriteStringValue(value);
            }
        }

        writer.WriteEndArray();
    }

    // IS with a point or an exponent is none: as a string it stays what it was.
    private static string? NumberOf(string value, ValueRepresentation vr) =>
        vr == ValueRepresentation.IS && value.AsSpan().ContainsAny('.', 'e', 'E') ? null : JsonNumber.FromText(value);

    // A name of nothing but group delimiters is none.
    private static bool IsEmpty(string value, ValueRepresentation vr) =>
        vr == ValueRepresentation.PN ? value.AsSpan().Trim("= ").IsEmpty : value.Length == 0;

    // PS3.18 F.2.2: one member for each component group that is not empty, as it stands in the value.
    private void WritePersonName(string value)
    {
        writer.WriteStartObject();
        var groups = value.Split('=', 3);
        WriteGroup("Alphabetic"u8, 0);
        WriteGroup("Ideographic"u8, 1);
        WriteGroup("Phonetic"u8, 2);
        writer.WriteEndObject();

        void WriteGroup(ReadOnlySpan<byte> name, int index)
        {
            if (index < groups.Length && groups[index].TrimEnd(' ') is { Length: > 0 } group)
            {
                writer.WriteString(name, group);
            }
        }
    }

    private void WriteNumbers(ReadOnlySpan<byte> bytes, ValueRepresentation vr)
    {
        var size = vr == ValueRepresentation.AT ? 4 : vr.WordSize;
        writer.WriteStartArray("Value"u8);
        for (; bytes.Length >= size; bytes = bytes[size..])
        {
            WriteNumber(bytes, vr);
        }

        writer.WriteEndArray();
    }

    private void WriteNumber(ReadOnlySpan<byte> bytes, ValueRepresentation vr)
    {
        switch (vr)
        {
            case ValueRepresentation.AT:
                var tag = new DicomTag(
                    BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                    BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..])
                );
                writer.WriteStringValue(tag.Value.ToString("X8", CultureInfo.InvariantCulture));
                break;
            case ValueRepresentation.FL:
                WriteFloat(BinaryPrimitives.ReadSingleLittleEndian(bytes));
                break;
            case ValueRepresentation.FD:
                WriteDouble(BinaryPrimitives.ReadDoubleLittleEndian(bytes));
                break;
            case ValueRepresentation.SS:
                writer.WriteNumberValue(BinaryPrimitives.ReadInt16LittleEndian(bytes));
                break;
            case ValueRepresentation.US:
                writer.WriteNumberValue((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes));
                break;
            case ValueRepresentation.SL:
                writer.WriteNumberValue(BinaryPrimitives.ReadInt32LittleEndian(bytes));
                break;
            case ValueRepresentation.UL:
                writer.WriteNumberValue(BinaryPrimitives.ReadUInt32LittleEndian(bytes));
                break;
            case ValueRepresentation.SV:
                WriteInt64(BinaryPrimitives.ReadInt64LittleEndian(bytes));
                break;
            default:
                WriteUInt64(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
                break;
        }
    }

    private void WriteInt64(long number)
    {
        if (number is >= -SafeIntegerMax and <= SafeIntegerMax)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void WriteUInt64(ulong number)
    {
        if (number <= SafeIntegerMax)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private void WriteFloat(float number)
    {
        if (float.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(JsonNumber.NotFinite(number));
        }
    }

    private void WriteDouble(double number)
    {
        if (double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue(JsonNumber.NotFinite(number));
        }
    }
}
