using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Leadglass.Access.Trails;

namespace Leadglass.Cli.Commands;

/// <summary>One entry of the trail as <c>leadglass trail --json</c> writes it: one object per line.</summary>
internal sealed record TrailLine
{
    public required long Sequence { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Event { get; init; }

    /// <summary>The DICOM code of the event (PS3.16 CID 400).</summary>
    public required int Code { get; init; }
    public string? Type { get; init; }
    public required string Outcome { get; init; }
    public required string Who { get; init; }
    public string? Certificate { get; init; }
    public string? Address { get; init; }

    /// <summary>The edge by which it came.</summary>
    public string? Through { get; init; }
    public string? Operation { get; init; }
    public string? Destination { get; init; }
    public string? Refusal { get; init; }
    public int Count { get; init; }
    public int Failures { get; init; }
    public string? Detail { get; init; }
    public string? Study { get; init; }
    public string? PatientId { get; init; }
    public string? Issuer { get; init; }

    /// <summary>The entry; without patient, study and query unless the reader may see them.</summary>
    public static TrailLine Of(TrailEntry entry, bool showsPatients)
    {
        var recorded = entry.Event;
        return new TrailLine
        {
            Sequence = entry.Sequence,
            At = entry.At,
            Event = recorded.Event.ToString(),
            Code = (int)recorded.Event,
            Type = recorded.Type is AuditEventType.None ? null : recorded.Type.ToString(),
            Outcome = recorded.Outcome.ToString(),
            Who = recorded.Who,
            Certificate = recorded.Certificate?.Value,
            Address = recorded.Address,
            Through = recorded.Through,
            Operation = recorded.Operation?.ToString(),
            Destination = recorded.Destination,
            Refusal = recorded.Refusal?.ToString(),
            Count = recorded.Count,
            Failures = recorded.Failures,
            Detail = showsPatients || recorded.Event is not AuditEvent.Query ? recorded.Detail : null,
            Study = showsPatients ? recorded.Study?.Value : null,
            PatientId = showsPatients ? recorded.Patient?.PatientId : null,
            Issuer = showsPatients ? recorded.Patient?.Issuer : null,
        };
    }

    /// <summary>The entry for a person, on one line; nothing that came from a peer can break the line.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{At:yyyy-MM-ddTHH:mm:ssZ} {Who, -20} {Event}");
        Append(text, "", Operation);
        Append(text, "refused: ", Refusal);
        Append(text, "outcome: ", Outcome == nameof(AuditOutcome.Success) || Refusal is not null ? null : Outcome);
        Append(text, "from ", Address);
        Append(text, "by edge ", Through);
        Append(text, "to ", Destination);
        Append(text, "patient ", PatientId);
        Append(text, "study ", Study);
        Append(text, "times ", Count == 1 ? null : Count.ToString(CultureInfo.InvariantCulture));
        Append(text, "failed ", Failures == 0 ? null : Failures.ToString(CultureInfo.InvariantCulture));
        Append(text, "", Detail);
        return text.ToString();
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => Event;

    private static void Append(StringBuilder text, string label, string? value)
    {
        if (value is not null)
        {
            text.Append("  ").Append(label);
            foreach (var character in value)
            {
                text.Append(char.IsControl(character) ? ' ' : character);
            }
        }
    }
}

/// <summary>How lines for programs are written: one object per line.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(TrailLine))]
internal sealed partial class CommandLineJson : JsonSerializerContext;
