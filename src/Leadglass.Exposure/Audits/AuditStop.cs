namespace Leadglass.Exposure;

/// <summary>Ends all stages of an audit together, and remembers the first failure that made it necessary.</summary>
internal sealed class AuditStop(CancellationTokenSource source)
{
    private Exception? _failure;

    public CancellationToken Token { get; } = source.Token;

    /// <summary>What failed first; null where nothing did.</summary>
    public Exception? Failure => _failure;

    /// <summary>A stage has ended with an exception: the others would wait for it.</summary>
    public Task EndedAsync(Exception failure)
    {
        if (failure is not OperationCanceledException)
        {
            Interlocked.CompareExchange(ref _failure, failure, comparand: null);
        }
        return StopAsync();
    }

    public Task StopAsync() => source.CancelAsync();
}
