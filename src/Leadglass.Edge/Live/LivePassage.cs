using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>
/// Queries and retrievals of a listed workstation, passed on to the archive live, in the workstation's name, and never kept.
/// C-MOVE becomes a C-GET to the archive and C-STORE to the workstation that is its destination, both behind this edge.
/// </summary>
internal sealed class LivePassage(
    ArchiveLink link,
    ScannerDirectory scanners,
    EdgeIdentity identity,
    TimeProvider clock
)
{
    public const string PatientRootFind = "1.2.840.10008.5.1.4.1.2.1.1";
    public const string PatientRootMove = "1.2.840.10008.5.1.4.1.2.1.2";
    public const string PatientRootGet = "1.2.840.10008.5.1.4.1.2.1.3";
    public const string StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
    public const string StudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2";
    public const string StudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";

    // One is the query's own.
    private const int StorageContextsMax = 127;

    /// <summary>Encodings of identifiers.</summary>
    public static readonly string[] MessageSyntaxes =
    [
        TransferSyntax.ExplicitVrLittleEndian.Uid,
        TransferSyntax.ImplicitVrLittleEndian.Uid,
    ];

    /// <summary>C-FIND.</summary>
    public async IAsyncEnumerable<CFindResponse> FindAsync(
        AeTitle calling,
        SopClassUid model,
        DataSet identifier,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        if (await TryOpenAsync(calling, model, cancel) is not { } archive)
        {
            yield return CFindResponse.Final(DimseStatus.OutOfResources);
            yield break;
        }

        await using (archive)
        {
            await foreach (var response in archive.Dicom.FindAsync(model, identifier, cancel))
            {
                yield return response;
            }
        }
    }

    /// <summary>C-GET, in the contexts that the workstation accepted.</summary>
    public async Task<RetrievePlan> GetAsync(
        AeTitle calling,
        SopClassUid model,
        DataSet identifier,
        IReadOnlyList<PresentationContext> accepted,
        CancellationToken cancel
    )
    {
        var contexts = accepted
            .Where(context => context.RequestorIsScp)
            .Select(context => (context.AbstractSyntaxUid, (string[])[context.TransferSyntax.Uid]))
            .Take(StorageContextsMax)
            .ToList();
        try
        {
            var retrieval = await LiveRetrieval.StartAsync(link, calling, model, identifier, contexts, cancel);
            if (retrieval.Refusal is { } refusal)
            {
                await retrieval.DisposeAsync();
                return RetrievePlan.Refused(refusal);
            }

            return new RetrievePlan { Instances = retrieval.InstancesAsync(CancellationToken.None) };
        }
        catch (LinkException)
        {
            return RetrievePlan.Refused(DimseStatus.UnableToPerformSubOperations);
        }
    }

    /// <summary>C-MOVE to a workstation behind this edge.</summary>
    public async Task<MovePlan> MoveAsync(
        AeTitle calling,
        CMoveRequest request,
        DataSet identifier,
        CancellationToken cancel
    )
    {
        var listed = scanners.Current.Scanners;
        var caller = listed.FirstOrDefault(scanner => scanner.AeTitles.Contains(calling.Value, StringComparer.Ordinal));
        var destination = listed.FirstOrDefault(scanner =>
            scanner.ListensAt is not null
            && scanner.Allows(ScannerService.Retrieve)
            && scanner.AeTitles.Contains(request.Destination.Value, StringComparer.Ordinal)
        );
        if (destination?.ListensAt is not { } address)
        {
            return MovePlan.Refused(DimseStatus.MoveDestinationUnknown);
        }

        if (caller?.MayMoveTo(destination) is not true)
        {
            return MovePlan.Refused(DimseStatus.NotAuthorized);
        }

        LiveDestination? target = null;
        try
        {
            target = await LiveDestination.ConnectAsync(address, identity.AeTitle, request.Destination, clock, cancel);
            var model = request.SopClass.Value == PatientRootMove ? PatientRootGet : StudyRootGet;
            var retrieval = await LiveRetrieval.StartAsync(
                link,
                calling,
                SopClassUid.Parse(model),
                identifier,
                [.. target.Contexts.Take(StorageContextsMax)],
                cancel
            );
            if (retrieval.Refusal is { } refusal)
            {
                await retrieval.DisposeAsync();
                await target.DisposeAsync();
                return MovePlan.Refused(refusal);
            }

            return new MovePlan { Outcomes = OutcomesAsync(retrieval, target, calling, request.MessageId) };
        }
        catch (Exception failure) when (failure is LinkException or SocketException or IOException)
        {
            if (target is not null)
            {
                await target.DisposeAsync();
            }

            return MovePlan.Refused(DimseStatus.UnableToPerformSubOperations);
        }
    }

    private static async IAsyncEnumerable<SubOperationOutcome> OutcomesAsync(
        LiveRetrieval retrieval,
        LiveDestination target,
        AeTitle originator,
        ushort messageId
    )
    {
        await using (target)
        {
            await foreach (var instance in retrieval.InstancesAsync())
            {
                var status = await target.StoreAsync(instance, originator, messageId);
                if (instance is RelayedInstance relayed)
                {
                    relayed.Settle(status);
                    await relayed.DisposeAsync();
                }

                yield return new SubOperationOutcome(instance.SopInstance, status);
            }
        }
    }

    private async Task<LinkedAssociation?> TryOpenAsync(AeTitle calling, SopClassUid model, CancellationToken cancel)
    {
        try
        {
            return await link.OpenAsync(
                calling,
                [new ProposedPresentationContext(1, model.Value, MessageSyntaxes)],
                [],
                null,
                cancel
            );
        }
        catch (LinkException)
        {
            return null;
        }
    }
}
