namespace Leadglass.Exposure;

/// <summary>
/// How many connects may be under way and how long one is waited for. A first try is waited for as answers so far suggest;
/// whoever stays silent gets a second one with the scope's whole time-out. A second try that is answered, or an answer that
/// took as long as the system takes to send anew, says that something on the way drops: half as many from then on, and
/// longer waiting. As the order of targets is random, the share of silent ones should not change either; where it jumps,
/// something has begun to drop, and the scan pauses too.
/// </summary>
internal sealed class ScanPace
{
    /// <summary>Fewest connects under way.</summary>
    public const int WindowMin = 4;

    /// <summary>Results that are looked at together.</summary>
    public const int BlockResults = 512;

    // Ten times what chance would do to a block.
    private const double JumpOfSilence = 0.25;

    private static readonly TimeSpan FirstTryMin = TimeSpan.FromMilliseconds(100);

    // Linux sends a SYN again after a second.
    private static readonly TimeSpan SentAgainAfter = TimeSpan.FromSeconds(1);

    private readonly int _windowMax;
    private readonly TimeSpan _secondTry;
    private double _window;
    private double _smoothed;
    private double _variation;
    private TimeSpan _least = FirstTryMin;
    private TimeSpan _quietUntil;
    private int _blockResults;
    private int _blockSilent;
    private double _leastSilence = 1;

    /// <param name="windowMax">The most connects under way.</param>
    /// <param name="timeout">The scope's time-out.</param>
    public ScanPace(int windowMax, TimeSpan timeout)
    {
        _windowMax = windowMax;
        _window = windowMax;
        _secondTry = timeout;
    }

    /// <summary>How many connects may be under way now.</summary>
    public int Window => (int)_window;

    /// <summary>Since the start of the scan, until when nothing new is begun.</summary>
    public TimeSpan PausedUntil { get; private set; }

    /// <summary>How often it slowed down.</summary>
    public int SlowedDown { get; private set; }

    /// <summary>How long a try is waited for.</summary>
    public TimeSpan TimeFor(bool isSecondTry)
    {
        if (isSecondTry || _smoothed == 0)
        {
            return _secondTry;
        }
        var expected = TimeSpan.FromSeconds(_smoothed + (4 * _variation));
        return Smaller(_secondTry, expected > _least ? expected : _least);
    }

    /// <summary>A target answered, whatever it said.</summary>
    /// <param name="now">Since the start of the scan.</param>
    public void Answered(TimeSpan took, bool isSecondTry, TimeSpan now)
    {
        Count(isSilent: false, now);
        if (isSecondTry || took >= SentAgainAfter)
        {
            _least = Smaller(_least * 2, _secondTry);
            SlowDown(now, TimeSpan.Zero);
            return;
        }
        var seconds = took.TotalSeconds;
        // RFC 6298 section 2.
        _variation = _smoothed == 0 ? seconds / 2 : (0.75 * _variation) + (0.25 * Math.Abs(_smoothed - seconds));
        _smoothed = _smoothed == 0 ? Math.Max(seconds, 1e-6) : (0.875 * _smoothed) + (0.125 * seconds);
        _window = Math.Min(_windowMax, _window + (1 / _window));
    }

    /// <summary>A target stayed silent at its second try.</summary>
    public void StayedSilent(TimeSpan now) => Count(isSilent: true, now);

    /// <summary>This machine has run short of something.</summary>
    public void Starved(TimeSpan now) => SlowDown(now, _secondTry);

    private void Count(bool isSilent, TimeSpan now)
    {
        _blockSilent += isSilent ? 1 : 0;
        if (++_blockResults < BlockResults)
        {
            return;
        }
        var silence = (double)_blockSilent / BlockResults;
        (_blockResults, _blockSilent) = (0, 0);
        if (silence > _leastSilence + JumpOfSilence)
        {
            SlowDown(now, _secondTry * 2);
        }
        _leastSilence = Math.Min(_leastSilence, silence);
    }

    private void SlowDown(TimeSpan now, TimeSpan pause)
    {
        if (now < _quietUntil)
        {
            return;
        }
        // What is under way was begun before: it says nothing about the new pace.
        _quietUntil = now + _secondTry + pause;
        PausedUntil = now + pause;
        _window = Math.Max(Math.Min(WindowMin, _windowMax), _window / 2);
        SlowedDown++;
    }

    private static TimeSpan Smaller(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
