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

    public void Dispose()
    {
        _either.Dispose();
        _elapsed.Dispose();
    }
}
