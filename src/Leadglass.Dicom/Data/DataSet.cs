using System.Collections;

namespace Leadglass.Dicom;

/// <summary>
/// Attributes and their values (PS3.5 7), enumerated in the order of tags. Values stay bytes, slices of what was read,
/// and are decoded when asked for. Not safe for writing from several threads at once.
/// </summary>
/// <remarks>
/// Where a data set was read in which tags do not ascend or occur twice, the first of each tag counts; the writer still
/// writes all of them in the order in which they stood, until the data set is changed.
/// </remarks>
public sealed partial class DataSet : IReadOnlyCollection<DataElement>
{
    private DataElement[] _elements;
    private int _count;
    private int _groupLengthCount;
    private DataElement[]? _asRead;

    /// <summary>Makes an empty data set.</summary>
    public DataSet() => _elements = [];

    /// <summary>Takes elements as they were read, in their order.</summary>
    internal DataSet(DataElement[] elements, TransferSyntax? syntax)
    {
        SourceSyntax = syntax;
        _elements = elements;
        _count = elements.Length;
        for (var i = 1; i < elements.Length; i++)
        {
            if (elements[i].Tag <= elements[i - 1].Tag)
            {
                _asRead = elements;
                _elements = SortAndDropRepeated(elements);
                _count = _elements.Length;
                break;
            }
        }

        foreach (var element in ElementsInOrder)
        {
            _groupLengthCount += IsRetiredGroupLength(element.Tag) ? 1 : 0;
            Adopt(element);
        }
    }

    /// <summary>How many attributes there are at this level.</summary>
    public int Count => _count;

    /// <summary>The syntax in which it was read; null for one made here.</summary>
    public TransferSyntax? SourceSyntax { get; }

    /// <summary>When it was read, tags did not ascend or occurred twice (PS3.5 7.1).</summary>
    public bool HadTagsOutOfOrder => _asRead is not null;

    /// <summary>The data set whose sequence this is an item of; null for a data set by itself.</summary>
    internal DataSet? Parent { get; set; }

    /// <summary>As an item: ended by a delimiter.</summary>
    internal bool HasUndefinedLength { get; set; }

    /// <summary>Read without VRs where they were announced, or with them where not; null when as announced.</summary>
    internal bool? IsReadAsImplicit { get; set; }

    /// <summary>What the writer writes: all elements in the order in which they were read or, once changed, of tags.</summary>
    internal ReadOnlySpan<DataElement> ElementsToWrite => _asRead ?? ElementsInOrder;

    private ReadOnlySpan<DataElement> ElementsInOrder => _elements.AsSpan(0, _count);

    /// <summary>The element of a tag; null when there is none.</summary>
    public DataElement? Find(DicomTag tag)
    {
        var index = IndexOf(tag);
        return index < 0 ? null : _elements[index];
    }

    public bool Contains(DicomTag tag) => IndexOf(tag) >= 0;

    /// <summary>Puts an element in, in place of one with the same tag.</summary>
    public void Set(DataElement element)
    {
        Change();
        var index = IndexOf(element.Tag);
        if (index < 0)
        {
            Insert(~index, element);
        }
        else
        {
            _elements[index] = element;
        }

        Adopt(element);
    }

    /// <summary>Takes an element out; false when there was none.</summary>
    public bool Remove(DicomTag tag)
    {
        if (IndexOf(tag) < 0)
        {
            return false;
        }

        Change();
        var index = IndexOf(tag);
        if (index >= 0)
        {
            RemoveAt(index);
        }

        return true;
    }

    public IEnumerator<DataElement> GetEnumerator()
    {
        for (var i = 0; i < _count; i++)
        {
            yield return _elements[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>How many attributes there are, and nothing of their values.</summary>
    public override string ToString() => $"{nameof(DataSet)} of {_count} attributes";

    private static bool IsRetiredGroupLength(DicomTag tag) => tag is { IsGroupLength: true, Group: > 0x0002 };

    private static DataElement[] SortAndDropRepeated(DataElement[] elements)
    {
        // OrderBy is stable: of several with one tag the first stays first.
        var sorted = elements.OrderBy(element => element.Tag.Value).ToArray();
        var kept = 0;
        foreach (var element in sorted)
        {
            if (kept == 0 || sorted[kept - 1].Tag != element.Tag)
            {
                sorted[kept++] = element;
            }
        }

        return sorted[..kept];
    }

    private void Adopt(DataElement element)
    {
        if (element is SequenceElement sequence)
        {
            foreach (var item in sequence.Items)
            {
                item.Parent = this;
            }
        }

        if (element.Tag == DicomTag.SpecificCharacterSet)
        {
            _characterSet = null;
        }
    }

    // Lengths of groups, retired since 2008, would be wrong once a value changes, here or in an enclosing data set
    // (PS3.5 7.2). Groups 0000 and 0002 are none of these: whoever writes them counts them.
    private void Change()
    {
        for (var dataSet = this; dataSet is not null; dataSet = dataSet.Parent)
        {
            dataSet._asRead = null;
            dataSet._characterSet = null;
            for (var i = dataSet._count - 1; i >= 0 && dataSet._groupLengthCount > 0; i--)
            {
                if (IsRetiredGroupLength(dataSet._elements[i].Tag))
                {
                    dataSet.RemoveAt(i);
                }
            }
        }
    }

    private int IndexOf(DicomTag tag)
    {
        var (low, high) = (0, _count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = _elements[middle].Tag;
            if (found == tag)
            {
                return middle;
            }

            (low, high) = found < tag ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }

    private void Insert(int index, DataElement element)
    {
        if (_count == _elements.Length)
        {
            Array.Resize(ref _elements, Math.Max(8, _count * 2));
        }

        _elements.AsSpan(index, _count - index).CopyTo(_elements.AsSpan(index + 1));
        _elements[index] = element;
        _count++;
        _groupLengthCount += IsRetiredGroupLength(element.Tag) ? 1 : 0;
    }

    private void RemoveAt(int index)
    {
        _groupLengthCount -= IsRetiredGroupLength(_elements[index].Tag) ? 1 : 0;
        _elements.AsSpan(index + 1, _count - index - 1).CopyTo(_elements.AsSpan(index));
        _count--;
        _elements[_count] = null!;
    }
}
