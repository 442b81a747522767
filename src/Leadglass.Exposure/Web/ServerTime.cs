namespace Leadglass.Exposure;

/// <summary>The time that a server has. It stands still while we ourselves wait for our turn and our rate: that is not the server's silence.</summary>
internal sealed class ServerTime : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over;
    private TimeSpan _left;
    private long _since;
    private int _waits;
    private bool _isDisposed;

    /// <summary>Begins to run.</summary>
    /// <param name="most">The longest that the server may take.</param>
    public ServerTime(TimeSpan most, TimeProvider time)
    {
        _time = time;
        _left = most;
        _since = time.GetTimestamp();
        _over = new CancellationTokenSource(most, time);
        Over = _over.Token;
    }

    /// <summary>Cancelled when the time is over.</summary>
    public CancellationToken Over { get; }

    /// <summary>Dials; what that takes is not counted.</summary>
    /// <exception cref="OutOfScopeException">The scope does not allow it.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<Dialled> DialAsync(
        IProbeDialer dialer,
        ProbeTarget target,
        Rung rung,
        CancellationToken cancel
    )
    {
        Stop();
        try
        {
            return await dialer.DialAsync(target, rung, cancel);
        }
        finally
        {
            Continue();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _over.Dispose();
        }
    }

    private void Stop()
    {
        lock (_lock)
        {
            if (_isDisposed || _waits++ > 0)
            {
                return;
            }

            var left = _left - _time.GetElapsedTime(_since);
            _left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
            _over.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private void Continue()
    {
        lock (_lock)
        {
            if (_isDisposed || --_waits > 0)
            {
                return;
            }

            _since = _time.GetTimestamp();
            _over.CancelAfter(_left);
        }
    }
}

/// <summary>A dialer whose own waiting does not count as the time of the server.</summary>
internal sealed class PatientDialer(IProbeDialer dialer, ServerTime server) : IProbeDialer
{
    /// <inheritdoc/>
    public ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel) =>
        server.DialAsync(dialer, target, rung, cancel);
}
