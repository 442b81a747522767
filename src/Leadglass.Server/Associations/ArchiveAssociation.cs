using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server.Configuration;

namespace Leadglass.Server.Associations;

/// <summary>
/// The archive as one association's acceptor. Enrolment is asked when the association is negotiated and again at every
/// operation; refusals are recorded by the policy.
/// </summary>
internal sealed class ArchiveAssociation(
    ArchiveHost host,
    ServeOptions options,
    SupportedServices services,
    OwnIdentity own,
    CommitmentDelivery commitment,
    DeviceIdentity identity,
    IAssociation association
) : IAssociationHandler
{
    private readonly StoreTally _stored = new();
    private IReadOnlyList<ExtendedNegotiation> _negotiated = [];

    public ValueTask<AssociationDecision> NegotiateAsync(
        AAssociateRequest request,
        CancellationToken cancellationToken
    ) => new(Decide(request));

    public ValueTask<DimseStatus> EchoAsync(
        CEchoRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    ) => new(Grant(Operation.Echo) is null ? DimseStatus.NotAuthorized : DimseStatus.Success);

    public ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        // What a device behind an edge stores comes in envelopes, which its edge alone can make.
        if (identity.Through is not null || Grant(Operation.Store) is not { } grant)
        {
            return new(new RefusedInstance(DimseStatus.NotAuthorized));
        }

        var arriving = host.Archive.Ingest.Begin(
            grant,
            new IngestRequest
            {
                SopClass = request.SopClass,
                SopInstance = request.SopInstance,
                TransferSyntax = context.TransferSyntax,
                NegotiatedStorageSopClasses = SupportedServices.NamedStorageClasses(association.Request),
                DefaultIssuer = identity.Device.DefaultIssuer,
            }
        );
        return new(new ArrivingInstance(arriving, grant, _stored));
    }

    public async IAsyncEnumerable<CFindResponse> FindAsync(
        CFindRequest request,
        DataSet identifier,
        PresentationContext context,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (Grant(Operation.Query) is not { } grant)
        {
            yield return CFindResponse.Final(DimseStatus.NotAuthorized);
            yield break;
        }

        var search = host.Archive.Search.FindAsync(
            grant,
            QueryModels.RequestOf(request.SopClass, identifier, _negotiated),
            cancellationToken
        );
        await using var matches = search.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            CFindResponse response;
            try
            {
                if (!await matches.MoveNextAsync())
                {
                    yield break;
                }

                response = CFindResponse.Match(matches.Current.Identifier, !matches.Current.AllKeysSupported);
            }
            catch (Exception failure) when (Refusal(failure) is { } status)
            {
                response = CFindResponse.Final(status);
            }

            yield return response;
            if (response.Identifier is null)
            {
                yield break;
            }
        }
    }

    public async ValueTask<RetrievePlan> GetAsync(
        CGetRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        if (Grant(Operation.Retrieve) is not { } grant)
        {
            return RetrievePlan.Refused(DimseStatus.NotAuthorized);
        }

        try
        {
            var lease = new GrantLease(host.Policy, grant, host.Clock);
            var selected = await host.Archive.Retrieval.SelectAsync(
                grant,
                QueryModels.RequestOf(request.SopClass, identifier, _negotiated),
                cancellationToken
            );
            return new RetrievePlan { SubOperations = selected.Count, Instances = SendAsync(selected, lease) };
        }
        catch (Exception failure) when (Refusal(failure) is { } status)
        {
            return RetrievePlan.Refused(status);
        }
    }

    public async ValueTask<MovePlan> MoveAsync(
        CMoveRequest request,
        DataSet identifier,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        switch (host.Policy.DecideMove(identity, request.Destination))
        {
            case AccessDecision.Refused { Reason: RefusalReason.DestinationUnknown }:
                return MovePlan.Refused(DimseStatus.MoveDestinationUnknown);
            case AccessDecision.Granted { Grant: { Destination: { } destination } grant }:
                return await MoveAsync(request, identifier, grant, destination, cancellationToken);
            default:
                return MovePlan.Refused(DimseStatus.NotAuthorized);
        }
    }

    public ValueTask<DimseStatus> ActionAsync(
        NActionRequest request,
        DataSet? information,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        if (request.SopClass.Value != SupportedServices.StorageCommitment)
        {
            return new(DimseStatus.NoSuchSopClass);
        }

        if (request.SopInstance != CommitmentReport.Instance)
        {
            return new(DimseStatus.NoSuchSopInstance);
        }

        if (request.ActionTypeId != CommitmentReport.RequestAction)
        {
            return new(DimseStatus.NoSuchActionType);
        }

        return new(
            identity.Through is not null || Grant(Operation.Store) is null
                ? DimseStatus.NotAuthorized
                : Commit(information)
        );
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _stored.RecordAsync(CancellationToken.None);
        }
        catch (AccessRefusedException failure)
        {
            own.Log.OperationFault(identity.Name, failure.GetType().Name);
        }
    }

    private AssociationDecision Decide(AAssociateRequest request)
    {
        // A title that PS3.5 6.2 does not allow is nobody's, which the policy then says.
        _ = AeTitle.TryParse(request.CallingAeTitle, out var calling);
        _ = AeTitle.TryParse(request.CalledAeTitle, out var called);
        if (host.Policy.Admit(identity, calling, called) is { } refused)
        {
            return new AssociationDecision.Rejected(
                refused switch
                {
                    RefusalReason.CallingAeTitleMismatch => AAssociateReject.CallingAeTitleNotRecognized,
                    RefusalReason.CalledAeTitleMismatch => AAssociateReject.CalledAeTitleNotRecognized,
                    _ => AAssociateReject.NoReason,
                }
            );
        }

        if (options.ChecksCalledAeTitle && request.CalledAeTitle != options.AeTitle)
        {
            return new AssociationDecision.Rejected(AAssociateReject.CalledAeTitleNotRecognized);
        }

        var accepted = services.Answer(request, identity.Device);
        _negotiated = accepted.ExtendedNegotiations;
        return accepted;
    }

    private AccessGrant? Grant(Operation operation) =>
        host.Policy.Decide(identity, operation) is AccessDecision.Granted granted ? granted.Grant : null;

    private async IAsyncEnumerable<IOutgoingInstance> SendAsync(
        IReadOnlyList<ArchivedInstance> instances,
        GrantLease lease
    )
    {
        var tally = new SendTally();
        try
        {
            foreach (var instance in instances)
            {
                yield return new SendableInstance(host.Archive, lease, instance, tally);
            }
        }
        finally
        {
            await tally.RecordAsync(lease, CancellationToken.None);
        }
    }

    private async ValueTask<MovePlan> MoveAsync(
        CMoveRequest request,
        DataSet identifier,
        AccessGrant grant,
        Device destination,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var selected = await host.Archive.Retrieval.SelectAsync(
                grant,
                QueryModels.RequestOf(request.SopClass, identifier, _negotiated),
                cancellationToken
            );
            var lease = new GrantLease(host.Policy, grant, host.Clock);
            var sender = new MoveSender(host, own, lease, destination);
            return new MovePlan
            {
                SubOperations = selected.Count,
                Outcomes = sender.SendAsync(
                    selected,
                    request.Destination,
                    AeTitle.Parse(association.Request.CallingAeTitle),
                    request.MessageId,
                    cancellationToken
                ),
            };
        }
        catch (Exception failure) when (Refusal(failure) is { } status)
        {
            return MovePlan.Refused(status);
        }
    }

    private DimseStatus Commit(DataSet? information)
    {
        if (
            information is null
            || CommitmentReport.Read(
                information,
                identity.Name,
                association.Request.CallingAeTitle,
                host.Clock.GetUtcNow()
            )
                is not { } pending
        )
        {
            return DimseStatus.InvalidArgumentValue;
        }

        try
        {
            if (!host.Archive.CommitmentResults.TryAdd(pending))
            {
                return DimseStatus.ResourceLimitation;
            }
        }
        catch (IOException)
        {
            return DimseStatus.ProcessingFailure;
        }

        _ = commitment.DeliverOnAsync(association, identity, pending);
        return DimseStatus.Success;
    }

    /// <summary>The status of what is no fault of ours; null for what is.</summary>
    private static DimseStatus? Refusal(Exception failure) =>
        failure switch
        {
            SearchRefusedException refused => new DimseStatus(refused.Status, refused.Comment),
            AccessRefusedException => DimseStatus.NotAuthorized,
            _ => null,
        };
}
