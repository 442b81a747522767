using System.Text.Json.Serialization;

namespace Leadglass.Server.Edges;

/// <summary>How an edge was when it last reported.</summary>
/// <param name="LastContact">When that was.</param>
/// <param name="Version">The edge's program version, as it says.</param>
/// <param name="Envelopes">Envelopes that wait there.</param>
/// <param name="Bytes">Their bytes on its disk.</param>
/// <param name="OldestSeconds">Age of the oldest then; 0 when nothing waits.</param>
/// <param name="SetAside">Envelopes that the archive refused for good, and that wait for a person.</param>
/// <param name="IsFull">It takes nothing in.</param>
/// <param name="Refused">Refusals at its door that it reported since the archive was started.</param>
public sealed record EdgeState(
    DateTimeOffset LastContact,
    string Version,
    long Envelopes,
    long Bytes,
    long OldestSeconds,
    long SetAside,
    bool IsFull,
    long Refused
);

/// <summary>The states of all edges, as they are kept.</summary>
internal sealed record EdgeStateDocument(Dictionary<string, EdgeState> Edges);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 8)]
[JsonSerializable(typeof(EdgeStateDocument))]
internal sealed partial class EdgeStateJson : JsonSerializerContext;
