using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging.Tests.Transcoding;

/// <summary>Encoded frames given one by one.</summary>
internal sealed class FramesInMemory(int count, Func<int, byte[]> frame) : IFrameSource
{
    public int FrameCount => count;

    public ValueTask<long> FrameLengthAsync(int number, CancellationToken cancellationToken) =>
        ValueTask.FromResult((long)frame(number).Length);

    public async ValueTask CopyFrameAsync(int number, PipeWriter output, CancellationToken cancellationToken) =>
        await output.WriteAsync(frame(number), cancellationToken);
}
