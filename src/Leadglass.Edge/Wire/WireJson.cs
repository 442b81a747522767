using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Leadglass.Dicom;

namespace Leadglass.Edge;

/// <summary>What came over the wire, or out of a file of the edge, is not what it should be. Bears no patient data.</summary>
public sealed class EdgeWireException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>The JSON of all messages between an edge and its archive: strict, and bounded before it is read.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    MaxDepth = 8,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(EnvelopeDescription))]
[JsonSerializable(typeof(EdgeReport))]
[JsonSerializable(typeof(EdgeInstructions))]
[JsonSerializable(typeof(CertificateRenewal))]
[JsonSerializable(typeof(RenewedCertificate))]
[JsonSerializable(typeof(CommitmentInquiry))]
[JsonSerializable(typeof(CommitmentAnswers))]
[JsonSerializable(typeof(EnrolmentRequest))]
[JsonSerializable(typeof(EnrolmentAnswer))]
[JsonSerializable(typeof(EnrolmentGrant))]
[JsonSerializable(typeof(ScannerList))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>The longest message in bytes.</summary>
    public const int MessageBytesMax = 2 * 1024 * 1024;

    // Group and block of docs/edge.md: one private element bears the message.
    private static readonly DicomTag Creator = new(0x0009, 0x0010);
    private static readonly DicomTag Message = new(0x0009, 0x1001);
    private const string CreatorName = "LEADGLASS EDGE 1";

    /// <summary>A message as UTF-8.</summary>
    public static byte[] Write<T>(T message, JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToUtf8Bytes(message, type);

    /// <summary>Reads a message.</summary>
    /// <exception cref="EdgeWireException">It is too long, or not what it should be.</exception>
    public static T Read<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
        where T : class
    {
        if (utf8.Length > MessageBytesMax)
        {
            throw new EdgeWireException(
                $"a message of {utf8.Length} bytes where at most {MessageBytesMax} are allowed"
            );
        }

        try
        {
            return JsonSerializer.Deserialize(utf8, type) ?? throw new EdgeWireException("a message without content");
        }
        catch (JsonException cause)
        {
            // The cause's message may quote what it read.
            throw new EdgeWireException(
                $"the message is no {typeof(T).Name}: line {cause.LineNumber}, byte {cause.BytePositionInLine}"
            );
        }
    }

    /// <summary>A message as Action Information or Action Reply.</summary>
    public static DataSet ToDataSet<T>(T message, JsonTypeInfo<T> type)
    {
        var json = Write(message, type);
        if (json.Length % 2 != 0)
        {
            // PS3.5 7.1.1: values have an even length; white space after JSON means nothing.
            json = [.. json, (byte)' '];
        }

        var dataSet = new DataSet();
        dataSet.SetText(Creator, ValueRepresentation.LO, CreatorName);
        dataSet.SetBytes(Message, ValueRepresentation.OB, json);
        return dataSet;
    }

    /// <summary>Reads a message out of Action Information or Action Reply.</summary>
    /// <exception cref="EdgeWireException">There is none, or not the right one.</exception>
    public static T FromDataSet<T>(DataSet? dataSet, JsonTypeInfo<T> type)
        where T : class =>
        dataSet?.GetString(Creator) == CreatorName && dataSet.GetBytes(Message) is { } json
            ? Read(json.Span, type)
            : throw new EdgeWireException("the data set bears no control message");
}
