namespace Leadglass.Dicom;

/// <summary>Where a fragment's bytes lie, counted from the start of the data set.</summary>
public readonly record struct FragmentRange(long Offset, uint Length);

/// <summary>Where pixel data lies in a data set, counted in bytes from its start; in a deflated one of what is inflated.</summary>
public sealed class PixelDataLayout
{
    private readonly List<FragmentRange> _fragments = [];

    internal PixelDataLayout(DicomTag tag, ValueRepresentation vr, long offset, long valueOffset, long? length)
    {
        Tag = tag;
        Vr = vr;
        Offset = offset;
        ValueOffset = valueOffset;
        Length = length;
    }

    /// <summary>(7FE0,0010), (7FE0,0008), (7FE0,0009) or (5600,0020).</summary>
    public DicomTag Tag { get; }

    public ValueRepresentation Vr { get; }

    /// <summary>Where the element begins, its tag that is.</summary>
    public long Offset { get; }

    /// <summary>Where the value begins; of encapsulated pixel data the first item.</summary>
    public long ValueOffset { get; }

    /// <summary>Bytes of native pixel data; null when it is encapsulated.</summary>
    public long? Length { get; }

    public bool IsEncapsulated => Length is null;

    /// <summary>The offset table as it stands (PS3.5 A.4): 32 bits little endian for each frame, or nothing.</summary>
    public ReadOnlyMemory<byte> BasicOffsetTable { get; internal set; }

    /// <summary>The fragments after the offset table, known once the instance is complete.</summary>
    public IReadOnlyList<FragmentRange> Fragments => _fragments;

    internal void Add(FragmentRange fragment) => _fragments.Add(fragment);
}
