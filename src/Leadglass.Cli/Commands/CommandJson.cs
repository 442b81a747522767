using System.Text.Json.Serialization;

namespace Leadglass.Cli.Commands;

/// <summary>How answers to programs are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(InitResult))]
internal sealed partial class CommandJson : JsonSerializerContext;
