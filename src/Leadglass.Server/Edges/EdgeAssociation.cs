using System.Collections.Frozen;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge;
using Leadglass.Server.Associations;
using Leadglass.Server.Configuration;

namespace Leadglass.Server.Edges;

/// <summary>
/// The archive as the acceptor of an edge's own association: sealed envelopes and control messages, and nothing else. What
/// the edge brings is brought by the devices behind it; the edge itself has no rights.
/// </summary>
internal sealed class EdgeAssociation(ArchiveHost host, ServeOptions options, ServerLog log, DeviceIdentity edge)
    : IAssociationHandler
{
    private static readonly FrozenSet<TransferSyntax> Messages = TransferSyntax
        .All.Where(syntax => syntax.IsConvertible)
        .ToFrozenSet();

    /// <summary>
    /// To an edge that is shut out itself: it keeps what it has and tries again later, when it may have been let in. What is
    /// refused for good is about the device behind it.
    /// </summary>
    internal static readonly DimseStatus ShutOut = DimseStatus.OutOfResources with
    {
        Comment = "the edge is shut out now",
    };

    private readonly StoreTally _stored = new();
    private readonly CoercionNotes _notes = new();
    private readonly OpenedBytes _buffers = new();

    public ValueTask<AssociationDecision> NegotiateAsync(
        AAssociateRequest request,
        CancellationToken cancellationToken
    ) => new(Decide(request));

    public ValueTask<DimseStatus> EchoAsync(
        CEchoRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(host.Policy.Admits(edge) ? DimseStatus.Success : DimseStatus.NotAuthorized);

    public ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        if (!host.Policy.Admits(edge))
        {
            return new(new RefusedInstance(ShutOut));
        }

        return new(
            EdgeServices.EnvelopeOf(request.SopInstance) is { } envelope
                ? new ArrivingEnvelope(host, log, edge, envelope, _stored, _notes, _buffers)
                : new RefusedInstance(DimseStatus.InvalidSopInstance)
        );
    }

    public ValueTask<ActionReply> ActionWithReplyAsync(
        NActionRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        if (request.SopInstance != EdgeServices.ControlInstance)
        {
            return new(new ActionReply(DimseStatus.NoSuchSopInstance));
        }

        return host.Policy.Admits(edge)
            ? new EdgeControl(host, log, edge).AnswerAsync(request.ActionTypeId, information, cancellationToken)
            : new(new ActionReply(DimseStatus.NotAuthorized));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _stored.RecordAsync(CancellationToken.None);
        }
        catch (AccessRefusedException failure)
        {
            log.OperationFault(edge.Name, failure.GetType().Name);
        }
    }

    private AssociationDecision Decide(AAssociateRequest request)
    {
        _ = AeTitle.TryParse(request.CallingAeTitle, out var calling);
        _ = AeTitle.TryParse(request.CalledAeTitle, out var called);
        if (host.Policy.Admit(edge, calling, called) is not null || !host.Policy.Admits(edge))
        {
            return new AssociationDecision.Rejected(AAssociateReject.NoReason);
        }

        if (options.ChecksCalledAeTitle && request.CalledAeTitle != options.AeTitle)
        {
            return new AssociationDecision.Rejected(AAssociateReject.CalledAeTitleNotRecognized);
        }

        return TransferSyntaxChoice.Negotiate(
            request,
            uid =>
                uid == EdgeServices.EnvelopeStorage.Value ? new([TransferSyntax.LeadglassEnvelope])
                : uid == EdgeServices.Control.Value || uid == SupportedServices.Verification ? new(Messages)
                : null
        );
    }
}
