using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace Leadglass.Dicom;

/// <summary>
/// Writes data sets (PS3.5 7). One that was read and is written in the same syntax gives the same bytes, with its odd
/// forms; in another syntax, and for one made here, sequences have defined lengths unless they were read otherwise,
/// and retired group lengths are left out.
/// </summary>
public static class DataSetWriter
{
    /// <summary>Writes a data set; deflated where the syntax says so.</summary>
    /// <exception cref="InvalidOperationException">Sequences nest deeper than any reader here allows.</exception>
    public static void Write(DataSet dataSet, TransferSyntax syntax, IBufferWriter<byte> output)
    {
        if (!syntax.IsDeflated)
        {
            new DataSetEncoder(output, syntax).WriteRoot(dataSet);
            return;
        }

        var plain = new ArrayBufferWriter<byte>();
        new DataSetEncoder(plain, syntax).WriteRoot(dataSet);
        using var target = new BufferWriterStream(output);
        using (var deflater = new DeflateStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflater.Write(plain.WrittenSpan);
        }

        target.EndDeflated();
    }

    /// <summary>How many bytes the encoded form has, before it is deflated.</summary>
    public static long Count(DataSet dataSet, TransferSyntax syntax) =>
        new DataSetEncoder(new ArrayBufferWriter<byte>(), syntax).CountRoot(dataSet);

    /// <summary>The encoded bytes.</summary>
    public static ReadOnlyMemory<byte> ToBytes(DataSet dataSet, TransferSyntax syntax)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(dataSet, syntax, output);
        return output.WrittenMemory;
    }
}

/// <summary>Counts how long the encoded form is, and writes it.</summary>
internal sealed class DataSetEncoder(IBufferWriter<byte> output, TransferSyntax syntax)
{
    private const uint UndefinedLength = 0xFFFFFFFF;
    private const ushort BlankVr = (' ' << 8) | ' ';

    // Above what any reader lets in; a guard against items that contain themselves.
    private const int NestingMax = 512;

    /// <summary>How headers and numbers stand at a level.</summary>
    private readonly record struct Form(bool IsImplicit, bool IsBigEndian, bool KeepsOddities, int Depth)
    {
        public Form Deeper() =>
            Depth < NestingMax
                ? this with
                {
                    Depth = Depth + 1,
                }
                : throw new InvalidOperationException($"Sequences nest deeper than {NestingMax}.");
    }

    public void WriteRoot(DataSet dataSet) => WriteElements(dataSet, Enter(dataSet, RootForm()));

    /// <summary>The length in bytes of the encoded data set, before it is deflated.</summary>
    public long CountRoot(DataSet dataSet) => CountElements(dataSet, Enter(dataSet, RootForm()));

    private Form RootForm() => new(!syntax.IsExplicitVr, syntax.IsBigEndian, KeepsOddities: false, Depth: 0);

    private Form Enter(DataSet dataSet, Form form)
    {
        var keeps = dataSet.SourceSyntax?.Uid == syntax.Uid;
        return form with
        {
            KeepsOddities = keeps,
            IsImplicit = keeps && dataSet.IsReadAsImplicit is { } isImplicit ? isImplicit : form.IsImplicit,
        };
    }

    private long CountElements(DataSet dataSet, Form form)
    {
        long length = 0;
        foreach (var element in dataSet.ElementsToWrite)
        {
            if (IsWritten(element, form))
            {
                length += HeaderLength(element, form) + CountContent(element, form);
            }
        }

        return length;
    }

    private long CountContent(DataElement element, Form form) =>
        element switch
        {
            ValueElement value => value.Bytes.Length,
            FragmentsElement fragments => fragments.EncodedItems.Sum(item => 8L + item.Length) + 8,
            SequenceElement sequence => CountItems(sequence, form) + (IsUndefined(sequence, form) ? 8 : 0),
            _ => 0,
        };

    private long CountItems(SequenceElement sequence, Form form)
    {
        var inner = ContentForm(sequence, form);
        long length = 0;
        foreach (var item in sequence.Items)
        {
            length += 8 + CountElements(item, Enter(item, inner)) + (item.HasUndefinedLength ? 8 : 0);
        }

        return length;
    }

    private void WriteElements(DataSet dataSet, Form form)
    {
        foreach (var element in dataSet.ElementsToWrite)
        {
            if (!IsWritten(element, form))
            {
                continue;
            }

            switch (element)
            {
                case ValueElement value:
                    WriteHeader(element, checked((uint)value.Bytes.Length), form);
                    WriteValue(value, form);
                    break;
                case SequenceElement sequence:
                    WriteSequence(sequence, form);
                    break;
                case FragmentsElement fragments:
                    WriteHeader(element, UndefinedLength, form);
                    foreach (var item in fragments.EncodedItems)
                    {
                        WriteItemTag(DicomTag.Item, checked((uint)item.Length), form);
                        WriteBytes(item.Span);
                    }

                    WriteItemTag(DicomTag.SequenceDelimitationItem, 0, form);
                    break;
                default:
                    break;
            }
        }
    }

    private void WriteSequence(SequenceElement sequence, Form form)
    {
        var isUndefined = IsUndefined(sequence, form);
        WriteHeader(sequence, isUndefined ? UndefinedLength : Defined(CountItems(sequence, form)), form);
        var inner = ContentForm(sequence, form);
        foreach (var item in sequence.Items)
        {
            var itemForm = Enter(item, inner);
            if (item.HasUndefinedLength)
            {
                WriteItemTag(DicomTag.Item, UndefinedLength, inner);
                WriteElements(item, itemForm);
                WriteItemTag(DicomTag.ItemDelimitationItem, 0, inner);
            }
            else
            {
                WriteItemTag(DicomTag.Item, Defined(CountElements(item, itemForm)), inner);
                WriteElements(item, itemForm);
            }
        }

        if (isUndefined)
        {
            WriteItemTag(DicomTag.SequenceDelimitationItem, 0, inner);
        }
    }

    private static uint Defined(long length) =>
        length < UndefinedLength
            ? (uint)length
            : throw new InvalidOperationException("A sequence is longer than 4 GiB (PS3.5 7.1.1).");

    private static bool IsWritten(DataElement element, Form form) =>
        form.KeepsOddities || !element.Tag.IsGroupLength || element.Tag.Group <= 0x0002;

    private static bool IsUndefined(SequenceElement sequence, Form form) =>
        sequence.Form.HasFlag(WireForm.UndefinedLength) || (sequence.IsOfUnknownVr && !form.IsImplicit);

    // PS3.5 6.2.2: what stands in a sequence of VR UN is in implicit VR little endian.
    private static Form ContentForm(SequenceElement sequence, Form form) =>
        sequence.IsOfUnknownVr && !form.IsImplicit
            ? form.Deeper() with
            {
                IsImplicit = true,
                IsBigEndian = false,
            }
            : form.Deeper();

    private static bool HasImplicitHeader(DataElement element, Form form) =>
        form.IsImplicit || (form.KeepsOddities && element.Form.HasFlag(WireForm.ImplicitHeader));

    // PS3.5 6.2.2: a value too long for the 16-bit length of its VR goes as UN.
    private static ValueRepresentation VrOnWire(DataElement element) =>
        element is ValueElement { Bytes.Length: > ushort.MaxValue }
        && !element.Vr.HasLongLength
        && !element.Form.HasFlag(WireForm.LongLength)
            ? ValueRepresentation.UN
            : element.Vr;

    private static bool HasLongHeader(DataElement element) =>
        !element.Form.HasFlag(WireForm.BlankVr) && VrOnWire(element).HasLongLength
        || element.Form.HasFlag(WireForm.LongLength);

    private static int HeaderLength(DataElement element, Form form) =>
        !HasImplicitHeader(element, form) && HasLongHeader(element) ? 12 : 8;

    private void WriteHeader(DataElement element, uint length, Form form)
    {
        var headerLength = HeaderLength(element, form);
        var header = output.GetSpan(headerLength);
        WriteTag(header, element.Tag, form);
        if (HasImplicitHeader(element, form))
        {
            WriteUInt32(header[4..], length, form);
        }
        else
        {
            var isBlank = form.KeepsOddities && element.Form.HasFlag(WireForm.BlankVr);
            BinaryPrimitives.WriteUInt16BigEndian(header[4..], isBlank ? BlankVr : (ushort)VrOnWire(element));
            if (headerLength == 12)
            {
                header[6] = header[7] = 0;
                WriteUInt32(header[8..], length, form);
            }
            else
            {
                WriteUInt16(header[6..], (ushort)length, form);
            }
        }

        output.Advance(headerLength);
    }

    private void WriteItemTag(DicomTag tag, uint length, Form form)
    {
        var header = output.GetSpan(8);
        WriteTag(header, tag, form);
        WriteUInt32(header[4..], length, form);
        output.Advance(8);
    }

    private void WriteValue(ValueElement value, Form form)
    {
        var wordSize = value.Vr.WordSize;
        var isBigEndian = form.IsBigEndian && VrOnWire(value) == value.Vr;
        if (wordSize == 1 || value.IsBigEndian == isBigEndian)
        {
            WriteBytes(value.Bytes.Span);
            return;
        }

        const int pieceLength = 4096;
        for (var rest = value.Bytes.Span; !rest.IsEmpty; )
        {
            var piece = rest[..Math.Min(pieceLength, rest.Length)];
            var target = output.GetSpan(piece.Length)[..piece.Length];
            piece.CopyTo(target);
            ByteOrder.SwapWords(target, wordSize);
            output.Advance(piece.Length);
            rest = rest[piece.Length..];
        }
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes) => output.Write(bytes);

    private static void WriteTag(Span<byte> target, DicomTag tag, Form form)
    {
        WriteUInt16(target, tag.Group, form);
        WriteUInt16(target[2..], tag.Element, form);
    }

    private static void WriteUInt16(Span<byte> target, ushort value, Form form)
    {
        if (form.IsBigEndian)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target, value);
        }
    }

    private static void WriteUInt32(Span<byte> target, uint value, Form form)
    {
        if (form.IsBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(target, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, value);
        }
    }
}
