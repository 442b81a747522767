namespace Leadglass.Exposure;

/// <summary>How fast, how long and how much. Every figure has a ceiling that no scope lifts.</summary>
public sealed record ConnectionLimits
{
    /// <summary>New connections per second over all hosts, 1 to 1,000,000.</summary>
    public double PerSecond { get; init; } = 50;

    /// <summary>New connections per second to one IPv4 /24 or IPv6 /64, 0.1 to 1,000,000.</summary>
    public double PerNetworkPerSecond { get; init; } = 20;

    /// <summary>Connects that may wait for an answer at one time, 1 to 16,384.</summary>
    public int InFlightMax { get; init; } = 64;

    /// <summary>How long a connect may take before the host counts as silent, 50 ms to 30 s.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one connection may live, at most 10 minutes.</summary>
    public TimeSpan ConnectionTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What one connection may bring, at most 256 MiB.</summary>
    public long ConnectionBytesMax { get; init; } = 16 << 20;

    /// <summary>How long all connections to one host may live together, at most 2 hours.</summary>
    public TimeSpan HostTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What all connections to one host may bring together, at most 1 GiB.</summary>
    public long HostBytesMax { get; init; } = 128 << 20;

    /// <summary>The same with every figure brought within its bounds.</summary>
    internal ConnectionLimits Bounded() =>
        this with
        {
            PerSecond = Math.Clamp(PerSecond, 0.1, 1_000_000),
            PerNetworkPerSecond = Math.Clamp(PerNetworkPerSecond, 0.1, 1_000_000),
            InFlightMax = Math.Clamp(InFlightMax, 1, 16_384),
            ConnectTime = Clamp(ConnectTime, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30)),
            ConnectionTime = Clamp(ConnectionTime, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(10)),
            ConnectionBytesMax = Math.Clamp(ConnectionBytesMax, 1, 256L << 20),
            HostTime = Clamp(HostTime, TimeSpan.FromMilliseconds(50), TimeSpan.FromHours(2)),
            HostBytesMax = Math.Clamp(HostBytesMax, 1, 1L << 30),
        };

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) =>
        value < least ? least
        : value > most ? most
        : value;
}
