using System.Security.Cryptography;

namespace Leadglass.Edge;

/// <summary>Whether the archive is reached, and when it is tried again: exponential pauses with jitter, one for all lines.</summary>
internal sealed class LinkState(TimeSpan pauseMax, TimeProvider clock, EdgeLog log)
{
    private const int PauseMillisecondsMin = 1_000;
    private readonly Lock _gate = new();
    private DateTimeOffset _notBefore;
    private int _failures;
    private bool _isUp;

    /// <summary>When the archive last answered; null if never in this run.</summary>
    public DateTimeOffset? LastContact { get; private set; }

    /// <summary>Why there is no link; null while there is.</summary>
    public string? Trouble { get; private set; } = "not reached yet";

    /// <summary>The archive answered.</summary>
    public void Answered()
    {
        lock (_gate)
        {
            LastContact = clock.GetUtcNow();
            Trouble = null;
            _failures = 0;
            if (!_isUp)
            {
                _isUp = true;
                log.LinkUp();
            }
        }
    }

    /// <summary>It did not, or had no room.</summary>
    public void Failed(string why)
    {
        TimeSpan pause;
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            Trouble = why;
            _isUp = false;
            if (now < _notBefore && _notBefore - now <= pauseMax)
            {
                // Several lines notice the same failure: it counts once.
                return;
            }

            var full = (int)Math.Min(pauseMax.TotalMilliseconds, PauseMillisecondsMin << Math.Min(_failures, 10));
            _failures++;

            // Half to whole: the edges of a hospital do not come back all at once.
            pause = TimeSpan.FromMilliseconds((full / 2) + RandomNumberGenerator.GetInt32((full / 2) + 1));
            _notBefore = now + pause;
        }

        log.LinkDown(why, pause);
    }

    /// <summary>Waits until the archive may be tried.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        while (true)
        {
            TimeSpan left;
            lock (_gate)
            {
                left = _notBefore - clock.GetUtcNow();
            }

            // Longer than any pause: the clock was set back.
            if (left <= TimeSpan.Zero || left > pauseMax)
            {
                return;
            }

            await Task.Delay(left, clock, cancel);
        }
    }
}
