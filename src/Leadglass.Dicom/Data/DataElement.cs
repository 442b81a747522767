namespace Leadglass.Dicom;

/// <summary>
/// How an element stood on the wire where that is a choice or an oddity, so that writing it again gives the same bytes.
/// </summary>
[Flags]
internal enum WireForm : byte
{
    None = 0,

    /// <summary>Tag and 32-bit length without a VR, in a data set of explicit VR.</summary>
    ImplicitHeader = 1,

    /// <summary>Ended by a delimiter (PS3.5 7.5).</summary>
    UndefinedLength = 2,

    /// <summary>A VR that the standard does not know, with the 32-bit length of PS3.5 7.1.2.</summary>
    LongLength = 4,

    /// <summary>Two spaces where the VR belongs, and a 16-bit length.</summary>
    BlankVr = 8,
}

/// <summary>
/// An attribute's value in a data set (PS3.5 7.1): a <see cref="ValueElement"/>, a <see cref="SequenceElement"/> or a
/// <see cref="FragmentsElement"/>. Immutable. Its text form never reveals the value.
/// </summary>
public abstract class DataElement
{
    private protected DataElement(DicomTag tag, ValueRepresentation vr, WireForm form)
    {
        Tag = tag;
        Vr = vr;
        Form = form;
    }

    public DicomTag Tag { get; }

    /// <summary>The VR as read, or for implicit VR that of the dictionary.</summary>
    public ValueRepresentation Vr { get; }

    internal WireForm Form { get; }

    /// <summary>No bytes, no items, no fragments.</summary>
    public abstract bool IsEmpty { get; }

    public override string ToString() => $"{Tag} {Vr.Code}";
}

/// <summary>An element whose value is bytes: everything but sequences and encapsulated pixel data.</summary>
public sealed class ValueElement : DataElement
{
    /// <summary>Makes an element of value bytes in little endian order, padded to even length by the caller.</summary>
    public ValueElement(DicomTag tag, ValueRepresentation vr, ReadOnlyMemory<byte> bytes)
        : this(tag, vr, bytes, isBigEndian: false, WireForm.None) { }

    internal ValueElement(
        DicomTag tag,
        ValueRepresentation vr,
        ReadOnlyMemory<byte> bytes,
        bool isBigEndian,
        WireForm form
    )
        : base(tag, vr, form)
    {
        Bytes = bytes;
        IsBigEndian = isBigEndian;
    }

    /// <summary>The value as it was read, padding included: a slice of the input, not a copy.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Numbers in <see cref="Bytes"/> stand in big endian order.</summary>
    public bool IsBigEndian { get; }

    public override bool IsEmpty => Bytes.IsEmpty;

    /// <summary>The value in little endian order: the same bytes where possible, else a swapped copy.</summary>
    public ReadOnlyMemory<byte> LittleEndianBytes
    {
        get
        {
            if (!IsBigEndian || Vr.WordSize == 1)
            {
                return Bytes;
            }

            var copy = Bytes.ToArray();
            ByteOrder.SwapWords(copy, Vr.WordSize);
            return copy;
        }
    }
}

/// <summary>An element whose value is a sequence of items (PS3.5 7.5).</summary>
public sealed class SequenceElement : DataElement
{
    public SequenceElement(DicomTag tag, IReadOnlyList<DataSet> items)
        : this(tag, ValueRepresentation.SQ, items, WireForm.None) { }

    internal SequenceElement(DicomTag tag, ValueRepresentation vr, IReadOnlyList<DataSet> items, WireForm form)
        : base(tag, vr, form) => Items = items;

    /// <summary>The items, in order.</summary>
    public IReadOnlyList<DataSet> Items { get; }

    public override bool IsEmpty => Items.Count == 0;

    /// <summary>Read with VR UN and undefined length: its items stand in implicit VR little endian (PS3.5 6.2.2).</summary>
    internal bool IsOfUnknownVr => Vr == ValueRepresentation.UN;
}

/// <summary>Pixel data in fragments (PS3.5 A.4).</summary>
public sealed class FragmentsElement : DataElement
{
    /// <summary>Makes encapsulated pixel data; an offset table has 32 bits per frame and may be empty.</summary>
    public FragmentsElement(
        DicomTag tag,
        ReadOnlyMemory<byte> basicOffsetTable,
        IReadOnlyList<ReadOnlyMemory<byte>> fragments
    )
        : this(tag, ValueRepresentation.OB, [basicOffsetTable, .. fragments], WireForm.UndefinedLength) { }

    internal FragmentsElement(DicomTag tag, ValueRepresentation vr, ReadOnlyMemory<byte>[] encodedItems, WireForm form)
        : base(tag, vr, form)
    {
        EncodedItems = encodedItems;
        Fragments = encodedItems.Length == 0 ? [] : new ArraySegment<ReadOnlyMemory<byte>>(encodedItems)[1..];
    }

    /// <summary>The first item: for each frame its offset, 32 bits little endian, or nothing.</summary>
    public ReadOnlyMemory<byte> BasicOffsetTable => EncodedItems.Count == 0 ? default : EncodedItems[0];

    /// <summary>The items after the offset table.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Fragments { get; }

    public override bool IsEmpty => EncodedItems.Count <= 1;

    /// <summary>All items, the offset table first; none at all is found in the wild.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> EncodedItems { get; }
}
