using System.Text.Json.Serialization;
using Leadglass.Exposure;

namespace Leadglass.Cli.Commands.Exposure;

/// <summary>The first event of <c>exposure scan --json</c>.</summary>
internal sealed record ScanDeclared(
    string Event,
    string Scope,
    string Digest,
    string AuthorisedBy,
    string Basis,
    string Note
);

/// <summary>How far a scan is.</summary>
internal sealed record ScanProgress(
    string Event,
    string Phase,
    long Probed,
    long Total,
    double PerSecond,
    double? SecondsLeft,
    long OpenPorts,
    int HostsWaiting,
    int Systems,
    int OpenSystems
);

/// <summary>A system that was found.</summary>
internal sealed record ScanFound(
    string Event,
    string Address,
    int Port,
    string Protocol,
    string Rung,
    bool? QueryOpen,
    bool? RecordsVisible,
    bool? RetrieveOpen,
    string Product
);

/// <summary>The last event.</summary>
internal sealed record ScanFinished(string Event, string Document, string? StoppedEarly, AuditTotals Totals);

/// <summary>One event a line.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ScanDeclared))]
[JsonSerializable(typeof(ScanFound))]
[JsonSerializable(typeof(ScanFinished))]
[JsonSerializable(typeof(ScanProgress))]
internal sealed partial class ScanJson : JsonSerializerContext;
