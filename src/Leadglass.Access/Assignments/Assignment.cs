using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>A patient or a study that a referrer may see: exactly one of the two.</summary>
/// <param name="AccountId">Whose account.</param>
/// <param name="Patient">The patient.</param>
/// <param name="Study">Study Instance UID.</param>
public sealed record Assignment(string AccountId, PatientKey? Patient, string? Study)
{
    /// <summary>Random.</summary>
    public string Id { get; init; } = AccessSecret.NewId();

    /// <summary>Who assigned it: <see cref="Identity.Key"/>.</summary>
    public string By { get; init; } = "";

    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>From then on it counts no more; null: until it is taken back.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Of a patient.</summary>
    public static Assignment Of(string accountId, PatientKey patient) => new(accountId, patient, null);

    /// <summary>Of a study.</summary>
    public static Assignment Of(string accountId, StudyInstanceUid study) => new(accountId, null, study.Value);

    internal bool Holds(DateTimeOffset now) => Until is not { } until || now < until;

    internal bool Covers(StudyFacts study) =>
        Patient is not null ? Patient == study.Patient : Study == study.Study.Value;

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "assignment";
}
