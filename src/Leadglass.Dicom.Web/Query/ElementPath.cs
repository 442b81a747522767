using System.Globalization;

namespace Leadglass.Dicom.Web;

/// <summary>The way to an attribute: sequences with the item of each, then its tag; as DICOM JSON's bulk data source names
/// it, such as 00081115/0/00080018.</summary>
public sealed class ElementPath
{
    /// <summary>Sequences within sequences at most.</summary>
    public const int DepthMax = 64;

    private readonly (DicomTag Sequence, int Item)[] _items;

    private ElementPath((DicomTag Sequence, int Item)[] items, DicomTag tag) => (_items, Tag) = (items, tag);

    /// <summary>The sequences that lead to it, outermost first, each with the number of the item from 0.</summary>
    public IReadOnlyList<(DicomTag Sequence, int Item)> Items => _items;

    /// <summary>The attribute.</summary>
    public DicomTag Tag { get; }

    /// <summary>Reads a path; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ElementPath path)
    {
        path = new ElementPath([], default);
        List<(DicomTag, int)> items = [];
        while (true)
        {
            var slash = text.IndexOf('/');
            if (!TryTag(slash < 0 ? text : text[..slash], out var tag))
            {
                return false;
            }

            if (slash < 0)
            {
                path = new ElementPath([.. items], tag);
                return true;
            }

            text = text[(slash + 1)..];
            slash = text.IndexOf('/');
            if (
                slash < 0
                || items.Count == DepthMax
                || !int.TryParse(text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out var item)
            )
            {
                return false;
            }

            items.Add((tag, item));
            text = text[(slash + 1)..];
        }
    }

    /// <summary>The element in a data set; null when it is not there.</summary>
    public DataElement? Find(DataSet dataSet)
    {
        foreach (var (sequence, item) in _items)
        {
            var items = dataSet.GetItems(sequence);
            if (item >= items.Count)
            {
                return null;
            }

            dataSet = items[item];
        }

        return dataSet.Find(Tag);
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() =>
        string.Concat(_items.Select(item => $"{item.Sequence.Value:X8}/{item.Item}/")) + $"{Tag.Value:X8}";

    private static bool TryTag(ReadOnlySpan<char> text, out DicomTag tag)
    {
        var isTag =
            uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && text.Length == 8;
        tag = new DicomTag(value);
        return isTag;
    }
}
