using System.Text.Json.Serialization;

namespace Leadglass.Exposure;

/// <summary>What the process that reads a row is told.</summary>
internal sealed record RowTask
{
    /// <summary>Address of the target, as text.</summary>
    public required string Address { get; init; }

    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary>Its name, where the scope has one.</summary>
    public string? Name { get; init; }

    /// <summary>Whether inside TLS.</summary>
    public required bool IsTls { get; init; }

    /// <summary>What to ask for.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>The media type to ask for.</summary>
    public required string Accept { get; init; }

    /// <summary>Whom an operator may ask.</summary>
    public string? Contact { get; init; }
}

[JsonSerializable(typeof(RowTask))]
internal sealed partial class RowTaskJson : JsonSerializerContext;
