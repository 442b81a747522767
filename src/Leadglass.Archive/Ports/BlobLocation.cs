namespace Leadglass.Archive;

/// <summary>Where one whole sealed record lies.</summary>
/// <param name="Pack">Number of the pack, from 1.</param>
/// <param name="Offset">First byte of the record in the pack.</param>
/// <param name="Length">Bytes of the whole record.</param>
public readonly record struct BlobLocation(int Pack, long Offset, long Length);

/// <summary>
/// A position in the order of commits: every record committed before it comes before it in a replay, whatever pack it
/// lies in. The default value is the very beginning.
/// </summary>
public readonly record struct BlobMark(int Pack, long Offset) : IComparable<BlobMark>
{
    /// <inheritdoc />
    public int CompareTo(BlobMark other) =>
        Pack != other.Pack ? Pack.CompareTo(other.Pack) : Offset.CompareTo(other.Offset);
}
