using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Leadglass.Access;

/// <summary>What a program may do.</summary>
[Flags]
public enum ProgramRights
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Query and retrieve.</summary>
    Read = 1,

    /// <summary>Store.</summary>
    Write = 2,

    /// <summary>Reject, correct, assign.</summary>
    Records = 4,

    /// <summary>Metrics and posture.</summary>
    Observe = 8,
}

/// <summary>A program that may use the archive's web services. Immutable: a change makes a new one in the registry.</summary>
public sealed record RegisteredProgram
{
    /// <summary>Its unique name and client id: 1 to 64 of letters, digits, '.', '_' and '-'.</summary>
    public required string ClientId { get; init; }

    /// <summary>What it may do.</summary>
    public required ProgramRights Rights { get; init; }

    /// <summary>Which patients and modalities its rights reach.</summary>
    public DeviceScope Scope { get; init; } = DeviceScope.Everything;

    /// <summary>Certificates with which it may come to the port for programs.</summary>
    public ImmutableArray<string> Fingerprints { get; init; } = [];

    /// <summary>False: it is refused and its tokens are void.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>When it was registered.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Who registered it: <see cref="Identity.Key"/>.</summary>
    [JsonInclude]
    public string RegisteredBy { get; internal init; } = "";

    /// <summary>Who registered it, whatever they are called now.</summary>
    [JsonInclude]
    internal string Registrar { get; init; } = "";

    /// <summary>False: a second person has to confirm it before it may do anything.</summary>
    [JsonInclude]
    public bool IsConfirmed { get; internal init; }

    /// <summary>Digest of its secret; null: it has none and shows a certificate.</summary>
    [JsonInclude]
    public string? SecretDigest { get; internal init; }

    /// <summary>
    /// Grows with every change. A token carries the value at which it was given, and is void at any other.
    /// </summary>
    [JsonInclude]
    public long Version { get; internal init; }

    /// <summary>Whether it may do this at all; the scope is another question.</summary>
    public bool Allows(Operation operation) =>
        operation switch
        {
            Operation.Query or Operation.Retrieve => Rights.HasFlag(ProgramRights.Read),
            Operation.Store => Rights.HasFlag(ProgramRights.Write),
            Operation.Reject or Operation.Correct or Operation.Assign => Rights.HasFlag(ProgramRights.Records),
            Operation.Observe => Rights.HasFlag(ProgramRights.Observe),
            _ => false,
        };

    /// <summary>Whether this is a client id that a program may have.</summary>
    public static bool IsClientId(string? text) => Device.IsName(text);

    /// <summary>The client id only.</summary>
    public override string ToString() => ClientId;
}
