using System.Collections.Immutable;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>A patient: Patient ID (0010,0020) within its issuer (0010,0021); an empty issuer is one of its own.</summary>
public sealed record PatientKey(string PatientId, string Issuer)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "patient";
}

/// <summary>What the policy has to know about a study, or a part of one, before it is released or taken in.</summary>
public sealed record StudyFacts
{
    /// <summary>The study.</summary>
    public required StudyInstanceUid Study { get; init; }

    /// <summary>Whose it is; null when it has no Patient ID.</summary>
    public PatientKey? Patient { get; init; }

    /// <summary>
    /// The modalities of what is touched: one for a series or an instance, all of the study's for the study itself.
    /// </summary>
    public ImmutableArray<string> Modalities { get; init; } = [];

    /// <summary>Who referred the patient, as the study says; null when it names nobody.</summary>
    public ReferringPhysician? Referring { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "study";
}

/// <summary>Limits of a device's rights to patients and modalities. No entries in a list: no limit of that kind.</summary>
public sealed record DeviceScope
{
    /// <summary>No limit.</summary>
    public static DeviceScope Everything { get; } = new();

    /// <summary>Only these patients.</summary>
    public ImmutableArray<PatientKey> Patients { get; init; } = [];

    /// <summary>Only these modalities (0008,0060), as CT, MR.</summary>
    public ImmutableArray<string> Modalities { get; init; } = [];

    /// <summary>True: no limit of any kind.</summary>
    public bool IsEverything => Patients.IsEmpty && Modalities.IsEmpty;

    /// <summary>
    /// Whether the facts lie inside. With a limit to modalities a study is inside when one of its modalities is; what
    /// lacks the attribute that a limit asks for is outside.
    /// </summary>
    public bool Covers(StudyFacts facts)
    {
        if (!Patients.IsEmpty && (facts.Patient is null || !Patients.Contains(facts.Patient)))
        {
            return false;
        }
        return Modalities.IsEmpty || facts.Modalities.Any(modality => Modalities.Contains(modality));
    }

    /// <summary>Same limits, whatever their order.</summary>
    public bool Equals(DeviceScope? other) =>
        other is not null
        && Patients.ToHashSet().SetEquals(other.Patients)
        && Modalities.ToHashSet().SetEquals(other.Modalities);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Patients.Distinct().Count(), Modalities.Distinct().Count());

    /// <summary>How many limits, not which.</summary>
    public override string ToString() => $"{Patients.Length} patients, {Modalities.Length} modalities";
}
