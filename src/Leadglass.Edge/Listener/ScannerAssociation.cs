using System.Buffers;
using System.Net;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>What all associations with scanners share.</summary>
internal sealed record ScannerServices(
    EdgeIdentity Identity,
    ScannerDirectory Scanners,
    EnvelopeQueue Queue,
    RefusalSums Refusals,
    CommitmentReports Commitments,
    LivePassage Live,
    TimeProvider Clock,
    EdgeLog Log
);

/// <summary>Who is at the other end of a connection, as far as it is known.</summary>
internal sealed class CallerName
{
    public string Value { get; set; } = "a stranger";
}

/// <summary>
/// The edge as one association's acceptor, in clear. Whether the scanner is listed is asked when the association is
/// negotiated and again at every operation.
/// </summary>
internal sealed class ScannerAssociation(
    ScannerServices services,
    IPAddress source,
    CallerName caller,
    IAssociation association
) : IAssociationHandler
{
    private ulong _number;
    private ScannerEntry? _scanner;
    private IReadOnlyList<string> _named = [];

    private AeTitle Calling => AeTitle.Parse(association.Request.CallingAeTitle);

    public ValueTask<AssociationDecision> NegotiateAsync(
        AAssociateRequest request,
        CancellationToken cancellationToken
    ) => new(Decide(request));

    public ValueTask<DimseStatus> EchoAsync(
        CEchoRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(Current() is null ? DimseStatus.NotAuthorized : DimseStatus.Success);

    public ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        if (Current(ScannerService.Store) is null)
        {
            return new(new RefusedInstance(DimseStatus.NotAuthorized));
        }

        try
        {
            var (file, writer) = Begin(
                Describe(EnvelopeKind.Instance) with
                {
                    SopClass = request.SopClass.Value,
                    SopInstance = request.SopInstance.Value,
                    TransferSyntax = context.TransferSyntax.Uid,
                    NegotiatedStorageSopClasses = _named,
                }
            );
            return new(new StoringInstance(services.Queue, file, writer, services.Log));
        }
        catch (QueueFullException full)
        {
            services.Log.QueueBroken(full.Message);
            return new(new RefusedInstance(DimseStatus.OutOfResources));
        }
    }

    public IAsyncEnumerable<CFindResponse> FindAsync(
        CFindRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) =>
        Current(ScannerService.Query) is null
            ? AsyncEnumerable.Repeat(CFindResponse.Final(DimseStatus.NotAuthorized), 1)
            : services.Live.FindAsync(Calling, request.SopClass, identifier, cancellationToken);

    public async ValueTask<RetrievePlan> GetAsync(
        CGetRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) =>
        Current(ScannerService.Retrieve) is null
            ? RetrievePlan.Refused(DimseStatus.NotAuthorized)
            : await services.Live.GetAsync(
                Calling,
                request.SopClass,
                identifier,
                association.PresentationContexts,
                cancellationToken
            );

    public async ValueTask<MovePlan> MoveAsync(
        CMoveRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    ) =>
        Current(ScannerService.Retrieve) is null
            ? MovePlan.Refused(DimseStatus.NotAuthorized)
            : await services.Live.MoveAsync(Calling, request, identifier, cancellationToken);

    public async ValueTask<DimseStatus> ActionAsync(
        NActionRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        if (request.SopClass.Value != OfferedServices.StorageCommitment)
        {
            return DimseStatus.NoSuchSopClass;
        }

        if (request.SopInstance != CommitmentReports.Instance)
        {
            return DimseStatus.NoSuchSopInstance;
        }

        if (request.ActionTypeId != CommitmentReports.RequestAction)
        {
            return DimseStatus.NoSuchActionType;
        }

        if (Current(ScannerService.Store) is not { } scanner)
        {
            return DimseStatus.NotAuthorized;
        }

        if (information is null || !CommitmentReports.IsRequest(information))
        {
            return DimseStatus.InvalidArgumentValue;
        }

        var encoded = new ArrayBufferWriter<byte>();
        DataSetWriter.Write(information, TransferSyntax.ExplicitVrLittleEndian, encoded);
        StoringInstance? storing = null;
        try
        {
            var (file, writer) = Begin(Describe(EnvelopeKind.CommitmentRequest));
            storing = new StoringInstance(services.Queue, file, writer, services.Log);
        }
        catch (QueueFullException full)
        {
            services.Log.QueueBroken(full.Message);
            return DimseStatus.ResourceLimitation;
        }

        await storing.WriteAsync(new ReadOnlySequence<byte>(encoded.WrittenMemory), cancellationToken);
        var status = await storing.CompleteAsync(cancellationToken);
        if (!status.IsSuccess)
        {
            return DimseStatus.ResourceLimitation;
        }

        services.Commitments.Expect(scanner.Name);
        return DimseStatus.Success;
    }

    public ValueTask DisposeAsync()
    {
        services.Commitments.Remove(association);
        return default;
    }

    private AssociationDecision Decide(AAssociateRequest request)
    {
        if (
            !AeTitle.TryParse(request.CallingAeTitle, out var calling)
            || services.Scanners.Find(source, calling) is not { } scanner
        )
        {
            services.Refusals.Add(source, EdgeRefusalReason.AeTitleNotListed, request.CallingAeTitle);
            return new AssociationDecision.Rejected(AAssociateReject.CallingAeTitleNotRecognized);
        }

        _scanner = scanner;
        caller.Value = scanner.Name;
        _number = EnvelopeQueue.NewAssociation(scanner.Name);
        _named = OfferedServices.NamedStorageClasses(request);
        var accepted = OfferedServices.Answer(
            request,
            scanner,
            services.Scanners.Current.PrivateSopClasses,
            out var lacksRight
        );
        var isUseless = accepted.PresentationContexts.All(context =>
            context.Result != PresentationContextResult.Acceptance
        );
        if (lacksRight || isUseless)
        {
            services.Refusals.Add(source, EdgeRefusalReason.ServiceNotAllowed, calling.Value, scanner.Name);
        }

        if (isUseless)
        {
            return new AssociationDecision.Rejected(AAssociateReject.NoReason);
        }

        services.Commitments.Add(association, scanner.Name, calling);
        return accepted;
    }

    /// <summary>The scanner's entry as it is now, if it may still do this.</summary>
    private ScannerEntry? Current(ScannerService? service = null)
    {
        var calling = Calling;
        if (
            services.Scanners.Find(source, calling) is { } now
            && now.Name == _scanner?.Name
            && (service is not { } needed || now.Allows(needed))
        )
        {
            return now;
        }

        services.Refusals.Add(source, EdgeRefusalReason.ServiceNotAllowed, calling.Value, _scanner?.Name);
        return null;
    }

    private EnvelopeDescription Describe(EnvelopeKind kind) =>
        new(
            kind,
            caller.Value,
            association.Request.CallingAeTitle.Trim(),
            association.Request.CalledAeTitle.Trim(),
            (source.IsIPv4MappedToIPv6 ? source.MapToIPv4() : source).ToString(),
            services.Clock.GetUtcNow()
        );

    private (ArrivingEnvelope File, EnvelopeWriter Writer) Begin(EnvelopeDescription description)
    {
        // Modalities ask for commitment on an association of its own: the request waits for what it is about.
        var isRequest = description.Kind == EnvelopeKind.CommitmentRequest;
        var file = services.Queue.Begin(isRequest ? EnvelopeQueue.BarrierOf(description.Scanner) : _number);
        try
        {
            var ids = new EnvelopeIds(services.Identity.Archive, services.Identity.Edge, file.Id);
            return (file, new EnvelopeWriter(services.Identity.SealingKey, ids, description, file));
        }
        catch
        {
            services.Queue.Abandon(file);
            throw;
        }
    }
}
