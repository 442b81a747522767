namespace Leadglass.Edge;

/// <summary>How much an edge keeps while the archive is away. Beyond it, storing is answered with A700.</summary>
public sealed record QueueLimits
{
    /// <summary>Bytes of all envelopes that wait, at most; 1 MiB to 1 PiB.</summary>
    public long BytesMax
    {
        get;
        init => field = InRange(value, 1L << 20, 1L << 50, nameof(BytesMax));
    } = 256L << 30;

    /// <summary>Envelopes that wait, at most; 1 to 250,000, since each costs about 100 bytes of memory.</summary>
    public int EnvelopesMax
    {
        get;
        init => field = (int)InRange(value, 1, 250_000, nameof(EnvelopesMax));
    } = 200_000;

    /// <summary>Bytes that stay free on the volume; 16 MiB to 1 PiB.</summary>
    public long ReserveBytes
    {
        get;
        init => field = InRange(value, 16L << 20, 1L << 50, nameof(ReserveBytes));
    } = 1L << 30;

    /// <summary>Age of the oldest envelope beyond which storing is refused; a minute to a year.</summary>
    public TimeSpan AgeMax
    {
        get;
        init => field = InRange(value, TimeSpan.FromMinutes(1), TimeSpan.FromDays(366), nameof(AgeMax));
    } = TimeSpan.FromDays(14);

    /// <summary>Age of the oldest envelope beyond which there is an alarm; a second to a year.</summary>
    public TimeSpan AlarmAge
    {
        get;
        init => field = InRange(value, TimeSpan.FromSeconds(1), TimeSpan.FromDays(366), nameof(AlarmAge));
    } = TimeSpan.FromHours(1);

    private static T InRange<T>(T value, T low, T high, string name)
        where T : IComparable<T> =>
        value.CompareTo(low) >= 0 && value.CompareTo(high) <= 0
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} lies between {low} and {high}");
}

/// <summary>The queue takes nothing more: a limit is reached, or a flush failed. Answered with A700.</summary>
public sealed class QueueFullException(string message, Exception? cause = null) : Exception(message, cause);
