namespace Leadglass.Archive;

/// <summary>Whose a study is, by whoever keeps the records. What is null leaves empty.</summary>
public sealed record PatientCorrection
{
    /// <summary>Patient ID (0010,0020), not empty.</summary>
    public required string PatientId { get; init; }

    /// <summary>Issuer of Patient ID (0010,0021).</summary>
    public string? Issuer { get; init; }

    /// <summary>Patient's Name (0010,0010), as DICOM writes it: Family^Given.</summary>
    public string? Name { get; init; }

    /// <summary>Patient's Birth Date (0010,0030): YYYYMMDD.</summary>
    public string? BirthDate { get; init; }

    /// <summary>Patient's Sex (0010,0040): M, F or O.</summary>
    public string? Sex { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "patient";
}
