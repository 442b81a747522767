using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>An application entity that takes everything, whose answers a test can set.</summary>
internal sealed class TestHandler : IAssociationHandler, IAssociationHandlerFactory
{
    private static readonly TransferSyntax[] Syntaxes =
    [
        TransferSyntax.ExplicitVrLittleEndian,
        TransferSyntax.ImplicitVrLittleEndian,
        TransferSyntax.ExplicitVrBigEndian,
        TransferSyntax.DeflatedExplicitVrLittleEndian,
    ];

    public IAssociation? Association { get; private set; }

    public bool IsDisposed { get; private set; }

    public Func<AAssociateRequest, AssociationDecision> Negotiate { get; set; } =
        request => TransferSyntaxChoice.Negotiate(request, _ => new(Syntaxes, RequestorMayBeScp: true));

    public Func<CStoreRequest, PresentationContext, IIncomingInstance> Store { get; set; } =
        (_, _) => new CollectedInstance(_ => { });

    public Func<DataSet, CancellationToken, IAsyncEnumerable<CFindResponse>> Find { get; set; } =
        (_, _) => AsyncEnumerable.Empty<CFindResponse>();

    public Func<DataSet, CancellationToken, RetrievePlan> Get { get; set; } =
        (_, _) => RetrievePlan.Refused(DimseStatus.UnableToPerformSubOperations);

    public Func<CMoveRequest, DataSet, CancellationToken, MovePlan> Move { get; set; } =
        (_, _, _) => MovePlan.Refused(DimseStatus.MoveDestinationUnknown);

    public Func<NActionRequest, DataSet?, Task<DimseStatus>> Action { get; set; } =
        (_, _) => Task.FromResult(DimseStatus.NoSuchActionType);

    /// <summary>The reply of an action; null: it has none.</summary>
    public Func<DataSet?, DataSet>? Reply { get; set; }

    public Func<NEventReportRequest, DataSet?, Task<DimseStatus>> EventReport { get; set; } =
        (_, _) => Task.FromResult(DimseStatus.NoSuchEventType);

    public Func<Task<DimseStatus>> Echo { get; set; } = () => Task.FromResult(DimseStatus.Success);

    public IAssociationHandler Create(IAssociation association)
    {
        Association = association;
        return this;
    }

    public ValueTask<AssociationDecision> NegotiateAsync(
        AAssociateRequest request,
        CancellationToken cancellationToken
    ) => new(Negotiate(request));

    public async ValueTask<DimseStatus> EchoAsync(
        CEchoRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => await Echo();

    public ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(Store(request, context));

    public IAsyncEnumerable<CFindResponse> FindAsync(
        CFindRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => Find(identifier, cancellationToken);

    public ValueTask<RetrievePlan> GetAsync(
        CGetRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(Get(identifier, cancellationToken));

    public ValueTask<MovePlan> MoveAsync(
        CMoveRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(Move(request, identifier, cancellationToken));

    public async ValueTask<ActionReply> ActionWithReplyAsync(
        NActionRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(await Action(request, information), Reply?.Invoke(information));

    public async ValueTask<DimseStatus> EventReportAsync(
        NEventReportRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => await EventReport(request, information);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }
}

/// <summary>Keeps the bytes of an instance and hands them over when it is complete.</summary>
internal sealed class CollectedInstance(Action<byte[]> complete) : IIncomingInstance
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public bool IsAbandoned { get; private set; }

    public DimseStatus Status { get; init; } = DimseStatus.Success;

    public ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
    {
        foreach (var segment in fragment)
        {
            _bytes.Write(segment.Span);
        }

        return default;
    }

    public ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
    {
        complete(_bytes.WrittenSpan.ToArray());
        return new(Status);
    }

    public ValueTask AbandonAsync()
    {
        IsAbandoned = true;
        return default;
    }
}

/// <summary>An instance made of given bytes.</summary>
internal sealed class BytesInstance(string sopClass, string sopInstance, byte[] bytes, params TransferSyntax[] syntaxes)
    : IOutgoingInstance
{
    public SopClassUid SopClass { get; } = SopClassUid.Parse(sopClass);

    public SopInstanceUid SopInstance { get; } = SopInstanceUid.Parse(sopInstance);

    public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; } =
        syntaxes.Length > 0 ? syntaxes : [TransferSyntax.ExplicitVrLittleEndian];

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    ) => await sink.WriteAsync(bytes, cancellationToken);
}
