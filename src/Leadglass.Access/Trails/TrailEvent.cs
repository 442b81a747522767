using Leadglass.Dicom;

namespace Leadglass.Access.Trails;

/// <summary>What happened: codes of DICOM Audit Message event identifiers (PS3.16 CID 400), designator DCM.</summary>
public enum AuditEvent
{
    /// <summary>The program started or stopped.</summary>
    ApplicationActivity = 110100,

    /// <summary>The trail itself was read.</summary>
    AuditLogUsed = 110101,

    /// <summary>A transfer of a study began.</summary>
    BeginTransferringInstances = 110102,

    /// <summary>Instances were looked at or changed here.</summary>
    InstancesAccessed = 110103,

    /// <summary>A transfer of a study ended.</summary>
    InstancesTransferred = 110104,

    /// <summary>A study was deleted.</summary>
    StudyDeleted = 110105,

    /// <summary>Instances left the archive for a medium or folder.</summary>
    Export = 110106,

    /// <summary>Instances entered the archive from a medium or folder.</summary>
    Import = 110107,

    /// <summary>A query was answered.</summary>
    Query = 110112,

    /// <summary>Security was at stake: a refusal, a change of enrolment, a damaged trail.</summary>
    SecurityAlert = 110113,

    /// <summary>Somebody proved, or failed to prove, who they are.</summary>
    UserAuthentication = 110114,
}

/// <summary>Which kind of it: codes of PS3.16 CID 401, designator DCM.</summary>
public enum AuditEventType
{
    /// <summary>No kind is told.</summary>
    None = 0,

    /// <summary>The program started.</summary>
    ApplicationStart = 110120,

    /// <summary>The program stopped.</summary>
    ApplicationStop = 110121,

    /// <summary>Somebody signed in, or failed to.</summary>
    Login = 110122,

    /// <summary>Somebody signed out, or a session was ended.</summary>
    Logout = 110123,

    /// <summary>A node was, or was not, authenticated.</summary>
    NodeAuthentication = 110126,

    /// <summary>Break-glass: a patient was opened in an emergency.</summary>
    EmergencyOverrideStarted = 110127,

    /// <summary>Enrolment or another setting of security changed.</summary>
    SecurityConfiguration = 110129,

    /// <summary>Somebody asked for what they may not.</summary>
    UseOfRestrictedFunction = 110132,

    /// <summary>The trail's end was damaged and recording stopped there.</summary>
    AuditRecordingStopped = 110133,

    /// <summary>Recording began.</summary>
    AuditRecordingStarted = 110134,

    /// <summary>Who may see a patient or study changed: an assignment, a share.</summary>
    ObjectSecurityAttributesChanged = 110135,

    /// <summary>Somebody's roles changed, or such a change was asked for.</summary>
    SecurityRolesChanged = 110136,

    /// <summary>An account, its lock or its means of signing in changed.</summary>
    UserSecurityAttributesChanged = 110137,

    /// <summary>Break-glass ended or was reviewed.</summary>
    EmergencyOverrideStopped = 110138,
}

/// <summary>What was done to the object (PS3.15 A.5.2, EventActionCode).</summary>
public enum AuditAction
{
    /// <summary>C</summary>
    Create,

    /// <summary>R</summary>
    Read,

    /// <summary>U</summary>
    Update,

    /// <summary>D</summary>
    Delete,

    /// <summary>E</summary>
    Execute,
}

/// <summary>How it ended (PS3.15 A.5.2, EventOutcomeIndicator).</summary>
public enum AuditOutcome
{
    /// <summary>It went well.</summary>
    Success = 0,

    /// <summary>It failed and may be tried again; a refusal.</summary>
    MinorFailure = 4,

    /// <summary>It failed.</summary>
    SeriousFailure = 8,

    /// <summary>It failed and the archive is not as it was.</summary>
    MajorFailure = 12,
}

/// <summary>
/// One thing to be recorded: the facts of a DICOM audit message (PS3.15 A.5). Patient and study stand inside the seal
/// only; <see cref="ToString"/> shows neither.
/// </summary>
public sealed record TrailEvent
{
    /// <summary>What happened.</summary>
    public required AuditEvent Event { get; init; }

    /// <summary>Which kind of it.</summary>
    public AuditEventType Type { get; init; }

    /// <summary>What was done.</summary>
    public AuditAction Action { get; init; } = AuditAction.Execute;

    /// <summary>How it ended.</summary>
    public AuditOutcome Outcome { get; init; }

    /// <summary>Who: <see cref="Identity.Key"/>, "archive" for itself, "stranger".</summary>
    public required string Who { get; init; }

    /// <summary>The certificate shown, if any.</summary>
    public CertificateFingerprint? Certificate { get; init; }

    /// <summary>From where, without port.</summary>
    public string? Address { get; init; }

    /// <summary>The edge by which it came, by name.</summary>
    public string? Through { get; init; }

    /// <summary>What was asked for.</summary>
    public Operation? Operation { get; init; }

    /// <summary>The device to which instances were moved.</summary>
    public string? Destination { get; init; }

    /// <summary>The study.</summary>
    public StudyInstanceUid? Study { get; init; }

    /// <summary>The patient.</summary>
    public PatientKey? Patient { get; init; }

    /// <summary>On what the right to it rested, for people, programs and shares.</summary>
    public AccessBasis? Basis { get; init; }

    /// <summary>Why it was refused.</summary>
    public RefusalReason? Refusal { get; init; }

    /// <summary>How many: instances transferred, or refusals summed.</summary>
    public int Count { get; init; } = 1;

    /// <summary>How many failed.</summary>
    public int Failures { get; init; }

    /// <summary>A query's keys and values, or what was changed. At most 4,096 characters are kept.</summary>
    public string? Detail { get; init; }

    /// <summary>Neither patient nor study.</summary>
    public override string ToString() => $"{Event} {Outcome} by {Who}";
}

/// <summary>An event as it stands in the trail.</summary>
/// <param name="Sequence">Its number in the trail, from 1, without gaps.</param>
/// <param name="At">When it was recorded.</param>
/// <param name="Event">What was recorded.</param>
public sealed record TrailEntry(long Sequence, DateTimeOffset At, TrailEvent Event);
