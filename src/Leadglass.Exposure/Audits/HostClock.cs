namespace Leadglass.Exposure;

/// <summary>The time that a host may take, without what the audit itself waits: for a turn, the rate, the scope's hours.</summary>
internal sealed class HostClock : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _late = new();
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private TimeSpan _left;
    private long _began;
    private int _pauses = 1;

    /// <summary>A clock that stands still until <see cref="Resume"/>.</summary>
    public HostClock(TimeSpan limit, TimeProvider clock)
    {
        (_clock, _left) = (clock, limit);
        _timer = clock.CreateTimer(
            static late => ((CancellationTokenSource)late!).Cancel(),
            _late,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Late => _late.Token;

    /// <summary>Stops the clock, until it is resumed as often.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            if (_pauses++ > 0)
            {
                return;
            }
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _left -= _clock.GetElapsedTime(_began);
        }
    }

    /// <summary>Lets the clock run.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            if (--_pauses > 0)
            {
                return;
            }
            _began = _clock.GetTimestamp();
            _timer.Change(_left > TimeSpan.Zero ? _left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _late.Dispose();
    }
}
