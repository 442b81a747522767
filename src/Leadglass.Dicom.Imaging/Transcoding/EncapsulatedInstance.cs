using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging;

/// <summary>A value that was too long to be kept with the header, such as a large overlay.</summary>
/// <param name="Length">Bytes, even.</param>
/// <param name="CopyAsync">Writes the bytes in little endian order; completes nothing.</param>
public sealed record LongValue(
    DicomTag Tag,
    ValueRepresentation Vr,
    long Length,
    Func<PipeWriter, CancellationToken, ValueTask> CopyAsync
);

/// <summary>An instance with pixel data in fragments, as it is stored: what there is to transcode.</summary>
public sealed record EncapsulatedInstance
{
    /// <summary>The syntax in which it is stored.</summary>
    public required TransferSyntax TransferSyntax { get; init; }

    /// <summary>What stands before the pixel data. It is not changed.</summary>
    public required DataSet Header { get; init; }

    public required IFrameSource Frames { get; init; }

    /// <summary>What stands after the pixel data; null or empty when nothing does.</summary>
    public DataSet? Trailer { get; init; }

    /// <summary>Values of the top level that <see cref="Header"/> and <see cref="Trailer"/> lack.</summary>
    public IReadOnlyList<LongValue> LongValues { get; init; } = [];
}
