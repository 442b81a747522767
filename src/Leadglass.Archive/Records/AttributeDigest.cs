using System.Buffers.Binary;
using System.Security.Cryptography;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// The digest of attributes that stays the same when an instance is sent in another transfer syntax: it ignores VR and
/// length encoding, padding, group lengths, and what a compressor may change.
/// </summary>
internal static class AttributeDigest
{
    private const byte ItemStart = 1;
    private const byte SequenceEnd = 2;
    private const byte ValueOfKnownText = 3;
    private const byte ValueOfOther = 4;

    /// <summary>Adds everything but what <see cref="DependsOnCompression"/>.</summary>
    public static void AddAttributes(IncrementalHash digest, DataSet dataSet) =>
        Add(digest, dataSet, tag => !DependsOnCompression(tag));

    /// <summary>Adds what describes the pixel data's form: it counts only among instances of one form.</summary>
    public static void AddForm(IncrementalHash digest, DataSet dataSet) => Add(digest, dataSet, DependsOnCompression);

    private static void Add(IncrementalHash digest, DataSet dataSet, Func<DicomTag, bool> counts)
    {
        foreach (var element in dataSet)
        {
            if (!IsEncodingOnly(element.Tag) && counts(element.Tag))
            {
                Add(digest, element);
            }
        }
    }

    private static void Add(IncrementalHash digest, DataElement element)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteUInt32LittleEndian(head, element.Tag.Value);
        switch (element)
        {
            case SequenceElement sequence:
                head[4] = ItemStart;
                foreach (var item in sequence.Items)
                {
                    digest.AppendData(head[..5]);
                    foreach (var inner in item)
                    {
                        if (!IsEncodingOnly(inner.Tag))
                        {
                            Add(digest, inner);
                        }
                    }
                }

                head[4] = SequenceEnd;
                digest.AppendData(head[..5]);
                break;
            case ValueElement value:
                var bytes = value.LittleEndianBytes.Span;
                var trimmed = bytes.TrimEnd((byte)0).TrimEnd((byte)' ').TrimEnd((byte)0);
                // The dictionary says what is text, not the VR on the wire: implicit VR has none. Of what it does not
                // know, or is a number, the length counts too, since there a zero at the end may be a value.
                var isText = DicomDictionary.Find(element.Tag) is { } entry && entry.Vr.IsText;
                head[4] = isText ? ValueOfKnownText : ValueOfOther;
                BinaryPrimitives.WriteInt32LittleEndian(head[5..], isText ? trimmed.Length : bytes.Length);
                digest.AppendData(head);
                digest.AppendData(trimmed);
                break;
            default:
                // Fragments below the top level: nobody has seen them; the tag alone counts.
                digest.AppendData(head[..4]);
                break;
        }
    }

    /// <summary>Says how something is written, not what: group lengths and padding.</summary>
    private static bool IsEncodingOnly(DicomTag tag) =>
        tag.IsGroupLength || tag == DicomTag.DataSetTrailingPadding || tag == DicomTag.LengthToEnd;

    /// <summary>Changed by whoever compresses or decompresses: PS3.5 8.2, PS3.3 C.7.6.1.1.5.</summary>
    private static bool DependsOnCompression(DicomTag tag) =>
        tag == DicomTag.PhotometricInterpretation
        || tag == DicomTag.PlanarConfiguration
        || tag == DicomTag.LossyImageCompression
        || tag == DicomTag.LossyImageCompressionRatio
        || tag == DicomTag.LossyImageCompressionMethod
        || tag == DicomTag.ExtendedOffsetTable
        || tag == DicomTag.ExtendedOffsetTableLengths;
}
