namespace Leadglass.Dicom.Network;

/// <summary>Makes the handler of one association. The host makes one factory per connection, which knows who is asking.</summary>
public interface IAssociationHandlerFactory
{
    /// <summary>Makes the handler; called when the A-ASSOCIATE-RQ has come.</summary>
    IAssociationHandler Create(IAssociation association);
}

/// <summary>
/// What an application entity does for one association as its acceptor. Calls come one after another, or up to the
/// negotiated asynchronous operations window at a time. An exception is answered with 0110 and told to the observer.
/// </summary>
public interface IAssociationHandler : IDimseHandler, IAsyncDisposable
{
    /// <summary>Decides on the request: reject, or accept some contexts.</summary>
    ValueTask<AssociationDecision> NegotiateAsync(AAssociateRequest request, CancellationToken cancellationToken);
}

/// <summary>
/// The operations and notifications that a peer may invoke, whichever side asked for the association. What is not
/// overridden is refused. Tokens are cancelled when the association ends, and by C-CANCEL in find, get and move.
/// </summary>
public interface IDimseHandler
{
    /// <summary>C-ECHO.</summary>
    ValueTask<DimseStatus> EchoAsync(
        CEchoRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(DimseStatus.Success);

    /// <summary>
    /// C-STORE begins. A refusal is an <see cref="IIncomingInstance"/> that swallows the data set and answers a status:
    /// <see cref="RefusedInstance"/>.
    /// </summary>
    ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(new RefusedInstance(DimseStatus.SopClassNotSupported));

    /// <summary>C-FIND: matches, then optionally a final status.</summary>
    IAsyncEnumerable<CFindResponse> FindAsync(
        CFindRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => AsyncEnumerable.Repeat(CFindResponse.Final(DimseStatus.SopClassNotSupported), 1);

    /// <summary>C-GET: which instances to send on this association.</summary>
    ValueTask<RetrievePlan> GetAsync(
        CGetRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(RetrievePlan.Refused(DimseStatus.SopClassNotSupported));

    /// <summary>C-MOVE: the outcomes of the sub-operations, which the handler carries out elsewhere.</summary>
    ValueTask<MovePlan> MoveAsync(
        CMoveRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(MovePlan.Refused(DimseStatus.SopClassNotSupported));

    /// <summary>N-ACTION.</summary>
    ValueTask<DimseStatus> ActionAsync(
        NActionRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(DimseStatus.SopClassNotSupported);

    /// <summary>N-ACTION of a SOP class whose actions have a reply; by default <see cref="ActionAsync"/> without one.</summary>
    async ValueTask<ActionReply> ActionWithReplyAsync(
        NActionRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(await ActionAsync(request, information, context, cancellationToken));

    /// <summary>N-EVENT-REPORT.</summary>
    ValueTask<DimseStatus> EventReportAsync(
        NEventReportRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(DimseStatus.SopClassNotSupported);
}

/// <summary>An association as a handler sees it.</summary>
public interface IAssociation
{
    /// <summary>What the requestor asked for.</summary>
    AAssociateRequest Request { get; }

    /// <summary>The accepted contexts; empty until the association is established.</summary>
    IReadOnlyList<PresentationContext> PresentationContexts { get; }

    /// <summary>
    /// Sends N-EVENT-REPORT on this association and awaits its status. The peer is the SCU of the service, whichever
    /// side asked for the association.
    /// </summary>
    /// <exception cref="AssociationEndedException">The association ended before the response came.</exception>
    /// <exception cref="InvalidOperationException">No accepted context has this abstract syntax.</exception>
    Task<DimseStatus> SendEventReportAsync(
        SopClassUid sopClass,
        SopInstanceUid sopInstance,
        ushort eventTypeId,
        DataSet? information,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Aborts the association from any thread, at once and for good; operations under way are cancelled. A second call
    /// closes the connection without waiting for the peer to do so.
    /// </summary>
    void Abort();
}

/// <summary>An instance that arrives by C-STORE. All calls come in order, one at a time; exactly one of complete and abandon ends it.</summary>
public interface IIncomingInstance
{
    /// <summary>Takes the next bytes of the data set; they are void when the call has completed. Slowness holds the peer back.</summary>
    ValueTask WriteAsync(System.Buffers.ReadOnlySequence<byte> fragment, CancellationToken cancellationToken);

    /// <summary>The data set is whole; the status is the response.</summary>
    ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken);

    /// <summary>The association ended in the middle.</summary>
    ValueTask AbandonAsync();
}

/// <summary>An instance that is sent by C-STORE.</summary>
public interface IOutgoingInstance
{
    /// <summary>Its SOP class.</summary>
    SopClassUid SopClass { get; }

    /// <summary>Its identity.</summary>
    SopInstanceUid SopInstance { get; }

    /// <summary>The encodings it can be sent in, the best first: the one it is stored in, then those it can be converted to.</summary>
    IReadOnlyList<TransferSyntax> TransferSyntaxes { get; }

    /// <summary>
    /// Writes the data set, without group 2. Await the sink's writes or flushes now and then: they hold back when the
    /// peer is slow. Do not complete the sink. An exception before the first write is a failed sub-operation; later it
    /// costs the association, since half a message cannot be taken back.
    /// </summary>
    ValueTask CopyDataSetAsync(
        System.IO.Pipelines.PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    );
}

/// <summary>What to send for a C-GET.</summary>
public sealed record RetrievePlan
{
    /// <summary>Set when the request is refused as a whole.</summary>
    public DimseStatus? Refusal { get; private init; }

    /// <summary>How many sub-operations there will be.</summary>
    public int SubOperations { get; init; }

    /// <summary>The instances, opened one by one as they are sent; those that are disposable are disposed afterwards.</summary>
    public IAsyncEnumerable<IOutgoingInstance> Instances { get; init; } = AsyncEnumerable.Empty<IOutgoingInstance>();

    /// <summary>A refusal of the whole request.</summary>
    public static RetrievePlan Refused(DimseStatus status) => new() { Refusal = status };
}

/// <summary>What comes of a C-MOVE.</summary>
public sealed record MovePlan
{
    /// <summary>Set when the request is refused as a whole.</summary>
    public DimseStatus? Refusal { get; private init; }

    /// <summary>How many sub-operations there will be.</summary>
    public int SubOperations { get; init; }

    /// <summary>The outcome of each sub-operation as it ends; enumerating carries them out.</summary>
    public IAsyncEnumerable<SubOperationOutcome> Outcomes { get; init; } = AsyncEnumerable.Empty<SubOperationOutcome>();

    /// <summary>A refusal of the whole request.</summary>
    public static MovePlan Refused(DimseStatus status) => new() { Refusal = status };
}

/// <summary>How one C-STORE sub-operation ended.</summary>
/// <param name="SopInstance">What was to be sent.</param>
/// <param name="Status">The status of the C-STORE, or the reason why there was none.</param>
public readonly record struct SubOperationOutcome(SopInstanceUid SopInstance, DimseStatus Status);

/// <summary>Swallows a data set and answers a status.</summary>
/// <param name="status">The refusal.</param>
public sealed class RefusedInstance(DimseStatus status) : IIncomingInstance
{
    /// <inheritdoc/>
    public ValueTask WriteAsync(System.Buffers.ReadOnlySequence<byte> fragment, CancellationToken cancellationToken) =>
        default;

    /// <inheritdoc/>
    public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken) => new(status);

    /// <inheritdoc/>
    public ValueTask AbandonAsync() => default;
}
