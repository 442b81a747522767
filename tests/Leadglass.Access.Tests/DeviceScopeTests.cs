using CsCheck;

namespace Leadglass.Access.Tests;

/// <summary>Limits only ever take away.</summary>
public sealed class DeviceScopeTests
{
    private static readonly Gen<PatientKey> Patient = Gen.Select(
        OneOf("TEST-1", "TEST-2", "TEST-3", ""),
        OneOf("WARD", "OTHER", ""),
        (id, issuer) => new PatientKey(id, issuer)
    );
    private static readonly Gen<string> Modality = OneOf("CT", "MR", "US", "PR");
    private static readonly Gen<DeviceScope> Scope = Gen.Select(
        Patient.Array[0, 3],
        Modality.Array[0, 3],
        (patients, modalities) => new DeviceScope { Patients = [.. patients], Modalities = [.. modalities] }
    );
    private static readonly Gen<StudyFacts> Facts = Gen.Select(
        Gen.Bool,
        Patient,
        Modality.Array[0, 3],
        (isKnown, patient, modalities) =>
            Enrolled.Study() with
            {
                Patient = isKnown ? patient : null,
                Modalities = [.. modalities],
            }
    );

    private static Gen<string> OneOf(params string[] values) =>
        Gen.Int[0, values.Length - 1].Select(index => values[index]);

    [Fact]
    public void WithoutLimitsEverythingIsCovered() => Facts.Sample(DeviceScope.Everything.Covers);

    [Fact]
    public void ANarrowerScopeCoversNothingMore() =>
        Gen.Select(Scope, Scope, Facts)
            .Sample(
                (one, other, facts) =>
                {
                    // Dropping entries narrows, as long as a list does not become empty, which means no limit.
                    var narrowed = new DeviceScope
                    {
                        Patients = one.Patients.Length > 1 ? one.Patients[1..] : one.Patients,
                        Modalities = one.Modalities.Length > 1 ? one.Modalities[1..] : one.Modalities,
                    };
                    var both = new DeviceScope
                    {
                        Patients = one.Patients.IsEmpty ? other.Patients : one.Patients,
                        Modalities = one.Modalities.IsEmpty ? other.Modalities : one.Modalities,
                    };
                    return (!narrowed.Covers(facts) || one.Covers(facts)) && (!both.Covers(facts) || one.Covers(facts));
                }
            );

    [Fact]
    public void OrderAndRepetitionMakeNoDifference() =>
        Gen.Select(Scope, Facts)
            .Sample(
                (scope, facts) =>
                {
                    var turned = new DeviceScope
                    {
                        Patients = [.. scope.Patients.Reverse()],
                        Modalities = [.. scope.Modalities.Reverse(), .. scope.Modalities],
                    };
                    return scope.Equals(turned)
                        && (!scope.Equals(turned) || scope.GetHashCode() == turned.GetHashCode())
                        && scope.Covers(facts) == turned.Covers(facts);
                }
            );
}
