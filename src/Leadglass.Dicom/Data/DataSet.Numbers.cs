using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Leadglass.Dicom;

/// <content>Values as numbers, items and bytes.</content>
public sealed partial class DataSet
{
    /// <summary>
    /// The value at an index as an integer: of a binary integer VR or of IS, or of DS where it is a whole number. Null
    /// when it is absent, empty or none of these.
    /// </summary>
    public long? GetInt64(DicomTag tag, int index = 0)
    {
        if (Find(tag) is not ValueElement { IsEmpty: false } element)
        {
            return null;
        }

        var vr = EffectiveVr(element);
        if (vr.IsText)
        {
            return TextAt(element, vr, index) is { } text
                && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    ? whole
                : GetDouble(tag, index) is { } number and >= -9e15 and <= 9e15 && double.IsInteger(number)
                    ? (long)number
                : null;
        }

        var isInteger =
            vr
            is ValueRepresentation.US
                or ValueRepresentation.SS
                or ValueRepresentation.UL
                or ValueRepresentation.SL
                or ValueRepresentation.SV
                or ValueRepresentation.UV;
        if (!isInteger || !IsWithin(element, vr, index))
        {
            return null;
        }

        var value = ReadInteger(element, vr, index);
        return vr == ValueRepresentation.UV && value < 0 ? null : value;
    }

    /// <summary>As <see cref="GetInt64"/>; null as well where 32 bits do not hold it.</summary>
    public int? GetInt32(DicomTag tag, int index = 0) =>
        GetInt64(tag, index) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : null;

    /// <summary>The value at an index as a number, of a binary number VR, DS or IS; null when absent, empty or neither.</summary>
    public double? GetDouble(DicomTag tag, int index = 0)
    {
        if (Find(tag) is not ValueElement { IsEmpty: false } element)
        {
            return null;
        }

        var vr = EffectiveVr(element);
        if (vr.IsText)
        {
            return
                TextAt(element, vr, index) is { } text
                && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && double.IsFinite(number)
                ? number
                : null;
        }

        if (vr.IsBulk || vr == ValueRepresentation.AT || !IsWithin(element, vr, index))
        {
            return null;
        }

        return vr switch
        {
            ValueRepresentation.FL or ValueRepresentation.FD => ReadDouble(element, vr, index),
            ValueRepresentation.UV => (ulong)ReadInteger(element, vr, index),
            _ => ReadInteger(element, vr, index),
        };
    }

    /// <summary>
    /// The items of a sequence; none when it is absent or empty. A sequence that came as UN is read anew at each call.
    /// </summary>
    public IReadOnlyList<DataSet> GetItems(DicomTag tag)
    {
        switch (Find(tag))
        {
            case SequenceElement sequence:
                return sequence.Items;
            case ValueElement { Vr: ValueRepresentation.UN } element
                when UnknownSequence.TryReadItems(element) is { } items:
                foreach (var item in items)
                {
                    item.Parent = this;
                }

                return items;
            default:
                return [];
        }
    }

    /// <summary>The value's bytes in little endian order with their padding; null when absent or not a plain value.</summary>
    public ReadOnlyMemory<byte>? GetBytes(DicomTag tag) => (Find(tag) as ValueElement)?.LittleEndianBytes;

    /// <summary>Sets bytes in little endian order; an odd length is padded as PS3.5 6.2 says.</summary>
    public void SetBytes(DicomTag tag, ValueRepresentation vr, ReadOnlyMemory<byte> littleEndianBytes)
    {
        if ((littleEndianBytes.Length & 1) == 1)
        {
            var padded = new byte[littleEndianBytes.Length + 1];
            littleEndianBytes.Span.CopyTo(padded);
            padded[^1] = vr.PaddingByte;
            littleEndianBytes = padded;
        }

        Set(new ValueElement(tag, vr, littleEndianBytes));
    }

    /// <summary>Sets an element without value; for a sequence one without items.</summary>
    public void SetEmpty(DicomTag tag)
    {
        var vr = DictionaryVr(tag);
        Set(vr == ValueRepresentation.SQ ? new SequenceElement(tag, []) : new ValueElement(tag, OnWire(vr), default));
    }

    public void SetItems(DicomTag tag, params IReadOnlyList<DataSet> items) => Set(new SequenceElement(tag, items));

    public void SetUInt16(DicomTag tag, params ReadOnlySpan<ushort> values) =>
        SetNumbers(tag, ValueRepresentation.US, MemoryMarshal.AsBytes(values));

    public void SetInt16(DicomTag tag, params ReadOnlySpan<short> values) =>
        SetNumbers(tag, ValueRepresentation.SS, MemoryMarshal.AsBytes(values));

    public void SetUInt32(DicomTag tag, params ReadOnlySpan<uint> values) =>
        SetNumbers(tag, ValueRepresentation.UL, MemoryMarshal.AsBytes(values));

    public void SetInt32(DicomTag tag, params ReadOnlySpan<int> values) =>
        SetNumbers(tag, ValueRepresentation.SL, MemoryMarshal.AsBytes(values));

    public void SetUInt64(DicomTag tag, params ReadOnlySpan<ulong> values) =>
        SetNumbers(tag, ValueRepresentation.UV, MemoryMarshal.AsBytes(values));

    public void SetInt64(DicomTag tag, params ReadOnlySpan<long> values) =>
        SetNumbers(tag, ValueRepresentation.SV, MemoryMarshal.AsBytes(values));

    public void SetSingle(DicomTag tag, params ReadOnlySpan<float> values) =>
        SetNumbers(tag, ValueRepresentation.FL, MemoryMarshal.AsBytes(values));

    public void SetDouble(DicomTag tag, params ReadOnlySpan<double> values) =>
        SetNumbers(tag, ValueRepresentation.FD, MemoryMarshal.AsBytes(values));

    /// <summary>Sets attribute tags (VR AT).</summary>
    public void SetTags(DicomTag tag, params ReadOnlySpan<DicomTag> values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 4), values[i].Group);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan((i * 4) + 2), values[i].Element);
        }

        Set(new ValueElement(tag, ValueRepresentation.AT, bytes));
    }

    private static ValueRepresentation OnWire(ValueRepresentation vr) =>
        vr switch
        {
            ValueRepresentation.UsOrSs or ValueRepresentation.UsOrOw => ValueRepresentation.US,
            ValueRepresentation.ObOrOw or ValueRepresentation.PixelData => ValueRepresentation.OW,
            _ => vr,
        };

    private static bool IsWithin(ValueElement element, ValueRepresentation vr, int index) =>
        index >= 0 && index < element.Bytes.Length / NumberSize(vr);

    private string? TextAt(ValueElement element, ValueRepresentation vr, int index)
    {
        if (index is < 0 or >= DecodedValuesMax)
        {
            return null;
        }

        var values = DecodeValues(element, vr, index + SpareValues);
        return index < values.Length ? values[index].Trim() : null;
    }

    private static long ReadInteger(ValueElement element, ValueRepresentation vr, int index)
    {
        var size = vr.WordSize;
        var raw = ReadRaw(element, size, index);
        return vr switch
        {
            ValueRepresentation.SS => (short)raw,
            ValueRepresentation.SL => (int)raw,
            _ => (long)raw,
        };
    }

    private static double ReadDouble(ValueElement element, ValueRepresentation vr, int index) =>
        vr == ValueRepresentation.FL
            ? BitConverter.UInt32BitsToSingle((uint)ReadRaw(element, 4, index))
            : BitConverter.UInt64BitsToDouble(ReadRaw(element, 8, index));

    private static ulong ReadRaw(ValueElement element, int size, int index)
    {
        var bytes = element.Bytes.Span.Slice(index * size, size);
        ulong raw = 0;
        for (var i = 0; i < size; i++)
        {
            raw = (raw << 8) | bytes[element.IsBigEndian ? i : size - 1 - i];
        }

        return raw;
    }

    // The machine is little endian: net10.0 runs on no other that this program supports.
    private void SetNumbers(DicomTag tag, ValueRepresentation vr, ReadOnlySpan<byte> bytes) =>
        Set(new ValueElement(tag, vr, bytes.ToArray()));
}
