using System.Text.Json;
using System.Text.Json.Serialization;
using Leadglass.Dicom;

namespace Leadglass.Access.Trails;

/// <summary>What stands inside the seal of an entry.</summary>
internal sealed partial record TrailPayload
{
    private const int DetailLengthMax = 4_096;
    private const int NameLengthMax = 256;

    public DateTimeOffset At { get; init; }
    public int Event { get; init; }
    public int Type { get; init; }
    public AuditAction Action { get; init; }
    public int Outcome { get; init; }
    public string Who { get; init; } = "";
    public string? Certificate { get; init; }
    public string? Address { get; init; }
    public string? Through { get; init; }
    public Operation? Operation { get; init; }
    public string? Destination { get; init; }
    public string? Study { get; init; }
    public string? PatientId { get; init; }
    public string? Issuer { get; init; }
    public AccessBasis? Basis { get; init; }
    public RefusalReason? Refusal { get; init; }
    public int Count { get; init; }
    public int Failures { get; init; }
    public string? Detail { get; init; }

    public static byte[] Write(TrailEvent trailEvent, DateTimeOffset at)
    {
        var payload = new TrailPayload
        {
            At = at,
            Event = (int)trailEvent.Event,
            Type = (int)trailEvent.Type,
            Action = trailEvent.Action,
            Outcome = (int)trailEvent.Outcome,
            Who = Cut(trailEvent.Who, NameLengthMax) ?? "",
            Certificate = trailEvent.Certificate?.Value,
            Address = Cut(trailEvent.Address, NameLengthMax),
            Through = Cut(trailEvent.Through, NameLengthMax),
            Operation = trailEvent.Operation,
            Destination = Cut(trailEvent.Destination, NameLengthMax),
            Study = trailEvent.Study?.Value,
            PatientId = Cut(trailEvent.Patient?.PatientId, NameLengthMax),
            Issuer = Cut(trailEvent.Patient?.Issuer, NameLengthMax),
            Basis = trailEvent.Basis,
            Refusal = trailEvent.Refusal,
            Count = trailEvent.Count,
            Failures = trailEvent.Failures,
            Detail = Cut(trailEvent.Detail, DetailLengthMax),
        };
        return JsonSerializer.SerializeToUtf8Bytes(payload, TrailJson.Default.TrailPayload);
    }

    /// <exception cref="JsonException">It is no payload.</exception>
    public static TrailEntry Read(long sequence, ReadOnlySpan<byte> bytes)
    {
        var payload =
            JsonSerializer.Deserialize(bytes, TrailJson.Default.TrailPayload) ?? throw new JsonException("no payload");
        var patient = payload.PatientId is null ? null : new PatientKey(payload.PatientId, payload.Issuer ?? "");
        return new TrailEntry(
            sequence,
            payload.At,
            new TrailEvent
            {
                Event = (AuditEvent)payload.Event,
                Type = (AuditEventType)payload.Type,
                Action = payload.Action,
                Outcome = (AuditOutcome)payload.Outcome,
                Who = payload.Who,
                Certificate = CertificateFingerprint.TryParse(payload.Certificate, out var shown) ? shown : null,
                Address = payload.Address,
                Through = payload.Through,
                Operation = payload.Operation,
                Destination = payload.Destination,
                Study = StudyInstanceUid.TryParse(payload.Study, out var study) ? study : null,
                Patient = patient,
                Basis = payload.Basis,
                Refusal = payload.Refusal,
                Count = payload.Count,
                Failures = payload.Failures,
                Detail = payload.Detail,
            }
        );
    }

    private static string? Cut(string? text, int lengthMax) =>
        text is not null && text.Length > lengthMax ? text[..lengthMax] : text;

    [JsonSourceGenerationOptions(
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UseStringEnumConverter = true
    )]
    [JsonSerializable(typeof(TrailPayload))]
    private sealed partial class TrailJson : JsonSerializerContext;
}
