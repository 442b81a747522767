using System.Text;
using Leadglass.Dicom;
using Leadglass.Server.Pages.Rendering;

namespace Leadglass.Server.Pages.Reports;

/// <summary>One line of the attributes view.</summary>
public sealed class AttributeRow
{
    /// <summary>How deep in sequences it stands, 0 at the top.</summary>
    public required int Depth { get; init; }

    /// <summary>The tag; null for the line of an item.</summary>
    public DicomTag? Tag { get; init; }

    /// <summary>The dictionary's name; null for private and unknown ones.</summary>
    public string? Name { get; init; }

    /// <summary>Two letters.</summary>
    public string? Vr { get; init; }

    /// <summary>The value as text; null where it has none that can be read.</summary>
    public string? Value { get; init; }

    /// <summary>Bytes of a value that is not shown.</summary>
    public long? Bytes { get; init; }

    /// <summary>Number of an item, from 1.</summary>
    public int? Item { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Tag}";
}

/// <summary>The attributes of an instance as lines, sequences indented, within limits.</summary>
public sealed class AttributeRows
{
    /// <summary>The most lines.</summary>
    public const int RowsMax = 3_000;

    private const int DepthMax = 12;
    private const int ValueLengthMax = 400;
    private const int ValuesMax = 64;
    private readonly List<AttributeRow> _rows = [];

    private AttributeRows() { }

    /// <summary>The lines.</summary>
    public IReadOnlyList<AttributeRow> Rows => _rows;

    /// <summary>There is more than is shown.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Reads a data set.</summary>
    public static AttributeRows Of(DataSet dataSet)
    {
        var rows = new AttributeRows();
        rows.Add(dataSet, 0);
        return rows;
    }

    private void Add(DataSet dataSet, int depth)
    {
        foreach (var element in dataSet)
        {
            if (_rows.Count >= RowsMax)
            {
                IsCut = true;
                return;
            }
            Add(dataSet, element, depth);
        }
    }

    private void Add(DataSet dataSet, DataElement element, int depth)
    {
        var items = dataSet.GetItems(element.Tag);
        var isSequence = element is SequenceElement || items.Count > 0;
        var value = isSequence ? null : ValueOf(dataSet, element);
        _rows.Add(
            new AttributeRow
            {
                Depth = depth,
                Tag = element.Tag,
                Name = DicomDictionary.Find(element.Tag)?.Name,
                Vr = isSequence ? "SQ" : element.Vr.Code,
                Value = value,
                Bytes = value is null && element is ValueElement { IsEmpty: false } bulk ? bulk.Bytes.Length : null,
            }
        );
        if (depth >= DepthMax)
        {
            IsCut |= items.Count > 0;
            return;
        }
        for (var i = 0; i < items.Count && !IsCut; i++)
        {
            _rows.Add(new AttributeRow { Depth = depth + 1, Item = i + 1 });
            Add(items[i], depth + 1);
        }
    }

    private static string? ValueOf(DataSet dataSet, DataElement element)
    {
        if (element is not ValueElement { IsEmpty: false } || element.Vr.IsBulk)
        {
            return element.IsEmpty ? "" : null;
        }
        var values = dataSet.GetStrings(element.Tag);
        var text = new StringBuilder();
        foreach (var value in values.Take(ValuesMax))
        {
            if (text.Length > ValueLengthMax)
            {
                break;
            }
            text.Append(text.Length == 0 ? "" : " \\ ").Append(value);
        }
        return text.Length > ValueLengthMax || values.Count > ValuesMax
            ? SafeText.Line(text.ToString(0, Math.Min(text.Length, ValueLengthMax)) + " …")
            : SafeText.Line(text.ToString());
    }
}
