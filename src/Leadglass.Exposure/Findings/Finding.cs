using System.Text.Json.Serialization;

namespace Leadglass.Exposure;

/// <summary>
/// One system (a host that speaks DICOM or DICOMweb, whatever the number of its ports) and what a stranger gets from it.
/// It holds what the audit document holds, and nothing of any patient.
/// </summary>
public sealed record Finding
{
    /// <summary>Its address, IPv4 or IPv6 without brackets.</summary>
    public required string Address { get; init; }

    /// <summary>The port of the endpoint that decides: the most open one; of equals DIMSE before DICOMweb, clear before TLS.</summary>
    public required int Port { get; init; }

    /// <summary>What that endpoint speaks: <c>dicom</c>, <c>dicom-tls</c>, <c>dicomweb</c>, <c>dicomweb-tls</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The highest rung that gave an answer there, 1 to 6; 5a and 5b are both 5.</summary>
    public required int Rung { get; init; }

    /// <summary>The same as the ladder calls it: <c>5b</c>.</summary>
    public required string RungLabel { get; init; }

    /// <summary>Whether a stranger's query is answered; null: unknown.</summary>
    public required bool? QueryOpen { get; init; }

    /// <summary>Whether a stranger's query yields records; null: unknown.</summary>
    public required bool? RecordsVisible { get; init; }

    /// <summary>Whether a stranger's retrieval is answered; null: unknown.</summary>
    public required bool? RetrieveOpen { get; init; }

    /// <summary>Whether verification (C-ECHO) is answered; null: unknown or not tried.</summary>
    public bool? EchoOpen { get; init; }

    /// <summary>Whether an administration interface answers without sign-in.</summary>
    public bool AdministrationOpen { get; init; }

    /// <summary>What product it is, as far as it can be told.</summary>
    public required FoundProduct Product { get; init; }

    /// <summary>How bad it is.</summary>
    public required Severity Severity { get; init; }

    /// <summary>What a stranger could do, in one sentence.</summary>
    public required FindingText Sentence { get; init; }

    /// <summary>What to do about it, in the order of the steps.</summary>
    [JsonRequired]
    public IReadOnlyList<FoundStep> Advice { get; init; } = [];

    /// <summary>Which logs to secure, because they tell who has been there.</summary>
    [JsonRequired]
    public IReadOnlyList<FoundLog> LogsToSecure { get; init; } = [];

    /// <summary>What was counted on this host, each unit from its best source; null where nothing was.</summary>
    public ExposedRecords? Records { get; init; }

    /// <summary>Keywords of identifying attributes that were filled (rung 6). Never a value.</summary>
    [JsonRequired]
    public IReadOnlyList<string> IdentifyingFields { get; init; } = [];

    /// <summary>How likely it is a honeypot, 0 to 1.</summary>
    public double HoneypotLikelihood { get; init; }

    /// <summary>Which signs speak for a honeypot.</summary>
    [JsonRequired]
    public IReadOnlyList<string> HoneypotSigns { get; init; } = [];

    /// <summary>How likely it is a demonstration with made-up patients, 0 to 1.</summary>
    public double DemoLikelihood { get; init; }

    /// <summary>Which signs speak for a demonstration.</summary>
    [JsonRequired]
    public IReadOnlyList<string> DemoSigns { get; init; } = [];

    /// <summary>Whose it is by the scope's inventory; null where the inventory does not list it.</summary>
    public FoundInventory? Inventory { get; init; }

    /// <summary>Whether the scope marks it as a device, which is never probed above rung 1.</summary>
    public bool IsDevice { get; init; }

    /// <summary>When the first and the last rung were tried, UTC.</summary>
    public required DateTimeOffset FirstProbed { get; init; }

    /// <inheritdoc cref="FirstProbed"/>
    public required DateTimeOffset LastProbed { get; init; }

    /// <summary>Each endpoint of the host that speaks DICOM or DICOMweb, the deciding one first.</summary>
    public required IReadOnlyList<FoundEndpoint> Endpoints { get; init; }

    /// <summary>Whether it counts as open in the totals: a stranger's query or retrieval is answered.</summary>
    internal bool IsOpen => QueryOpen is true || RetrieveOpen is true;
}

/// <summary>A text of the audit in the two languages of the project.</summary>
/// <param name="En">English.</param>
/// <param name="De">German.</param>
public sealed record FindingText(string En, string De);

/// <summary>One step that closes an exposure.</summary>
/// <param name="En">What to do, in English.</param>
/// <param name="De">The same in German.</param>
/// <param name="Setting">The setting as it should stand; null where there is none.</param>
/// <param name="Source">Where this is documented.</param>
public sealed record FoundStep(string En, string De, string? Setting, string? Source);

/// <summary>A log that may tell who has been there.</summary>
/// <param name="Path">Where it lies by default; null where the product has no fixed place.</param>
/// <param name="En">What it holds and how to secure it, in English.</param>
/// <param name="De">The same in German.</param>
public sealed record FoundLog(string? Path, string En, string De);

/// <summary>What product a system is.</summary>
/// <param name="Name">Its name; <c>unknown</c>.</param>
/// <param name="Version">Its version, where it says one.</param>
/// <param name="Vendor">Who makes it.</param>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Evidence">What speaks for it.</param>
public sealed record FoundProduct(
    string Name,
    string? Version,
    string? Vendor,
    double Confidence,
    IReadOnlyList<string> Evidence
);

/// <summary>Whose a system is, by the scope's inventory.</summary>
/// <param name="Site">Where it stands.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Contact">Who is to be told.</param>
public sealed record FoundInventory(string? Site, string? Owner, string? Contact);
