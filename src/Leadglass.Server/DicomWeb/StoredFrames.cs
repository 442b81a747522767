using System.IO.Pipelines;
using Leadglass.Archive;
using Leadglass.Dicom.Imaging;

namespace Leadglass.Server.DicomWeb;

/// <summary>The frames of a stored instance as the decoder wants them.</summary>
internal sealed class StoredFrames : IFrameSource
{
    private readonly OpenedInstance _opened;

    private StoredFrames(OpenedInstance opened, int count) => (_opened, FrameCount) = (opened, count);

    public int FrameCount { get; }

    /// <summary>A stored instance with encapsulated pixel data, for decoding.</summary>
    public static async ValueTask<EncapsulatedInstance> OfAsync(OpenedInstance opened, CancellationToken cancel) =>
        new()
        {
            TransferSyntax = opened.TransferSyntax,
            Header = await opened.ReadHeaderAsync(cancel),
            Frames = new StoredFrames(opened, await opened.CountFramesAsync(cancel)),
        };

    public ValueTask<long> FrameLengthAsync(int number, CancellationToken cancellationToken) =>
        _opened.FrameLengthAsync(number, cancellationToken);

    public ValueTask CopyFrameAsync(int number, PipeWriter output, CancellationToken cancellationToken) =>
        _opened.CopyFrameAsync(number, output, cancellationToken);
}
