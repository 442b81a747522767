using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging;

/// <summary>The frames of an encapsulated instance as they are stored, one at a time.</summary>
public interface IFrameSource
{
    /// <summary>How many frames there are.</summary>
    int FrameCount { get; }

    /// <summary>Bytes of a frame's fragments together.</summary>
    /// <param name="number">Counted from 1.</param>
    ValueTask<long> FrameLengthAsync(int number, CancellationToken cancellationToken);

    /// <summary>Writes a frame's fragments, joined (PS3.5 A.4); completes nothing.</summary>
    /// <param name="number">Counted from 1.</param>
    ValueTask CopyFrameAsync(int number, PipeWriter output, CancellationToken cancellationToken);
}
