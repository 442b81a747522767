using Leadglass.Access.Trails;

namespace Leadglass.Server.Pages.Trails;

/// <summary>A question to the trail as its form was filled in, and the answer.</summary>
public sealed class TrailModel
{
    /// <summary>First day.</summary>
    public DateOnly? Since { get; init; }

    /// <summary>Last day.</summary>
    public DateOnly? Until { get; init; }

    /// <summary>Key of an identity.</summary>
    public string Who { get; init; } = "";

    /// <summary>Patient ID.</summary>
    public string PatientId { get; init; } = "";

    /// <summary>Its issuer.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Study Instance UID.</summary>
    public string Study { get; init; } = "";

    /// <summary>Which kind of event; null: any.</summary>
    public AuditEvent? Event { get; init; }

    /// <summary>The answer; null: nothing was asked that can be.</summary>
    public TrailAnswer? Answer { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "trail question";
}
