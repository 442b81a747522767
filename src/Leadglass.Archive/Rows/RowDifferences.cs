using System.Buffers.Binary;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Study and series attributes: the first instance's are kept; in which of them later ones differ is noted in the row, as
/// a private attribute with the tags.
/// </summary>
internal static class RowDifferences
{
    /// <summary>The tags in which instances differ.</summary>
    public static DicomTag Tag => RowPrivates.Differences;

    /// <summary>Notes what differs from the row; true if anything new was noted.</summary>
    public static bool Note(DataSet row, DataSet header, IReadOnlyList<DicomTag> tags)
    {
        List<DicomTag>? noted = null;
        foreach (var tag in tags)
        {
            // Whose the patient is decides the token; an identity that was completed here is no difference.
            if (
                tag == DicomTag.PatientID
                || tag == DicomTag.IssuerOfPatientID
                || header.Find(tag) is not ValueElement { IsEmpty: false } value
                || IsSame(row, header, value)
            )
            {
                continue;
            }

            noted ??= [.. Of(row)];
            if (!noted.Contains(tag))
            {
                noted.Add(tag);
            }
        }

        if (noted is null || noted.Count == Of(row).Count)
        {
            return false;
        }

        var bytes = new byte[noted.Count * 4];
        for (var i = 0; i < noted.Count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 4), noted[i].Group);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan((i * 4) + 2), noted[i].Element);
        }

        RowPrivates.SetCreator(row);
        row.SetBytes(Tag, ValueRepresentation.AT, bytes);
        return true;
    }

    /// <summary>The tags noted so far.</summary>
    public static IReadOnlyList<DicomTag> Of(DataSet row)
    {
        if (row.Find(Tag) is not ValueElement value)
        {
            return [];
        }

        var bytes = value.LittleEndianBytes.Span;
        var tags = new DicomTag[bytes.Length / 4];
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i] = new DicomTag(
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 4)..]),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[((i * 4) + 2)..])
            );
        }

        return tags;
    }

    private static bool IsSame(DataSet row, DataSet header, ValueElement value)
    {
        if (row.Find(value.Tag) is not ValueElement kept)
        {
            return false;
        }

        if (Trimmed(kept).SequenceEqual(Trimmed(value)) && RowText.HaveSameCharacterSet(row, header))
        {
            return true;
        }

        var (one, other) = (row.GetStrings(value.Tag), header.GetStrings(value.Tag));
        return value.Vr == ValueRepresentation.PN
            ? one.Select(name => NameFolding.Fold(name)).SequenceEqual(other.Select(name => NameFolding.Fold(name)))
            : one.SequenceEqual(other);
    }

    private static ReadOnlySpan<byte> Trimmed(ValueElement value) =>
        value.LittleEndianBytes.Span.TrimEnd((byte)0).TrimEnd((byte)' ');
}
