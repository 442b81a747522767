namespace Leadglass.Exposure;

/// <summary>What one endpoint showed over HTTP.</summary>
public sealed record WebObservation
{
    /// <summary>The endpoint.</summary>
    public required ProbeTarget Target { get; init; }

    /// <summary>Whether an HTTP server answered.</summary>
    public required bool SpeaksHttp { get; init; }

    /// <summary>Whether a DICOMweb service or a known archive's web front answered, open or closed.</summary>
    public bool SpeaksDicomWeb { get; init; }

    /// <summary>The DICOMweb root that answered furthest: <c>/dicom-web</c>.</summary>
    public string? Root { get; init; }

    /// <summary>Whether over TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>What TLS showed.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>
    /// Signs for the fingerprints, as kind and value: <c>server</c>, <c>realm</c>, <c>title</c>, <c>favicon-md5</c>, <c>root</c>. Bounded, printable,
    /// and only from pages that hold no records.
    /// </summary>
    public IReadOnlyDictionary<string, string> Signs { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The rungs tried, lowest first.</summary>
    public IReadOnlyList<RungAnswer> Rungs { get; init; } = [];

    /// <summary>Whether a stranger's query yields records; null when not asked or not to be told.</summary>
    public bool? RecordsVisible { get; init; }

    /// <summary>Whether an administration interface without sign-in answered (Orthanc's <c>/system</c>).</summary>
    public bool IsAdministrationOpen { get; init; }

    /// <summary>What was counted; null below rung 5a.</summary>
    public ExposedRecords? Records { get; init; }

    /// <summary>Keywords of identifying attributes that were filled (rung 6). Never a value.</summary>
    public IReadOnlyList<string> IdentifyingFields { get; init; } = [];

    /// <summary>Behaviour that no honest archive shows.</summary>
    public IReadOnlyList<string> Oddities { get; init; } = [];
}
