namespace Leadglass.Archive;

/// <summary>
/// Why instances are rejected: the codes of a rejection note's title (PS3.16 CID 7011; IHE Imaging Object Change
/// Management, RAD TF-2 4.66, 4.68, 4.69).
/// </summary>
public enum RejectionReason : byte
{
    /// <summary>113001: rejected for quality reasons.</summary>
    Quality = 1,

    /// <summary>113037: rejected for patient safety reasons.</summary>
    PatientSafety = 2,

    /// <summary>113038: incorrect modality worklist entry.</summary>
    IncorrectWorklistEntry = 3,

    /// <summary>113039: data retention policy expired.</summary>
    DataRetentionExpired = 4,
}

/// <summary>The codes of the reasons.</summary>
public static class RejectionReasons
{
    /// <summary>Code Value (0008,0100) in the coding scheme DCM.</summary>
    public static string CodeOf(this RejectionReason reason) =>
        reason switch
        {
            RejectionReason.Quality => "113001",
            RejectionReason.PatientSafety => "113037",
            RejectionReason.IncorrectWorklistEntry => "113038",
            RejectionReason.DataRetentionExpired => "113039",
            _ => throw new ArgumentOutOfRangeException(nameof(reason)),
        };

    /// <summary>The reason of a code of the scheme DCM; null for any other.</summary>
    public static RejectionReason? Find(string? codeValue) =>
        codeValue switch
        {
            "113001" => RejectionReason.Quality,
            "113037" => RejectionReason.PatientSafety,
            "113038" => RejectionReason.IncorrectWorklistEntry,
            "113039" => RejectionReason.DataRetentionExpired,
            _ => null,
        };
}
