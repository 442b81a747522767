using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>The destination of a C-MOVE: an association in clear with a workstation beside the edge.</summary>
internal sealed class LiveDestination : IAsyncDisposable
{
    private const int ContextsMax = 128;
    private readonly ScannerTransport _transport;
    private readonly DicomClientAssociation _association;

    private LiveDestination(ScannerTransport transport, DicomClientAssociation association)
    {
        (_transport, _association) = (transport, association);
    }

    /// <summary>What the destination takes; the archive converts to these where it can.</summary>
    public IEnumerable<(string SopClass, string[] TransferSyntaxes)> Contexts =>
        _association.PresentationContexts.Select(context =>
            (context.AbstractSyntaxUid, (string[])[context.TransferSyntax.Uid])
        );

    /// <summary>Connects.</summary>
    /// <exception cref="IOException">It gave no association.</exception>
    public static async Task<LiveDestination> ConnectAsync(
        string address,
        AeTitle calling,
        AeTitle called,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        var transport = await ScannerTransport.DialAsync(address, cancel);
        var result = await DicomClientAssociation.ConnectAsync(
            transport,
            new RequestorOptions
            {
                CallingAeTitle = calling,
                CalledAeTitle = called,
                PresentationContexts =
                [
                    .. UidRegistry
                        .PatientStudyStorageSopClasses.Where(uid => UidRegistry.Find(uid)?.IsRetired == false)
                        .Take(ContextsMax)
                        .Select(
                            (uid, index) =>
                                new ProposedPresentationContext(
                                    (byte)((2 * index) + 1),
                                    uid,
                                    LivePassage.MessageSyntaxes
                                )
                        ),
                ],
            },
            clock,
            cancellationToken: cancel
        );
        if (result.Association is { } association)
        {
            return new LiveDestination(transport, association);
        }

        await transport.DisposeAsync();
        throw new IOException("the destination gave no association");
    }

    /// <summary>Hands one instance on; a status in any case.</summary>
    public async Task<DimseStatus> StoreAsync(IOutgoingInstance instance, AeTitle originator, ushort messageId)
    {
        try
        {
            return await _association.StoreAsync(instance, originator, messageId);
        }
        catch (AssociationEndedException)
        {
            return DimseStatus.UnableToPerformSubOperations;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_association.End is null)
        {
            using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await _association.ReleaseAsync(hurry.Token);
        }

        await _association.DisposeAsync();
        await _transport.DisposeAsync();
    }
}
