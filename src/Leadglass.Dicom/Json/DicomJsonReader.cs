using System.Buffers;
using System.Text.Json;

namespace Leadglass.Dicom;

/// <summary>Reads the objects of PS3.18 F.2 into data sets, within limits.</summary>
internal sealed class DicomJsonReader(ReadLimits limits, BulkDataResolver? bulkData)
{
    private int _elements;
    private bool _hasTextBeyondAscii;

    public IReadOnlyList<DataSet> ReadAll(ReadOnlySpan<byte> json)
    {
        if (json.Length > limits.FileBytesMax)
        {
            throw Broken(
                "The JSON is longer than the limit",
                limits.FileBytesMax,
                null,
                nameof(ReadLimits.FileBytesMax)
            );
        }

        // An item opens an attribute's object, an array and its own object.
        var options = new JsonReaderOptions { MaxDepth = (limits.NestingMax * 3) + 5 };
        var reader = new Utf8JsonReader(json, options);
        try
        {
            return ReadRoot(ref reader);
        }
        catch (JsonException problem)
        {
            // The framework's message may quote the text.
            throw Broken(
                $"The JSON is broken in line {problem.LineNumber + 1}",
                reader.BytesConsumed,
                null,
                "RFC 8259"
            );
        }
        catch (InvalidOperationException)
        {
            throw Broken("A string of the JSON is no Unicode", reader.TokenStartIndex, null, "RFC 8259 8.1");
        }
    }

    private List<DataSet> ReadRoot(ref Utf8JsonReader reader)
    {
        var dataSets = new List<DataSet>();
        _ = reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (dataSets.Count >= limits.DataSetCountMax)
                {
                    throw Broken(
                        "There are too many data sets",
                        reader.TokenStartIndex,
                        null,
                        nameof(ReadLimits.DataSetCountMax)
                    );
                }

                dataSets.Add(ReadRootObject(ref reader));
            }
        }
        else
        {
            dataSets.Add(ReadRootObject(ref reader));
        }

        return reader.Read() ? throw Broken("Something follows the data", ref reader, null) : dataSets;
    }

    private DataSet ReadRootObject(ref Utf8JsonReader reader)
    {
        _hasTextBeyondAscii = false;
        // One without any attribute takes memory too.
        CountElement(ref reader);
        var elements = ReadElements(ref reader, depth: 0);
        if (_hasTextBeyondAscii && !elements.Exists(element => element.Tag == DicomTag.SpecificCharacterSet))
        {
            elements.Add(Utf8Declaration());
        }

        return Sorted(elements, ref reader);
    }

    private List<DataElement> ReadElements(ref Utf8JsonReader reader, int depth)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Broken("An object of attributes is expected", ref reader, null);
        }

        if (depth > limits.NestingMax)
        {
            throw Broken("Sequences nest too deeply", reader.TokenStartIndex, null, nameof(ReadLimits.NestingMax));
        }

        var elements = new List<DataElement>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            CountElement(ref reader);
            var tag = ReadTag(ref reader);
            _ = reader.Read();
            if (tag.Group == 0x0002 || tag is { IsGroupLength: true, Group: not 0x0000 })
            {
                reader.Skip();
            }
            else if (ReadAttribute(ref reader, tag, depth) is { } element)
            {
                elements.Add(element);
            }
        }

        return elements;
    }

    private void CountElement(ref Utf8JsonReader reader)
    {
        if (++_elements > limits.ElementCountMax)
        {
            throw Broken(
                "There are too many elements",
                reader.TokenStartIndex,
                null,
                nameof(ReadLimits.ElementCountMax)
            );
        }
    }

    private static DicomTag ReadTag(ref Utf8JsonReader reader)
    {
        Span<char> name = stackalloc char[12];
        var length = reader.HasValueSequence || reader.ValueSpan.Length > name.Length ? 0 : reader.CopyString(name);
        return length == 8 && DicomTag.TryParse(name[..length], out var tag)
            ? tag
            : throw Broken("A member's name is no tag of eight hexadecimal digits", ref reader, null);
    }

    // Members may come in any order, and the VR says how to read the value: it is looked up ahead.
    private DataElement? ReadAttribute(ref Utf8JsonReader reader, DicomTag tag, int depth)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Broken("An attribute is an object", ref reader, tag);
        }

        var vr = FindVr(reader, tag);
        DataElement? element =
            vr == ValueRepresentation.SQ ? new SequenceElement(tag, []) : new ValueElement(tag, vr, default);
        var hasValue = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isValue = reader.ValueTextEquals("Value"u8);
            var isInline = reader.ValueTextEquals("InlineBinary"u8);
            var isUri = reader.ValueTextEquals("BulkDataURI"u8);
            _ = reader.Read();
            if (!isValue && !isInline && !isUri)
            {
                reader.Skip();
                continue;
            }

            if (hasValue)
            {
                throw Broken("An attribute has more than one value member", ref reader, tag);
            }

            hasValue = true;
            element =
                isValue ? ReadValue(ref reader, tag, vr, depth)
                : isInline ? ReadInline(ref reader, tag, vr)
                : ReadBulk(ref reader, tag, vr);
        }

        return element;
    }

    private static ValueRepresentation FindVr(Utf8JsonReader ahead, DicomTag tag)
    {
        while (ahead.Read() && ahead.TokenType != JsonTokenType.EndObject)
        {
            var isVr = ahead.ValueTextEquals("vr"u8);
            _ = ahead.Read();
            if (!isVr)
            {
                ahead.Skip();
                continue;
            }

            return ReadVr(ref ahead, tag);
        }

        return DicomDictionary.Find(tag)?.Vr switch
        {
            ValueRepresentation.UsOrSs => ValueRepresentation.US,
            ValueRepresentation.ObOrOw or ValueRepresentation.PixelData or ValueRepresentation.UsOrOw =>
                ValueRepresentation.OW,
            null or ValueRepresentation.None => ValueRepresentation.UN,
            { } known => known,
        };
    }

    private static ValueRepresentation ReadVr(ref Utf8JsonReader reader, DicomTag tag)
    {
        Span<byte> code = stackalloc byte[2];
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length != 2 || reader.CopyString(code) != 2)
        {
            throw Broken("The VR is no string of two letters", ref reader, tag);
        }

        return ValueRepresentations.FromCode(code) is { IsKnown: true } vr
            ? vr
            : throw Broken("The VR is none of the standard's", ref reader, tag);
    }

    private DataElement ReadValue(ref Utf8JsonReader reader, DicomTag tag, ValueRepresentation vr, int depth)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return vr == ValueRepresentation.SQ ? new SequenceElement(tag, []) : new ValueElement(tag, vr, default);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Broken("Value is an array", ref reader, tag);
        }

        if (vr == ValueRepresentation.SQ)
        {
            return new SequenceElement(tag, ReadItems(ref reader, tag, depth));
        }

        if (vr.IsBulk)
        {
            return ReadEmptyArray(ref reader, tag, vr);
        }

        var values = new ArrayBufferWriter<byte>();
        var encoder = new JsonValueEncoder(tag, vr, values);
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (vr.IsText && count++ > 0)
            {
                values.Write("\\"u8);
            }

            encoder.Add(ref reader);
            CheckLength(values.WrittenCount, ref reader, tag);
        }

        _hasTextBeyondAscii |= encoder.HasTextBeyondAscii;
        if ((values.WrittenCount & 1) == 1)
        {
            values.Write([vr.PaddingByte]);
        }

        return tag == DicomTag.SpecificCharacterSet && values.WrittenCount > 0
            ? Utf8Declaration()
            : new ValueElement(tag, vr, values.WrittenMemory);
    }

    private static ValueElement ReadEmptyArray(ref Utf8JsonReader reader, DicomTag tag, ValueRepresentation vr) =>
        reader.Read() && reader.TokenType == JsonTokenType.EndArray
            ? new ValueElement(tag, vr, default)
            : throw Broken($"VR {vr.Code} has InlineBinary or BulkDataURI", ref reader, tag);

    private List<DataSet> ReadItems(ref Utf8JsonReader reader, DicomTag tag, int depth)
    {
        var items = new List<DataSet>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (++_elements > limits.ElementCountMax)
            {
                throw Broken(
                    "There are too many items",
                    reader.TokenStartIndex,
                    tag,
                    nameof(ReadLimits.ElementCountMax)
                );
            }

            items.Add(
                reader.TokenType == JsonTokenType.Null
                    ? new DataSet()
                    : Sorted(ReadElements(ref reader, depth + 1), ref reader)
            );
        }

        return items;
    }

    private ValueElement ReadInline(ref Utf8JsonReader reader, DicomTag tag, ValueRepresentation vr)
    {
        if (!vr.IsBulk)
        {
            throw Broken($"VR {vr.Code} has no InlineBinary", ref reader, tag);
        }

        // Four characters make three bytes; the limit stands before the allocation.
        CheckLength(reader.ValueSpan.Length / 4L * 3, ref reader, tag);
        return reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes)
            ? new ValueElement(tag, vr, Even(bytes))
            : throw Broken("InlineBinary is no base64", ref reader, tag);
    }

    private ValueElement? ReadBulk(ref Utf8JsonReader reader, DicomTag tag, ValueRepresentation vr)
    {
        if (reader.TokenType != JsonTokenType.String || vr == ValueRepresentation.SQ)
        {
            throw Broken("BulkDataURI is a string, and not for sequences", ref reader, tag);
        }

        if (bulkData?.Invoke(tag, vr, reader.GetString()!) is not { } bytes)
        {
            return null;
        }

        CheckLength(bytes.Length, ref reader, tag);
        return new ValueElement(tag, vr, Even(bytes));
    }

    private void CheckLength(long length, ref Utf8JsonReader reader, DicomTag tag)
    {
        if (length > limits.ValueBytesMax)
        {
            throw Broken("A value is too long", reader.TokenStartIndex, tag, nameof(ReadLimits.ValueBytesMax));
        }
    }

    // Sorted once here: data sets that grow by single attributes look through all of them each time.
    private static DataSet Sorted(List<DataElement> elements, ref Utf8JsonReader reader)
    {
        var sorted = elements.OrderBy(element => element.Tag).ToArray();
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].Tag == sorted[i - 1].Tag)
            {
                throw Broken("An attribute occurs twice", ref reader, sorted[i].Tag);
            }
        }

        return new DataSet(sorted, syntax: null);
    }

    private static ValueElement Utf8Declaration() =>
        new(DicomTag.SpecificCharacterSet, ValueRepresentation.CS, "ISO_IR 192"u8.ToArray());

    private static byte[] Even(byte[] bytes)
    {
        if (bytes.Length % 2 == 1)
        {
            Array.Resize(ref bytes, bytes.Length + 1);
        }

        return bytes;
    }

    private static DicomFormatException Broken(string problem, ref Utf8JsonReader reader, DicomTag? tag) =>
        Broken(problem, reader.TokenStartIndex, tag, "PS3.18 F.2");

    private static DicomFormatException Broken(string problem, long position, DicomTag? tag, string clause) =>
        new(problem, position, tag, clause);
}
