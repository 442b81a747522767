namespace Leadglass.Server;

/// <summary>Tells whoever runs the archive when it stops taking instances in, and when it goes on: once per change.</summary>
internal sealed class StorageWatch(ArchiveHost host, ServerLog log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private bool _isFull;
    private bool _isPoisoned;

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, host.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Look()
    {
        var ingest = host.Archive.Ingest;
        if (ingest.Failure is not null && !_isPoisoned)
        {
            _isPoisoned = true;
            log.StoragePoisoned();
        }

        if (ingest.IsFull != _isFull)
        {
            _isFull = ingest.IsFull;
            if (_isFull)
            {
                log.StorageFull();
            }
            else
            {
                log.StorageRecovered();
            }
        }
    }
}
