namespace Leadglass.Server;

/// <summary>
/// Keeps strangers from filling the log: so many lines a minute, and of the rest how many there were. Safe for concurrent
/// use.
/// </summary>
/// <param name="linesPerMinute">Lines that are written in a minute.</param>
/// <param name="clock">The time.</param>
internal sealed class LineBudget(int linesPerMinute, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _minuteEnds;
    private int _written;
    private int _withheld;

    /// <summary>Whether a line may be written now.</summary>
    /// <param name="withheld">How many were not since the last one that may be.</param>
    public bool TryTake(out int withheld)
    {
        lock (_gate)
        {
            withheld = 0;
            var now = clock.GetUtcNow();
            if (now >= _minuteEnds)
            {
                _minuteEnds = now + TimeSpan.FromMinutes(1);
                _written = 0;
            }

            if (_written >= linesPerMinute)
            {
                _withheld++;
                return false;
            }

            _written++;
            (withheld, _withheld) = (_withheld, 0);
            return true;
        }
    }
}
