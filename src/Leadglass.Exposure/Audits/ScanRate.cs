namespace Leadglass.Exposure;

/// <summary>How fast something goes on, over the last seconds.</summary>
internal sealed class ScanRate(TimeProvider clock)
{
    private const int NotesMax = 20;

    private readonly Queue<(long At, long Done)> _notes = new();
    private readonly Lock _lock = new();
    private double _perSecond;

    /// <summary>Per second; 0 until two notes were made.</summary>
    public double PerSecond
    {
        get
        {
            lock (_lock)
            {
                return _perSecond;
            }
        }
    }

    /// <summary>Writes down how much is done now.</summary>
    public void Note(long done)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            _notes.Enqueue((now, done));
            if (_notes.Count > NotesMax)
            {
                _notes.Dequeue();
            }
            var (at, before) = _notes.Peek();
            var seconds = clock.GetElapsedTime(at, now).TotalSeconds;
            _perSecond = seconds > 0 ? (done - before) / seconds : 0;
        }
    }

    /// <summary>How long the rest takes at this rate; null while it cannot be told.</summary>
    public TimeSpan? LeftFor(long rest)
    {
        var perSecond = PerSecond;
        return rest <= 0 ? TimeSpan.Zero
            : perSecond > 0 && rest / perSecond < TimeSpan.MaxValue.TotalSeconds
                ? TimeSpan.FromSeconds(rest / perSecond)
            : null;
    }
}
