using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server.Peers;

namespace Leadglass.Server.Associations;

/// <summary>
/// Carries out a C-MOVE: sends instances to an enrolled destination on associations of our own, over TLS, when the
/// certificate it shows is the very one it was enrolled with. More than 128 presentation contexts take further associations.
/// </summary>
internal sealed class MoveSender(ArchiveHost host, OwnIdentity own, GrantLease lease, Device destination)
{
    // PS3.8 9.3.2.2: odd numbers up to 255.
    private const int ContextsMax = 128;

    /// <summary>Sends, and tells of each instance how it went.</summary>
    /// <param name="destinationTitle">As the request names it.</param>
    /// <param name="originator">Who asked for the move.</param>
    /// <param name="messageId">In which request.</param>
    public async IAsyncEnumerable<SubOperationOutcome> SendAsync(
        IReadOnlyList<ArchivedInstance> instances,
        AeTitle destinationTitle,
        AeTitle originator,
        ushort messageId,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var tally = new SendTally();
        try
        {
            foreach (var group in Group(instances))
            {
                await using var peer = await ConnectAsync(destinationTitle, group.Contexts, cancel);
                foreach (var instance in group.Instances)
                {
                    var sendable = new SendableInstance(host.Archive, lease, instance, tally);
                    var status = peer.Association is { End: null } association
                        ? await StoreAsync(association, sendable, originator, messageId, cancel)
                        : DimseStatus.ProcessingFailure;
                    yield return new SubOperationOutcome(instance.SopInstance, status);
                }

                await peer.ReleaseAsync(cancel);
            }
        }
        finally
        {
            // However it ends: what was sent was sent.
            await tally.RecordAsync(lease, CancellationToken.None);
        }
    }

    private static async Task<DimseStatus> StoreAsync(
        DicomClientAssociation association,
        SendableInstance instance,
        AeTitle originator,
        ushort messageId,
        CancellationToken cancel
    )
    {
        try
        {
            return await association.StoreAsync(instance, originator, messageId, cancel);
        }
        catch (AssociationEndedException)
        {
            return DimseStatus.ProcessingFailure;
        }
        catch (AccessRefusedException)
        {
            return DimseStatus.NotAuthorized;
        }
    }

    private async Task<Peer> ConnectAsync(
        AeTitle title,
        IReadOnlyList<ProposedPresentationContext> contexts,
        CancellationToken cancel
    )
    {
        var address = destination.Address!;
        PeerConnection? connection = null;
        try
        {
            connection = await PeerConnection.ConnectTlsAsync(
                address.Host,
                address.Port,
                own.Certificate,
                PeerTrust.Of(destination, host.Clock),
                cancel
            );
            var result = await DicomClientAssociation.ConnectAsync(
                connection.Transport,
                new RequestorOptions
                {
                    CallingAeTitle = own.Title,
                    CalledAeTitle = title,
                    PresentationContexts = contexts,
                },
                host.Clock,
                observer: new AssociationLog(own.Log, destination.Name),
                cancellationToken: cancel
            );
            own.Log.DestinationAnswered(
                destination.Name,
                result.Association is null ? "no association" : "association"
            );
            return new Peer(connection, result.Association);
        }
        catch (PeerUnavailableException failure)
        {
            own.Log.DestinationUnavailable(destination.Name, failure.IsRefusal ? "refused" : "not reached");
            return new Peer(connection, null);
        }
        catch
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>
    /// One context per SOP class and syntax, so that the stored one is always on offer, and those that it can become. All
    /// contexts of a class stand in one association.
    /// </summary>
    private static IEnumerable<MoveGroup> Group(IReadOnlyList<ArchivedInstance> instances)
    {
        var group = new List<ArchivedInstance>();
        var contexts = new List<(string SopClass, TransferSyntax Syntax)>();
        foreach (var sameClass in instances.GroupBy(instance => instance.SopClass))
        {
            var wanted = sameClass
                .SelectMany(SendableInstance.SyntaxesOf)
                .Distinct()
                .Select(syntax => (sameClass.Key.Value, syntax))
                .ToList();
            if (contexts.Count + wanted.Count > ContextsMax)
            {
                yield return new MoveGroup([.. group], Contexts(contexts));
                group.Clear();
                contexts.Clear();
            }

            group.AddRange(sameClass);
            contexts.AddRange(wanted);
        }

        if (group.Count > 0)
        {
            yield return new MoveGroup(group, Contexts(contexts));
        }
    }

    private static IReadOnlyList<ProposedPresentationContext> Contexts(
        IEnumerable<(string SopClass, TransferSyntax Syntax)> wanted
    ) =>
        [
            .. wanted.Select(
                (pair, place) =>
                    new ProposedPresentationContext((byte)((2 * place) + 1), pair.SopClass, [pair.Syntax.Uid])
            ),
        ];

    private sealed record MoveGroup(
        IReadOnlyList<ArchivedInstance> Instances,
        IReadOnlyList<ProposedPresentationContext> Contexts
    );

    /// <summary>A destination that answered, or did not.</summary>
    private sealed class Peer(PeerConnection? connection, DicomClientAssociation? association) : IAsyncDisposable
    {
        public DicomClientAssociation? Association { get; } = association;

        public async Task ReleaseAsync(CancellationToken cancel)
        {
            if (Association is { End: null })
            {
                await Association.ReleaseAsync(cancel);
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (Association is not null)
            {
                await Association.DisposeAsync();
            }

            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
    }
}
