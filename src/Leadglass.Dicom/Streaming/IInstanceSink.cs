namespace Leadglass.Dicom;

/// <summary>
/// Gets the values that an <see cref="InstanceReader"/> does not keep, piece by piece as they stream past. The pieces are
/// the caller's for the duration of the call only.
/// </summary>
public interface IInstanceSink
{
    /// <summary>
    /// A piece of native pixel data, or of another value of the top level that is too large to be kept; numbers in little
    /// endian order, whatever the transfer syntax.
    /// </summary>
    void Value(DicomTag tag, ValueRepresentation vr, ReadOnlySpan<byte> piece);

    /// <summary>A piece of a fragment of encapsulated pixel data, its offset table not counted (PS3.5 A.4).</summary>
    void Fragment(int index, ReadOnlySpan<byte> piece);
}
