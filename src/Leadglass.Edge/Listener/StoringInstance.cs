using System.Buffers;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>An instance on its way from a scanner into the queue: sealed as it arrives, never whole in memory.</summary>
internal sealed class StoringInstance(EnvelopeQueue queue, ArrivingEnvelope file, EnvelopeWriter writer, EdgeLog log)
    : IIncomingInstance
{
    private QueueFullException? _failure;

    public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
    {
        if (_failure is null)
        {
            try
            {
                writer.Write(fragment);
            }
            catch (Exception failure) when (failure is QueueFullException or IOException)
            {
                Fail(failure);
            }
        }

        return default;
    }

    public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
    {
        using (writer)
        {
            if (_failure is not null)
            {
                return DimseStatus.OutOfResources;
            }

            try
            {
                writer.Complete();
            }
            catch (Exception failure) when (failure is QueueFullException or IOException)
            {
                Fail(failure);
                return DimseStatus.OutOfResources;
            }

            try
            {
                await queue.CommitAsync(file);
                return DimseStatus.Success;
            }
            catch (QueueFullException full)
            {
                log.QueueBroken(full.Message);
                return DimseStatus.OutOfResources;
            }
        }
    }

    public ValueTask AbandonAsync()
    {
        writer.Dispose();
        if (_failure is null)
        {
            queue.Abandon(file);
        }

        return default;
    }

    private void Fail(Exception failure)
    {
        _failure = failure as QueueFullException ?? new QueueFullException("a write failed", failure);
        log.QueueBroken(_failure.Message);
        queue.Abandon(file);
    }
}
