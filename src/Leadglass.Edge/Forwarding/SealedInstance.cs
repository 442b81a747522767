using System.IO.Pipelines;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>An envelope as it lies on the disk, sent by C-STORE.</summary>
internal sealed class SealedInstance(IDurableFile file, Guid id, RateLimit rate) : IOutgoingInstance
{
    private const int ReadBytes = 64 * 1024;

    public SopClassUid SopClass => EdgeServices.EnvelopeStorage;

    public SopInstanceUid SopInstance { get; } = EdgeServices.UidOf(id);

    public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; } = [TransferSyntax.LeadglassEnvelope];

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    )
    {
        for (long offset = 0; ; )
        {
            var count = file.Read(offset, sink.GetMemory(ReadBytes).Span);
            if (count == 0)
            {
                return;
            }

            await rate.SpendAsync(count, cancellationToken);
            sink.Advance(count);
            offset += count;
            await sink.FlushAsync(cancellationToken);
        }
    }
}
