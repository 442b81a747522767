using System.Collections.Immutable;
using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>What is known of an instance before its data set arrives.</summary>
public sealed record IngestRequest
{
    /// <summary>
    /// Affected SOP Class UID of the C-STORE request (PS3.7 9.3.1). Null: what the data set says, as for files, whose
    /// group 2 is often wrong.
    /// </summary>
    public SopClassUid? SopClass { get; init; }

    /// <summary>Affected SOP Instance UID; null: what the data set says.</summary>
    public SopInstanceUid? SopInstance { get; init; }

    /// <summary>The study that it must be of, where the request names one (PS3.18 10.5.1); null: any.</summary>
    public StudyInstanceUid? Study { get; init; }

    /// <summary>How the data set is encoded.</summary>
    public required TransferSyntax TransferSyntax { get; init; }

    /// <summary>Storage SOP classes of others that the peer named by common extended negotiation (PS3.7 D.3.3.6).</summary>
    public ImmutableArray<string> NegotiatedStorageSopClasses { get; init; } = [];

    /// <summary>
    /// Issuer of Patient ID for a data set that names none; null: the default of the device that sends.
    /// </summary>
    public string? DefaultIssuer { get; init; }

    /// <summary>Whose it is, where an import maps IDs; null: the data set's own Patient ID.</summary>
    public PatientKey? Patient { get; init; }

    /// <summary>Reveals nothing of the patient.</summary>
    public override string ToString() => $"{SopClass?.Value ?? "instance"} in {TransferSyntax}";
}

/// <summary>What became of an instance.</summary>
public enum IngestResult
{
    /// <summary>It is on stable storage and findable.</summary>
    Stored,

    /// <summary>The same instance was here already, perhaps in another transfer syntax.</summary>
    AlreadyStored,

    /// <summary>It contradicts what is known: kept durably, apart, until someone decides.</summary>
    Quarantined,

    /// <summary>Nothing of it is kept.</summary>
    Refused,
}

/// <summary>What became of an instance, and what to answer.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Status">The status of the C-STORE response (PS3.4 B.2.3).</param>
/// <param name="Comment">Error Comment (0000,0902): at most 64 characters, without any value. Null for none.</param>
public sealed record IngestOutcome(IngestResult Result, ushort Status, string? Comment)
{
    /// <summary>The study, once it is known.</summary>
    public StudyFacts? Study { get; init; }

    /// <summary>Its UIDs, once they are known; null where the data set does not tell.</summary>
    public InstanceUids? Instance { get; init; }

    /// <summary>Why it was quarantined or refused as a conflict.</summary>
    public ConflictReason? Conflict { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"{Result} {Status:X4}";
}

/// <summary>Statuses of the storage service (PS3.4 B.2.3, PS3.7 C).</summary>
public static class StorageStatus
{
    /// <summary>Success.</summary>
    public const ushort Success = 0x0000;

    /// <summary>Processing failure (PS3.7 C.5.21).</summary>
    public const ushort ProcessingFailure = 0x0110;

    /// <summary>Refused: SOP class not supported (PS3.7 C.5.6).</summary>
    public const ushort SopClassNotSupported = 0x0122;

    /// <summary>Refused: not authorized (PS3.7 C.5.27).</summary>
    public const ushort NotAuthorized = 0x0124;

    /// <summary>Warning: coercion of data elements; here: kept, but not as what it says it is.</summary>
    public const ushort Conflict = 0xB000;

    /// <summary>Refused: out of resources.</summary>
    public const ushort OutOfResources = 0xA700;

    /// <summary>Error: data set does not match SOP class.</summary>
    public const ushort DataSetDoesNotMatch = 0xA900;

    /// <summary>Error: cannot understand.</summary>
    public const ushort CannotUnderstand = 0xC000;
}
