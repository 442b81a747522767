namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>A clock that stands still until a test moves it.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private TimeSpan _elapsed;

    public TimeSpan Elapsed
    {
        get
        {
            lock (_gate)
            {
                return _elapsed;
            }
        }
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    /// <summary>Moves the clock and runs what is due, in steps of a second.</summary>
    public void Advance(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            FakeTimer[] due;
            lock (_gate)
            {
                _elapsed += left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
                due = [.. _timers.Where(timer => timer.IsDue(_elapsed))];
            }

            foreach (var timer in due)
            {
                timer.Fire();
            }
        }
    }

    /// <summary>Moves the clock step by step, by a second or so many, until a task is done; gives how long that took.</summary>
    public async Task<TimeSpan> AdvanceUntilAsync(Task task, TimeSpan max, int stepSeconds = 1)
    {
        var began = Elapsed;
        while (!task.IsCompleted)
        {
            Assert.True(Elapsed - began < max, $"not done after {max} on the clock");
            Advance(TimeSpan.FromSeconds(stepSeconds));
            await Task.WhenAny(task, Task.Delay(5));
        }

        await task;
        return Elapsed - began;
    }

    private sealed class FakeTimer(FakeTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan? _due;

        public bool IsDue(TimeSpan now) => _due <= now;

        public void Fire()
        {
            _due = null;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due = dueTime < TimeSpan.Zero ? null : time.Elapsed + dueTime;
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
