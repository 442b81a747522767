using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Dicom;

/// <summary>
/// What an instance says, whatever its encoding: the attributes in a form that does not depend on transfer syntax, VRs on
/// the wire, length encoding, padding, group lengths or order. Two encodings of one data set give the same digest. Pixel
/// data of the top level is left out; its values are the caller's to add.
/// </summary>
/// <remarks>
/// Each attribute counts by tag, kind, length and content, so no two data sets share a form. Attributes that the
/// dictionary does not know count by their bytes in little endian order, since in implicit VR nobody knows more.
/// </remarks>
public static class CanonicalForm
{
    // UN may hold a sequence whose items hold UN again: below this depth its bytes are taken as they are.
    private const int UnknownDepthMax = 16;

    private enum Kind : byte
    {
        Value = 1,
        Sequence = 2,
        Fragments = 3,
    }

    /// <summary>Adds the attributes of a data set to a digest.</summary>
    /// <param name="isLeftOut">Says which attributes of the top level do not count.</param>
    public static void Append(IncrementalHash digest, DataSet dataSet, Func<DicomTag, bool>? isLeftOut = null) =>
        Append(digest, dataSet, depth: 0, isLeftOut ?? (static _ => false));

    private static void Append(IncrementalHash digest, DataSet dataSet, int depth, Func<DicomTag, bool> isLeftOut)
    {
        foreach (var element in dataSet)
        {
            if (!IsEncodingOnly(element.Tag) && !(depth == 0 && (IsPixelData(element.Tag) || isLeftOut(element.Tag))))
            {
                Append(digest, element, depth);
            }
        }
    }

    private static void Append(IncrementalHash digest, DataElement element, int depth)
    {
        switch (element)
        {
            case { IsEmpty: true } and not FragmentsElement:
                // In implicit VR an empty private sequence is an empty value of unknown VR.
                AppendHead(digest, element.Tag, Kind.Value, 0);
                break;
            case SequenceElement sequence:
                AppendItems(digest, element.Tag, sequence.Items, depth);
                break;
            case FragmentsElement fragments:
                AppendHead(digest, element.Tag, Kind.Fragments, fragments.Fragments.Count);
                foreach (var fragment in fragments.Fragments)
                {
                    AppendNumber(digest, fragment.Length);
                    digest.AppendData(fragment.Span);
                }

                break;
            case ValueElement { Vr: ValueRepresentation.UN } value
                when depth < UnknownDepthMax && UnknownSequence.TryReadItems(value) is { } items:
                AppendItems(digest, element.Tag, items, depth);
                break;
            case ValueElement value:
                var content = WithoutPadding(value);
                AppendHead(digest, element.Tag, Kind.Value, content.Length);
                digest.AppendData(content);
                break;
            default:
                break;
        }
    }

    private static void AppendItems(IncrementalHash digest, DicomTag tag, IReadOnlyList<DataSet> items, int depth)
    {
        AppendHead(digest, tag, Kind.Sequence, items.Count);
        foreach (var item in items)
        {
            Append(digest, item, depth + 1, static _ => false);
            // No attribute has tag 0: it ends the item.
            AppendNumber(digest, 0);
        }
    }

    private static void AppendHead(IncrementalHash digest, DicomTag tag, Kind kind, long length)
    {
        Span<byte> head = stackalloc byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(head, tag.Value);
        head[4] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(head[5..], length);
        digest.AppendData(head);
    }

    private static void AppendNumber(IncrementalHash digest, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        digest.AppendData(bytes);
    }

    // Group lengths (PS3.5 7.2) and Data Set Trailing Padding (PS3.10 7.2) say nothing of the instance.
    private static bool IsEncodingOnly(DicomTag tag) => tag.IsGroupLength || tag == DicomTag.DataSetTrailingPadding;

    private static bool IsPixelData(DicomTag tag) =>
        tag == DicomTag.PixelData
        || tag == DicomTag.FloatPixelData
        || tag == DicomTag.DoubleFloatPixelData
        || tag == DicomTag.SpectroscopyData;

    private static ReadOnlySpan<byte> WithoutPadding(ValueElement element)
    {
        var bytes = element.LittleEndianBytes.Span;
        return DicomDictionary.Find(element.Tag) is { Vr.IsText: true } ? bytes.TrimEnd(" \0"u8) : bytes;
    }
}
