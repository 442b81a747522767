using System.Text.Json;
using System.Text.Json.Serialization;

namespace Leadglass.Server.Control;

/// <summary>What the command asks of a running archive.</summary>
/// <param name="Command">The name of a <see cref="ControlCommand"/>.</param>
/// <param name="Arguments">What it takes.</param>
public sealed record ControlRequest(string Command, JsonElement Arguments);

/// <summary>How far long work has come.</summary>
/// <param name="Done">How much is done.</param>
/// <param name="Total">Of how much; null: not known.</param>
/// <param name="What">What is being counted: <c>records</c>, <c>files</c>.</param>
public sealed record ControlProgress(long Done, long? Total, string What);

/// <summary>How a request ended, or a sign that it goes on.</summary>
internal enum ControlOutcome
{
    Progress,
    Done,
    Failed,
    WrongUsage,
    Refused,
}

/// <summary>One message of the running archive to the command.</summary>
internal sealed record ControlResponse(
    ControlOutcome Outcome,
    ControlProgress? Progress = null,
    JsonElement? Result = null,
    string? Message = null
);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    MaxDepth = 32,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlResponse))]
internal sealed partial class ControlJson : JsonSerializerContext;
