using System.Runtime.CompilerServices;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>A C-GET to the archive whose instances are handed on as they come. Disposing it before the end aborts it.</summary>
internal sealed class LiveRetrieval : IAsyncDisposable
{
    private readonly LinkedAssociation _archive;
    private readonly RetrievalRelay _relay;
    private readonly Task<RetrieveOutcome> _running;
    private readonly HashSet<SopInstanceUid> _seen = [];

    private LiveRetrieval(LinkedAssociation archive, RetrievalRelay relay, Task<RetrieveOutcome> running)
    {
        (_archive, _relay, _running) = (archive, relay, running);
    }

    /// <summary>The refusal of the whole request; null when instances come, or none match.</summary>
    public DimseStatus? Refusal { get; private set; }

    /// <summary>Asks the archive, and waits until it sends something or has ended.</summary>
    /// <param name="contexts">SOP classes and encodings in which instances may come.</param>
    /// <exception cref="LinkException">The archive is not reached.</exception>
    public static async Task<LiveRetrieval> StartAsync(
        ArchiveLink link,
        AeTitle calling,
        SopClassUid model,
        DataSet identifier,
        IReadOnlyList<(string SopClass, string[] TransferSyntaxes)> contexts,
        CancellationToken cancel
    )
    {
        var relay = new RetrievalRelay();
        var archive = await link.OpenAsync(
            calling,
            [
                new ProposedPresentationContext(1, model.Value, LivePassage.MessageSyntaxes),
                .. contexts.Select(
                    (context, index) =>
                        new ProposedPresentationContext(
                            (byte)((2 * index) + 3),
                            context.SopClass,
                            context.TransferSyntaxes
                        )
                ),
            ],
            [
                .. contexts
                    .Select(context => context.SopClass)
                    .Distinct(StringComparer.Ordinal)
                    .Select(uid => new RoleSelection(uid, RequestorIsScu: false, RequestorIsScp: true)),
            ],
            relay,
            cancel
        );
        var retrieval = new LiveRetrieval(archive, relay, RunAsync(archive, relay, model, identifier));
        await Task.WhenAny(retrieval._running, relay.Arriving.WaitToReadAsync(cancel).AsTask());
        if (retrieval._running.IsCompletedSuccessfully && !relay.Arriving.TryPeek(out _))
        {
            var outcome = await retrieval._running;
            retrieval.Refusal = outcome.Status.IsFailure && outcome.FailedInstances.Count == 0 ? outcome.Status : null;
        }

        return retrieval;
    }

    /// <summary>The instances as they come, then those that the archive could not send.</summary>
    public async IAsyncEnumerable<IOutgoingInstance> InstancesAsync(
        [EnumeratorCancellation] CancellationToken cancel = default
    )
    {
        await using (this)
        {
            await foreach (var instance in _relay.Arriving.ReadAllAsync(cancel))
            {
                _seen.Add(instance.SopInstance);
                yield return instance;
            }

            var outcome = await _running;
            foreach (var failed in outcome.FailedInstances.Where(uid => !_seen.Contains(uid)))
            {
                yield return new MissingInstance(failed);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_relay.Arriving.TryRead(out var left))
        {
            await left.DisposeAsync();
        }

        await _archive.DisposeAsync();
        await ((Task)_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<RetrieveOutcome> RunAsync(
        LinkedAssociation archive,
        RetrievalRelay relay,
        SopClassUid model,
        DataSet identifier
    )
    {
        try
        {
            return await archive.Dicom.GetAsync(model, identifier);
        }
        catch (Exception failure) when (failure is AssociationEndedException or InvalidOperationException)
        {
            return new RetrieveOutcome(DimseStatus.UnableToPerformSubOperations, 0, 0, 0, []);
        }
        finally
        {
            relay.End();
        }
    }
}
