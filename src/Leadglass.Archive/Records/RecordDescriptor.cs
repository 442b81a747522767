using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Leadglass.Archive;

/// <summary>What a sealed record of the archive is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordKind>))]
internal enum RecordKind
{
    /// <summary>An instance, sealed under its study's key.</summary>
    [JsonStringEnumMemberName("instance")]
    Instance,

    /// <summary>Content that contradicts what is known, sealed under a key of its own.</summary>
    [JsonStringEnumMemberName("quarantined")]
    Quarantined,

    /// <summary>A decision, sealed under the archive's key: it changes what records before it mean.</summary>
    [JsonStringEnumMemberName("decision")]
    Decision,
}

/// <summary>
/// The descriptor run of a record, JSON in UTF-8 (docs/storage-format.md): what a rebuild needs beside the attributes.
/// </summary>
internal sealed record RecordDescriptor
{
    /// <summary>A longer one is not read.</summary>
    public const int BytesMax = 8 << 20;

    /// <summary>What the decisions about studies are told in; everything else stays at 1.</summary>
    public const int DecisionVersion = 2;

    public int Version { get; init; } = 1;
    public required RecordKind Kind { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Who sent or decided it: "device:ct1".</summary>
    public required string Source { get; init; }

    public string? TransferSyntax { get; init; }
    public string? SopClass { get; init; }
    public string? SopInstance { get; init; }
    public string? Study { get; init; }
    public string? Series { get; init; }

    /// <summary>Patient ID that identifies the patient here; null where there is none.</summary>
    public string? PatientId { get; init; }

    /// <summary>Its issuer: of the data set, or the default of the device or import.</summary>
    public string? Issuer { get; init; }

    /// <summary>The two digests of <see cref="ContentDigest"/>, hexadecimal.</summary>
    public string? AttributesDigest { get; init; }
    public string? PixelDataDigest { get; init; }
    public int PixelDataForm { get; init; }

    /// <summary>Why it was quarantined.</summary>
    public ConflictReason? Conflict { get; init; }

    /// <summary>What was odd about it, without values.</summary>
    public ImmutableArray<string> Oddities { get; init; } = [];

    /// <summary>What was decided.</summary>
    public Decision? Decision { get; init; }

    [JsonIgnore]
    public ContentDigest Digest => new(ParseDigest(AttributesDigest), ParseDigest(PixelDataDigest), PixelDataForm);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, DescriptorJson.Default.RecordDescriptor);

    /// <exception cref="BlobDamagedException">It is not a descriptor of a version known here.</exception>
    public static RecordDescriptor Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var descriptor = JsonSerializer.Deserialize(bytes, DescriptorJson.Default.RecordDescriptor);
            return descriptor is { Version: 1 or DecisionVersion }
                ? descriptor
                : throw new BlobDamagedException($"a descriptor of version {descriptor?.Version}: unknown here");
        }
        catch (JsonException exception)
        {
            // The parser's own message may quote the text.
            throw new BlobDamagedException($"a descriptor breaks off at byte {exception.BytePositionInLine}");
        }
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"descriptor of kind {Kind}";

    private static UInt128 ParseDigest(string? text) =>
        UInt128.TryParse(text, System.Globalization.NumberStyles.HexNumber, null, out var value) ? value : default;
}

/// <summary>What someone decided about records; a record of its own, so that a rebuild decides the same.</summary>
internal sealed record Decision
{
    /// <summary>Instances that are deleted, by token, hexadecimal.</summary>
    public ImmutableArray<string> DeletedInstances { get; init; } = [];

    /// <summary>A study that is deleted whole, by token, hexadecimal.</summary>
    public string? DeletedStudy { get; init; }

    /// <summary>Quarantined content that is discarded, by token, hexadecimal.</summary>
    public ImmutableArray<string> DiscardedContents { get; init; } = [];

    /// <summary>Instances of the descriptor's study that are no longer shown.</summary>
    public RejectionOfInstances? Rejects { get; init; }

    /// <summary>Instances of the descriptor's study that are shown again.</summary>
    public ImmutableArray<DecidedInstance>? Restores { get; init; }

    /// <summary>Whose the descriptor's study is.</summary>
    public PatientCorrection? Corrects { get; init; }

    /// <summary>Instances of the descriptor's study that are deleted; none named: all.</summary>
    public ImmutableArray<DecidedInstance>? Deletes { get; init; }

    /// <summary>Why, in the words of whoever decided.</summary>
    public string? Reason { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "decision";
}

/// <summary>What a rejection names.</summary>
/// <param name="Code">Code Value of the reason, of the scheme DCM.</param>
/// <param name="Instances">Which instances.</param>
internal sealed record RejectionOfInstances(string Code, ImmutableArray<DecidedInstance> Instances)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"rejection {Code}";
}

/// <summary>An instance as a decision names it, by UIDs.</summary>
internal sealed record DecidedInstance(string Series, string Instance)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(RecordDescriptor))]
internal sealed partial class DescriptorJson : JsonSerializerContext;
