namespace Leadglass.Exposure;

/// <summary>The token of one step: cancelled when its time is up, or when the audit stops.</summary>
internal sealed class StepLimit : IDisposable
{
    private readonly CancellationTokenSource _elapsed;
    private readonly CancellationTokenSource _either;

    public StepLimit(TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        _elapsed = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_elapsed.Token, cancel);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>Sets the time that is left from now.</summary>
    public void Restart(TimeSpan limit) => _elapsed.CancelAfter(limit);

    public void Dispose()
    {
        _either.Dispose();
        _elapsed.Dispose();
    }
}
