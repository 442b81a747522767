using System.Text.Json;
using System.Text.Json.Serialization;

namespace Leadglass.Exposure;

/// <summary>The audit document in JSON: camel case, enumerations in words, nothing left out but what is null by its nature.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = false,
    MaxDepth = 16,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [
        typeof(WordConverter<Answer>),
        typeof(WordConverter<AeTitleCheck>),
        typeof(WordConverter<CountUnit>),
        typeof(WordConverter<CountKind>),
    ]
)]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(AuditDocument))]
internal sealed partial class AuditJson : JsonSerializerContext;

/// <summary>Names of an enumeration as words: <c>exact-over-dated</c>; numbers are not read.</summary>
internal sealed class WordConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, false)
    where T : struct, Enum;
