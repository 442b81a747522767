using System.Text.Json.Serialization;

namespace Leadglass.Exposure;

/// <summary>One endpoint of a system, with all that was tried there.</summary>
public sealed record FoundEndpoint
{
    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary><c>dicom</c>, <c>dicom-tls</c>, <c>dicomweb</c>, <c>dicomweb-tls</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The scope's name that led here; null without one.</summary>
    public string? Name { get; init; }

    /// <summary>Whether a stranger's query is answered; null: unknown.</summary>
    public bool? QueryOpen { get; init; }

    /// <summary>Whether a stranger's query yields records; null: unknown.</summary>
    public bool? RecordsVisible { get; init; }

    /// <summary>Whether a stranger's retrieval is answered; null: unknown.</summary>
    public bool? RetrieveOpen { get; init; }

    /// <summary>Whether verification is answered; null: unknown or not tried.</summary>
    public bool? EchoOpen { get; init; }

    /// <summary>Whether an administration interface answers without sign-in.</summary>
    public bool AdministrationOpen { get; init; }

    /// <summary>What TLS showed.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>Whether AE titles are checked; null for DICOMweb.</summary>
    public AeTitleCheck? AeTitleCheck { get; init; }

    /// <summary>The called AE title that got furthest.</summary>
    public string? CalledAeTitle { get; init; }

    /// <summary>Implementation Class UID.</summary>
    public string? ImplementationClassUid { get; init; }

    /// <summary>Implementation Version Name.</summary>
    public string? ImplementationVersionName { get; init; }

    /// <summary>UIDs of the SOP classes whose presentation contexts were accepted. Proves nothing by itself.</summary>
    [JsonRequired]
    public IReadOnlyList<string> AcceptedSopClasses { get; init; } = [];

    /// <summary>The DICOMweb root that answered furthest.</summary>
    public string? Root { get; init; }

    /// <summary>Signs of the web front, as kind and value.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, string> Signs { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The rungs tried, in the order of the ladder.</summary>
    [JsonRequired]
    public IReadOnlyList<FoundRung> Rungs { get; init; } = [];

    /// <summary>What was counted here.</summary>
    public ExposedRecords? Records { get; init; }

    /// <summary>Keywords of identifying attributes that were filled. Never a value.</summary>
    [JsonRequired]
    public IReadOnlyList<string> IdentifyingFields { get; init; } = [];

    /// <summary>Behaviour that no honest archive shows.</summary>
    [JsonRequired]
    public IReadOnlyList<string> Oddities { get; init; } = [];

    internal bool IsDimse => Protocol.Equals("dicom", StringComparison.Ordinal) || IsDimseTls;

    internal bool IsTls => IsDimseTls || Protocol.Equals("dicomweb-tls", StringComparison.Ordinal);

    private bool IsDimseTls => Protocol.Equals("dicom-tls", StringComparison.Ordinal);
}

/// <summary>One rung tried at an endpoint.</summary>
/// <param name="Rung">0 to 6; 5a and 5b are both 5.</param>
/// <param name="Label">As the ladder calls it.</param>
/// <param name="Answer">Open, closed or unknown.</param>
/// <param name="Response">What the server sent, in code.</param>
/// <param name="Reason">Why that means this answer.</param>
/// <param name="At">When, UTC.</param>
public sealed record FoundRung(
    int Rung,
    string Label,
    Answer Answer,
    string Response,
    string Reason,
    DateTimeOffset At
);

/// <summary>The ladder's own numbers.</summary>
public static class RungNumbers
{
    /// <summary>0 to 6: counting by endpoints (5a) and by queries (5b) are both 5, identifying fields are 6.</summary>
    public static int Number(this Rung rung) =>
        rung switch
        {
            Rung.CountRecords => 5,
            Rung.IdentifyingFields => 6,
            _ => (int)rung,
        };
}
