using System.Buffers;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// A row's content: a small data set in explicit VR little endian, sealed under the study's key and bound to the row's
/// token, so that no row passes for another.
/// </summary>
internal static class RowContent
{
    /// <summary>A longer value of one attribute is left out of a row; it stays in the instance.</summary>
    private const int ValueBytesMax = 4096;
    private const int SequenceBytesMax = 16 * 1024;

    private static ReadLimits Limits { get; } =
        new()
        {
            NestingMax = 16,
            ElementCountMax = 10_000,
            TotalBytesMax = 1 << 20,
        };

    /// <summary>The named attributes, as far as present and of sensible length, with their character set.</summary>
    public static DataSet Pick(DataSet header, IReadOnlyList<DicomTag> tags)
    {
        var picked = new DataSet();
        if (header.Find(DicomTag.SpecificCharacterSet) is { } characterSet)
        {
            picked.Set(characterSet);
        }

        foreach (var tag in tags)
        {
            if (header.Find(tag) is { IsEmpty: false } element && IsOfSensibleLength(element))
            {
                picked.Set(Copy(element));
            }
        }

        return picked;
    }

    public static byte[] Seal(RowSealer sealer, Token row, DataSet content)
    {
        var plain = DataSetWriter.ToBytes(content, TransferSyntax.ExplicitVrLittleEndian);
        return sealer.Seal(plain.Span, row.ToArray());
    }

    /// <exception cref="SealBrokenException">It was sealed for another row or is not as it was sealed.</exception>
    public static DataSet Open(RowSealer sealer, Token row, ReadOnlyMemory<byte> sealedContent)
    {
        var plain = sealer.Open(sealedContent.Span, row.ToArray());
        return DataSetReader.Read(new ReadOnlySequence<byte>(plain), TransferSyntax.ExplicitVrLittleEndian, Limits);
    }

    private static bool IsOfSensibleLength(DataElement element) =>
        element switch
        {
            ValueElement value => value.Bytes.Length <= ValueBytesMax,
            SequenceElement sequence => LengthOf(sequence, 0) is >= 0 and <= SequenceBytesMax,
            _ => false,
        };

    private static int LengthOf(SequenceElement sequence, int depth)
    {
        var length = 0;
        if (depth > 8)
        {
            return SequenceBytesMax + 1;
        }

        foreach (var element in sequence.Items.SelectMany(item => item))
        {
            length += element switch
            {
                ValueElement value => Math.Min(value.Bytes.Length, SequenceBytesMax) + 12,
                SequenceElement inner => LengthOf(inner, depth + 1) + 20,
                _ => SequenceBytesMax + 1,
            };
            if (length > SequenceBytesMax)
            {
                return length;
            }
        }

        return length;
    }

    // Items know their parent: a row must not take them away from the data set that they were read in.
    public static DataElement Copy(DataElement element) =>
        element is SequenceElement sequence
            ? new SequenceElement(sequence.Tag, [.. sequence.Items.Select(CopyItem)])
            : element;

    private static DataSet CopyItem(DataSet item)
    {
        var copy = new DataSet();
        foreach (var element in item)
        {
            copy.Set(Copy(element));
        }

        return copy;
    }
}
