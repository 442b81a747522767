namespace Leadglass.Dicom;

/// <summary>Makes a <see cref="DataSet"/> of tokens over bytes that lie in memory.</summary>
internal sealed class DataSetBuilder(TransferSyntax syntax, ReadOnlyMemory<byte> bytes)
{
    // One list for all levels: each level's elements, items and fragments are its tail from a mark on.
    private readonly List<DataElement> _elements = new(64);
    private readonly List<DataSet> _items = [];
    private readonly List<ReadOnlyMemory<byte>> _fragments = [];
    private readonly Stack<Level> _levels = new();

    /// <summary>Takes a token, and steps over its value.</summary>
    public void Add(DataSetToken token, DataSetTokenizer tokenizer)
    {
        switch (token)
        {
            case DataSetToken.Value:
                _elements.Add(
                    new ValueElement(
                        tokenizer.Tag,
                        tokenizer.Vr,
                        TakeValue(tokenizer),
                        tokenizer.IsBigEndian,
                        tokenizer.Form
                    )
                );
                NotePixelRepresentation(tokenizer);
                break;
            case DataSetToken.SequenceStart:
            case DataSetToken.FragmentsStart:
                _levels.Push(new Level(tokenizer.Tag, tokenizer.Vr, tokenizer.Form, _items.Count));
                break;
            case DataSetToken.ItemStart:
                _levels.Push(new Level(tokenizer.Tag, tokenizer.Vr, tokenizer.Form, _elements.Count));
                break;
            case DataSetToken.ItemEnd:
                EndItem(tokenizer);
                break;
            case DataSetToken.SequenceEnd:
                var sequence = _levels.Pop();
                var items = TakeTail(_items, sequence.Mark);
                _elements.Add(new SequenceElement(sequence.Tag, sequence.Vr, items, sequence.Form));
                break;
            case DataSetToken.Fragment:
                _fragments.Add(TakeValue(tokenizer));
                break;
            case DataSetToken.FragmentsEnd:
                var pixelData = _levels.Pop();
                var fragments = TakeTail(_fragments, 0);
                _elements.Add(new FragmentsElement(pixelData.Tag, pixelData.Vr, fragments, pixelData.Form));
                break;
            default:
                throw new InvalidOperationException($"Nothing to be made of {token}.");
        }
    }

    /// <summary>The data set; all sequences have ended.</summary>
    public DataSet Finish(DataSetTokenizer tokenizer) =>
        new([.. _elements], syntax) { IsReadAsImplicit = tokenizer.IsOtherThanAnnounced ? tokenizer.IsImplicit : null };

    private static T[] TakeTail<T>(List<T> list, int mark)
    {
        if (mark == list.Count)
        {
            return [];
        }

        var tail = new T[list.Count - mark];
        list.CopyTo(mark, tail, 0, tail.Length);
        list.RemoveRange(mark, tail.Length);
        return tail;
    }

    private void EndItem(DataSetTokenizer tokenizer)
    {
        var level = _levels.Pop();
        var isOfUnknownVr = _levels.Peek().Vr == ValueRepresentation.UN;
        _items.Add(
            new DataSet(TakeTail(_elements, level.Mark), syntax)
            {
                HasUndefinedLength = level.Form.HasFlag(WireForm.UndefinedLength),
                IsReadAsImplicit = isOfUnknownVr && !tokenizer.IsEndedItemImplicit ? false : null,
            }
        );
    }

    private ReadOnlyMemory<byte> TakeValue(DataSetTokenizer tokenizer)
    {
        var length = tokenizer.ValueLength;
        if (length > bytes.Length - tokenizer.Position)
        {
            throw tokenizer.Malformed("The data set ends inside a value", "PS3.5 7.1.1");
        }

        var value = bytes.Slice((int)tokenizer.Position, (int)length);
        tokenizer.ConsumeValue(length);
        return value;
    }

    private void NotePixelRepresentation(DataSetTokenizer tokenizer)
    {
        if (tokenizer.Tag == DicomTag.PixelRepresentation && _elements[^1] is ValueElement { Bytes.Length: 2 } element)
        {
            tokenizer.NotePixelRepresentation((element.Bytes.Span[0] | element.Bytes.Span[1]) == 1);
        }
    }

    private readonly record struct Level(DicomTag Tag, ValueRepresentation Vr, WireForm Form, int Mark);
}
