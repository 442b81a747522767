using System.Text.Json;
using System.Text.Json.Serialization;

namespace Leadglass.Edge;

/// <summary>How an edge is; written every two seconds to <c>status.json</c> (0600), which bears no patient data.</summary>
/// <param name="At">When this was written.</param>
/// <param name="Name">The edge's name.</param>
/// <param name="Version">Its program version.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="Listening">Where it listens.</param>
/// <param name="Archive">The archive, as HOST:PORT.</param>
/// <param name="LastContact">When the archive last answered.</param>
/// <param name="Trouble">Why there is no link.</param>
/// <param name="CertificateEnds">End of the edge's certificate.</param>
/// <param name="Queue">What waits.</param>
/// <param name="IsAlarming">The oldest waits too long, something was set aside, or the queue is full.</param>
/// <param name="Broken">Why storing is refused until the next start.</param>
/// <param name="Delivered">Envelopes delivered in this run.</param>
/// <param name="DeliveredBytes">Their bytes.</param>
/// <param name="Refusals">Refusals in this run.</param>
/// <param name="Connections">Scanners connected.</param>
/// <param name="Scanners">The listed scanners.</param>
public sealed record EdgeStatus(
    DateTimeOffset At,
    string Name,
    string Version,
    int ProcessId,
    string Listening,
    string Archive,
    DateTimeOffset? LastContact,
    string? Trouble,
    DateTimeOffset CertificateEnds,
    EdgeQueueState Queue,
    bool IsAlarming,
    string? Broken,
    long Delivered,
    long DeliveredBytes,
    long Refusals,
    int Connections,
    IReadOnlyList<ScannerEntry> Scanners
)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "status.json";

    private const int BytesMax = 4 * 1024 * 1024;

    /// <summary>As JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, EdgeStatusJson.Default.EdgeStatus);

    /// <summary>Reads the status of the edge whose data folder this is; null where there is none.</summary>
    /// <exception cref="EdgeConfigurationException">It cannot be read.</exception>
    public static EdgeStatus? Read(string dataFolder)
    {
        var file = new FileInfo(Path.Combine(dataFolder, FileName));
        if (!file.Exists)
        {
            return null;
        }

        try
        {
            return file.Length <= BytesMax
                ? JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), EdgeStatusJson.Default.EdgeStatus)
                : throw new EdgeConfigurationException($"{file.FullName} is too long");
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new EdgeConfigurationException($"{file.FullName} cannot be read: {failure.GetType().Name}", failure);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(EdgeStatus))]
internal sealed partial class EdgeStatusJson : JsonSerializerContext;
