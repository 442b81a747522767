namespace Leadglass.Edge;

/// <summary>Keeps all lines together below a rate in bytes per second, with a burst of one second.</summary>
internal sealed class RateLimit(long? bytesPerSecond, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long _start = clock.GetTimestamp();
    private double _spentSeconds;

    /// <summary>Waits until so many bytes may go.</summary>
    public async ValueTask SpendAsync(int bytes, CancellationToken cancel)
    {
        if (bytesPerSecond is not { } rate)
        {
            return;
        }

        TimeSpan wait;
        lock (_gate)
        {
            var elapsed = clock.GetElapsedTime(_start).TotalSeconds;
            if (elapsed > _spentSeconds + 1)
            {
                // Idle time is not saved up.
                _start = clock.GetTimestamp();
                _spentSeconds = elapsed = 0;
            }

            _spentSeconds += bytes / (double)rate;
            wait = TimeSpan.FromSeconds(Math.Max(0, _spentSeconds - elapsed - 1));
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, cancel);
        }
    }
}
