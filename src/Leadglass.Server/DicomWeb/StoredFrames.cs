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
            Frames = await FramesOfAsync(opened, cancel),
            Trailer = await opened.ReadTrailerAsync(cancel),
            LongValues =
            [
                .. (await opened.ReadLongValuesAsync(cancel)).Select(value => new LongValue(
                    value.Tag,
                    value.Vr,
                    value.Length ?? 0,
                    (sink, stop) => opened.CopyBulkDataAsync(value, 0, value.Length ?? 0, sink, stop)
                )),
            ],
        };

    /// <summary>The same without what only a whole instance needs.</summary>
    public static async ValueTask<EncapsulatedInstance> OfFramesAsync(
        OpenedInstance opened,
        CancellationToken cancel
    ) =>
        new()
        {
            TransferSyntax = opened.TransferSyntax,
            Header = await opened.ReadHeaderAsync(cancel),
            Frames = await FramesOfAsync(opened, cancel),
        };

    public ValueTask<long> FrameLengthAsync(int number, CancellationToken cancellationToken) =>
        _opened.FrameLengthAsync(number, cancellationToken);

    public ValueTask CopyFrameAsync(int number, PipeWriter output, CancellationToken cancellationToken) =>
        _opened.CopyFrameAsync(number, output, cancellationToken);

    private static async ValueTask<StoredFrames> FramesOfAsync(OpenedInstance opened, CancellationToken cancel) =>
        new(opened, await opened.CountFramesAsync(cancel));
}
