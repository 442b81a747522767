using System.Threading.Channels;

namespace Leadglass.Dicom.Network;

/// <summary>A response as it came: the command set and the bytes of its data set.</summary>
internal readonly record struct DimseResponse(CommandSet Command, ReadOnlyMemory<byte> DataSet);

/// <summary>A request of ours whose responses have not all come.</summary>
internal sealed class PendingRequest(ushort messageId)
{
    /// <summary>Responses that wait to be taken; beyond them the peer is held back.</summary>
    private const int WaitingMax = 64;

    private readonly Channel<DimseResponse> _responses = Channel.CreateBounded<DimseResponse>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, SingleWriter = true }
    );

    /// <summary>Message ID of the request.</summary>
    public ushort MessageId { get; } = messageId;

    /// <summary>Awaits the next response.</summary>
    /// <exception cref="AssociationEndedException">The association ended instead.</exception>
    public async ValueTask<DimseResponse> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _responses.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException closed) when (closed.InnerException is AssociationEndedException ended)
        {
            throw new AssociationEndedException(ended.End);
        }
    }

    /// <summary>Hands over a response; waits while nobody takes the earlier ones.</summary>
    public async ValueTask DeliverAsync(DimseResponse response, CancellationToken cancellationToken)
    {
        try
        {
            await _responses.Writer.WriteAsync(response, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            // Whoever asked has given up: the response is passed over.
        }
    }

    /// <summary>No more responses will come, or none will be taken.</summary>
    public void Close(AssociationEnd? end) =>
        _responses.Writer.TryComplete(end is null ? null : new AssociationEndedException(end));
}
