namespace Leadglass.Exposure;

/// <summary>Whether AE titles are checked, as far as rejections showed.</summary>
public enum AeTitleCheck
{
    /// <summary>Not told.</summary>
    Unknown,

    /// <summary>An unknown calling and an unknown called title were taken.</summary>
    None,

    /// <summary>A called title was rejected (PS3.8 Table 9-21, source 1, reason 7): a title is required that is not known here.</summary>
    Called,

    /// <summary>A calling title was rejected (source 1, reason 3).</summary>
    Calling,
}

/// <summary>What one endpoint showed over the DICOM upper layer.</summary>
public sealed record DicomObservation
{
    /// <summary>The endpoint.</summary>
    public required ProbeTarget Target { get; init; }

    /// <summary>Whether a DICOM upper layer answered: an accept, a reject, or an A-ABORT of well-formed bytes.</summary>
    public required bool SpeaksDicom { get; init; }

    /// <summary>Whether DICOM was spoken inside TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>What TLS showed, also where DICOM could not be reached within it.</summary>
    public TlsFacts? Tls { get; init; }

    /// <summary>Whether AE titles are checked.</summary>
    public AeTitleCheck AeTitleCheck { get; init; }

    /// <summary>The called AE title that got furthest; null when none was accepted.</summary>
    public string? CalledAeTitle { get; init; }

    /// <summary>Implementation Class UID (PS3.7 D.3.3.2) as sent, checked to be a UID.</summary>
    public string? ImplementationClassUid { get; init; }

    /// <summary>Implementation Version Name as sent, printable ASCII only, 16 characters at most.</summary>
    public string? ImplementationVersionName { get; init; }

    /// <summary>UIDs of the SOP classes whose presentation contexts were accepted, of those proposed. Proves nothing by itself.</summary>
    public IReadOnlyList<string> AcceptedSopClasses { get; init; } = [];

    /// <summary>The rungs tried, lowest first; a rung may have been tried with more than one called title.</summary>
    public IReadOnlyList<RungAnswer> Rungs { get; init; } = [];

    /// <summary>Whether a stranger's query yields records: true when a match came, null when that was not asked or cannot be told.</summary>
    public bool? RecordsVisible { get; init; }

    /// <summary>What was counted; null below rung 5b.</summary>
    public ExposedRecords? Records { get; init; }

    /// <summary>Keywords of identifying attributes that were filled (rung 6): <c>PatientName</c>. Never a value.</summary>
    public IReadOnlyList<string> IdentifyingFields { get; init; } = [];

    /// <summary>Behaviour that no honest archive shows, for the likelihood of a honeypot: one code each, <c>echoes-any-sop-class</c>.</summary>
    public IReadOnlyList<string> Oddities { get; init; } = [];
}
