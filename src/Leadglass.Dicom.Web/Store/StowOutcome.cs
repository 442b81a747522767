namespace Leadglass.Dicom.Web;

/// <summary>Reasons of failures and warnings (PS3.18 I.2, PS3.7 C).</summary>
public static class StowReason
{
    /// <summary>Warning: kept, but not as what it says it is (coercion of data elements).</summary>
    public const ushort Coerced = 0xB000;

    /// <summary>Processing failure.</summary>
    public const ushort ProcessingFailure = 0x0110;

    /// <summary>SOP class not supported.</summary>
    public const ushort SopClassNotSupported = 0x0122;

    /// <summary>Not authorized.</summary>
    public const ushort NotAuthorized = 0x0124;

    /// <summary>Out of resources.</summary>
    public const ushort OutOfResources = 0xA700;

    /// <summary>The data set does not match: its SOP class, or the study that the request is about.</summary>
    public const ushort DoesNotMatch = 0xA900;

    /// <summary>Cannot understand.</summary>
    public const ushort CannotUnderstand = 0xC000;

    /// <summary>Transfer syntax not supported.</summary>
    public const ushort TransferSyntaxNotSupported = 0xC122;
}

/// <summary>What became of one instance of a store request.</summary>
/// <param name="SopClass">As far as it is known.</param>
/// <param name="SopInstance">As far as it is known; null: it goes to the other failures.</param>
/// <param name="Study">As far as it is known.</param>
/// <param name="Series">As far as it is known.</param>
/// <param name="Failure">Null: it is stored.</param>
/// <param name="Warning">Stored, with a remark.</param>
public sealed record StowOutcome(
    SopClassUid? SopClass,
    SopInstanceUid? SopInstance,
    StudyInstanceUid? Study,
    SeriesInstanceUid? Series,
    ushort? Failure,
    ushort? Warning = null
)
{
    /// <summary>Why, in words without values: Error Comment (0000,0902); null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>The outcome and nothing of the instance.</summary>
    public override string ToString() => Failure is { } reason ? $"failed {reason:X4}" : "stored";
}
