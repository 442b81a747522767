using System.Globalization;

namespace Leadglass.Dicom.Web;

/// <summary>
/// An attribute as searches name it (PS3.18 8.3.4.1): a tag of eight hexadecimal digits or a keyword; within sequences the
/// way to it, parted by dots.
/// </summary>
public sealed class AttributePath
{
    /// <summary>Sequences within sequences at most.</summary>
    public const int DepthMax = 8;

    private readonly DicomTag[] _tags;

    private AttributePath(DicomTag[] tags) => _tags = tags;

    /// <summary>The sequences, outermost first.</summary>
    public ReadOnlySpan<DicomTag> Sequences => _tags.AsSpan(0, _tags.Length - 1);

    /// <summary>The attribute.</summary>
    public DicomTag Tag => _tags[^1];

    /// <summary>Reads a path; false when a part of it is neither a tag of the dictionary nor a keyword, or leads through
    /// what is no sequence.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AttributePath path)
    {
        path = new AttributePath([default]);
        List<DicomTag> tags = [];
        foreach (var range in text.Split('.'))
        {
            if (
                tags.Count > DepthMax
                || (tags.Count > 0 && DicomDictionary.Find(tags[^1])?.Vr is not ValueRepresentation.SQ)
                || !TryTag(text[range], out var tag)
            )
            {
                return false;
            }

            tags.Add(tag);
        }

        path = new AttributePath([.. tags]);
        return true;
    }

    /// <summary>The data set that holds the attribute, with the sequences that lead to it, each with one item.</summary>
    public DataSet In(DataSet dataSet)
    {
        foreach (var tag in Sequences)
        {
            if (dataSet.GetItems(tag) is not [var item, ..])
            {
                item = new DataSet();
                dataSet.SetItems(tag, item);
            }

            dataSet = item;
        }

        return dataSet;
    }

    /// <summary>The tags, parted by dots.</summary>
    public override string ToString() => string.Join('.', _tags.Select(tag => tag.Value.ToString("X8", null)));

    private static bool TryTag(ReadOnlySpan<char> text, out DicomTag tag)
    {
        if (
            text.Length == 8
            && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
        )
        {
            tag = new DicomTag(value);
            return DicomDictionary.Find(tag) is not null;
        }

        var entry = DicomDictionary.FindByKeyword(text);
        tag = entry?.Tag ?? default;
        return entry is not null;
    }
}
