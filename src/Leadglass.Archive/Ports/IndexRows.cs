using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>One study as the index keeps it.</summary>
/// <param name="Token">Of the Study Instance UID.</param>
/// <param name="Patient">Of Patient ID and issuer, or of the study where there is no Patient ID.</param>
/// <param name="Key">Which key of the key ring the study's content is sealed under.</param>
/// <param name="Sealed">Patient and study attributes, sealed.</param>
public sealed record StudyRow(Token Token, Token Patient, KeyId Key, ReadOnlyMemory<byte> Sealed)
{
    /// <summary>Kept by the index itself: how many series with instances that are not rejected.</summary>
    public int SeriesCount { get; init; }

    /// <summary>Kept by the index itself: how many instances, the rejected ones not counted.</summary>
    public int InstanceCount { get; init; }
}

/// <summary>One series as the index keeps it.</summary>
/// <param name="Token">Of the Series Instance UID.</param>
/// <param name="Study">The study it belongs to.</param>
/// <param name="Sealed">Series attributes, sealed.</param>
public sealed record SeriesRow(Token Token, Token Study, ReadOnlyMemory<byte> Sealed)
{
    /// <summary>Kept by the index itself: how many instances, the rejected ones not counted.</summary>
    public int InstanceCount { get; init; }

    /// <summary>Kept by the index itself: rises whenever what the series shows changes.</summary>
    public long Changes { get; init; }
}

/// <summary>One instance as the index keeps it.</summary>
/// <param name="Token">Of the SOP Instance UID.</param>
/// <param name="Series">The series it belongs to.</param>
/// <param name="SopClass">Of SOP Instance UID with SOP Class UID.</param>
/// <param name="Digest">Keyed digest of what the instance says, for recognising the same one.</param>
/// <param name="Location">Its sealed record.</param>
/// <param name="Sealed">What a query needs of it, sealed.</param>
public sealed record InstanceRow(
    Token Token,
    Token Series,
    Token SopClass,
    ContentDigest Digest,
    BlobLocation Location,
    ReadOnlyMemory<byte> Sealed
)
{
    /// <summary>Why it was rejected; null for an instance that is shown.</summary>
    public RejectionReason? Rejected { get; init; }
}

/// <summary>What was decided about a study, for lists.</summary>
/// <param name="Record">The record that it is.</param>
/// <param name="Kind">What kind of decision.</param>
/// <param name="Study">About which study.</param>
/// <param name="Key">Which key of the key ring it is sealed under: the study's.</param>
/// <param name="Sealed">Its descriptor, sealed.</param>
public sealed record DecisionRow(Token Record, DecisionKind Kind, Token Study, KeyId Key, ReadOnlyMemory<byte> Sealed);

/// <summary>What can be decided about a study and is listed.</summary>
public enum DecisionKind : byte
{
    /// <summary>Instances were rejected.</summary>
    Rejection = 1,

    /// <summary>The study was assigned to another patient.</summary>
    Correction = 2,
}

/// <summary>The metadata of a series, made ready.</summary>
/// <param name="Series">The series.</param>
/// <param name="Changes">Its <see cref="SeriesRow.Changes"/> when this was made.</param>
/// <param name="Instances">How many instances it tells of.</param>
/// <param name="Length">Bytes of the JSON.</param>
/// <param name="Sealed">The JSON, compressed and sealed.</param>
public sealed record MetadataRow(Token Series, long Changes, int Instances, long Length, ReadOnlyMemory<byte> Sealed);

/// <summary>Content that contradicts what is known, kept until someone decides.</summary>
/// <param name="Content">Of the SOP Instance UID with the content: its identity.</param>
/// <param name="Device">Of the device that sent it.</param>
/// <param name="Instance">Of the SOP Instance UID.</param>
/// <param name="Reason">Why.</param>
/// <param name="Key">Which key of the key ring it is sealed under, its own.</param>
/// <param name="Location">Its sealed record.</param>
/// <param name="Sealed">What a list needs of it, sealed.</param>
public sealed record QuarantineRow(
    Token Content,
    Token Device,
    Token Instance,
    ConflictReason Reason,
    KeyId Key,
    BlobLocation Location,
    ReadOnlyMemory<byte> Sealed
);

/// <summary>How much is quarantined.</summary>
public readonly record struct QuarantineUse(int Instances, long Bytes);

/// <summary>Why an instance was quarantined.</summary>
public enum ConflictReason : byte
{
    /// <summary>The SOP Instance UID is known with other content.</summary>
    OtherContent = 1,

    /// <summary>The study is known with another patient.</summary>
    OtherPatient = 2,

    /// <summary>The series is known in another study.</summary>
    OtherStudy = 3,

    /// <summary>The instance is known in another series.</summary>
    OtherSeries = 4,
}
