using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Leadglass.Edge;

/// <summary>How an edge runs: read once at start from <c>edge.json</c> and the command line.</summary>
public sealed record EdgeOptions
{
    /// <summary>The registered port of DICOM that needs no privilege (PS3.8 9.1.1; 104 is the other one).</summary>
    public const int DefaultPort = 11112;

    /// <summary>The address to listen on for scanners in clear; loopback unless told otherwise.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>The port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>What the queue may hold.</summary>
    public QueueLimits Queue { get; init; } = new();

    /// <summary>Bytes per second to the archive at most; null for no limit, otherwise 64 KiB at least.</summary>
    public long? RateBytesPerSecond
    {
        get;
        init =>
            field = value is null or >= 64 * 1024
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(RateBytesPerSecond),
                    value,
                    "less than 64 KiB per second forwards nothing in time"
                );
    }

    /// <summary>Associations to the archive at a time, when the queue is long; 1 to 8.</summary>
    public int LinesMax
    {
        get;
        init => field = InRange(value, 1, 8, nameof(LinesMax));
    } = 4;

    /// <summary>Connections of scanners at a time; 1 to 64, each costs up to a MiB of memory.</summary>
    public int ConnectionsMax
    {
        get;
        init => field = InRange(value, 1, 64, nameof(ConnectionsMax));
    } = 24;

    /// <summary>Bytes of one instance at most; 1 MiB to 64 GiB. A longer one ends its association.</summary>
    public long InstanceBytesMax
    {
        get;
        init =>
            field = value is >= 1 << 20 and <= 64L << 30
                ? value
                : throw new ArgumentOutOfRangeException(nameof(InstanceBytesMax), value, "between 1 MiB and 64 GiB");
    } = 16L << 30;

    /// <summary>Seconds between reports to the archive; 1 to 300.</summary>
    public int ReportSeconds
    {
        get;
        init => field = InRange(value, 1, 300, nameof(ReportSeconds));
    } = 15;

    /// <summary>Seconds between tries to reach the archive at most; 1 to 600.</summary>
    public int RetrySecondsMax
    {
        get;
        init => field = InRange(value, 1, 600, nameof(RetrySecondsMax));
    } = 60;

    /// <summary>Reads <c>edge.json</c> in the data folder; without it everything is as here.</summary>
    /// <exception cref="EdgeConfigurationException">It is no JSON, or a value makes no sense.</exception>
    public static EdgeOptions Read(string dataFolder)
    {
        var file = Path.Combine(dataFolder, "edge.json");
        if (!File.Exists(file))
        {
            return new EdgeOptions();
        }

        try
        {
            return JsonSerializer
                .Deserialize(File.ReadAllBytes(file), EdgeOptionsJson.Default.EdgeOptionsDocument)
                .ToOptions();
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException or FormatException)
        {
            throw new EdgeConfigurationException($"{file}: {failure.Message}", failure);
        }
    }

    private static int InRange(int value, int low, int high, string name) =>
        value >= low && value <= high
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} lies between {low} and {high}");
}

/// <summary>The configuration or the data folder of an edge cannot be used; says what to do.</summary>
public sealed class EdgeConfigurationException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>What <c>edge.json</c> may say; every member may be absent.</summary>
internal readonly record struct EdgeOptionsDocument(
    string? Bind,
    int? Port,
    long? QueueBytes,
    int? QueueInstances,
    long? ReserveBytes,
    double? AlarmMinutes,
    double? AgeMaxDays,
    long? RateBytesPerSecond,
    int? LinesMax,
    int? ConnectionsMax,
    int? ReportSeconds,
    int? RetrySecondsMax,
    long? InstanceBytesMax
)
{
    public EdgeOptions ToOptions()
    {
        var standard = new EdgeOptions();
        return new EdgeOptions
        {
            Bind = Bind is null ? standard.Bind : IPAddress.Parse(Bind),
            Port = Port ?? standard.Port,
            RateBytesPerSecond = RateBytesPerSecond,
            LinesMax = LinesMax ?? standard.LinesMax,
            ConnectionsMax = ConnectionsMax ?? standard.ConnectionsMax,
            ReportSeconds = ReportSeconds ?? standard.ReportSeconds,
            RetrySecondsMax = RetrySecondsMax ?? standard.RetrySecondsMax,
            InstanceBytesMax = InstanceBytesMax ?? standard.InstanceBytesMax,
            Queue = new QueueLimits
            {
                BytesMax = QueueBytes ?? standard.Queue.BytesMax,
                EnvelopesMax = QueueInstances ?? standard.Queue.EnvelopesMax,
                ReserveBytes = ReserveBytes ?? standard.Queue.ReserveBytes,
                AlarmAge = AlarmMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : standard.Queue.AlarmAge,
                AgeMax = AgeMaxDays is { } days ? TimeSpan.FromDays(days) : standard.Queue.AgeMax,
            },
        };
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip
)]
[JsonSerializable(typeof(EdgeOptionsDocument))]
internal sealed partial class EdgeOptionsJson : JsonSerializerContext;
