using System.Buffers;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server.Associations;

namespace Leadglass.Server.Edges;

/// <summary>A storage commitment request that came to an edge (PS3.4 J.3.2), and is owed an answer through it.</summary>
internal sealed class ArrivingCommitment(
    ArchiveHost host,
    DeviceIdentity device,
    DeviceIdentity edge,
    Guid envelope,
    string callingTitle
) : IIncomingInstance
{
    /// <summary>Instances that one request may name: the answer has to fit into one control message.</summary>
    public const int InstancesMax = 8_000;

    private const int BytesMax = 4 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _information = new();
    private bool _isTooLong;

    public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
    {
        _isTooLong |= _information.WrittenCount + fragment.Length > BytesMax;
        if (!_isTooLong)
        {
            foreach (var part in fragment)
            {
                _information.Write(part.Span);
            }
        }

        return default;
    }

    public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken) => new(Keep());

    public ValueTask AbandonAsync() => default;

    private DimseStatus Keep()
    {
        if (_isTooLong || !AeTitle.TryParse(callingTitle, out _) || Read() is not { } pending)
        {
            return DimseStatus.InvalidArgumentValue;
        }

        if (pending.Instances.Length > InstancesMax)
        {
            return DimseStatus.InvalidArgumentValue with
            {
                Comment = $"more than {InstancesMax} instances in one request",
            };
        }

        if (host.Archive.CommitmentResults.Pending.Any(other => other.Request == envelope))
        {
            return DimseStatus.Success;
        }

        return host.Archive.CommitmentResults.TryAdd(pending) ? DimseStatus.Success : DimseStatus.ProcessingFailure;
    }

    private PendingCommitment? Read()
    {
        try
        {
            var information = DataSetReader.Read(
                new ReadOnlySequence<byte>(_information.WrittenMemory),
                TransferSyntax.ExplicitVrLittleEndian
            );
            return CommitmentReport.Read(information, device.Name, callingTitle, host.Clock.GetUtcNow()) is { } pending
                ? pending with
                {
                    Request = envelope,
                    Through = edge.Name,
                }
                : null;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }
}
