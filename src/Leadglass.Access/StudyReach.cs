using System.Collections.Immutable;

namespace Leadglass.Access;

/// <summary>
/// Where the studies of a narrow grant are to be looked for: a study in reach has one of these patients, or is one of
/// these studies, or names one of these referring physicians. A snapshot: the grant itself decides about each study.
/// </summary>
/// <param name="Patients">Patients with all their studies.</param>
/// <param name="Studies">Study Instance UIDs.</param>
/// <param name="Referring">Referring physicians.</param>
public sealed record StudyReach(
    ImmutableArray<PatientKey> Patients,
    ImmutableArray<string> Studies,
    ImmutableArray<ReferringIdentity> Referring
)
{
    /// <summary>How many, not which.</summary>
    public override string ToString() =>
        $"{Patients.Length} patients, {Studies.Length} studies, {Referring.Length} physicians";
}
