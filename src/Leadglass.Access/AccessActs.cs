using System.Net;
using Leadglass.Access.Trails;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>How acts of people and programs stand in the trail; who, from where and the operation are added by the grant.</summary>
internal static class AccessActs
{
    private const string Somebody = "";

    /// <summary>An account, a program or a setting of security changed.</summary>
    public static TrailEvent Account(string detail) => Security(AuditEventType.UserSecurityAttributesChanged, detail);

    /// <summary>Roles changed, or such a change was asked for, confirmed or declined.</summary>
    public static TrailEvent Roles(string detail) => Security(AuditEventType.SecurityRolesChanged, detail);

    /// <summary>Who may see a study changed.</summary>
    public static TrailEvent Object(StudyFacts study, string detail) =>
        Security(AuditEventType.ObjectSecurityAttributesChanged, detail) with
        {
            Study = study.Study,
            Patient = study.Patient,
        };

    public static TrailEvent Object(StudyShare share, string detail) =>
        Security(AuditEventType.ObjectSecurityAttributesChanged, detail) with
        {
            Study = StudyInstanceUid.TryParse(share.Study, out var study) ? study : null,
            Patient = share.Patient,
        };

    public static TrailEvent Object(Assignment assignment, string detail) =>
        Security(AuditEventType.ObjectSecurityAttributesChanged, detail) with
        {
            Study = StudyInstanceUid.TryParse(assignment.Study, out var study) ? study : null,
            Patient = assignment.Patient,
        };

    public static TrailEvent GlassBroken(BreakGlassRecord record) =>
        Security(AuditEventType.EmergencyOverrideStarted, $"until {record.Until:u}: {record.Reason}") with
        {
            Patient = record.Patient,
            Basis = AccessBasis.BreakGlass,
        };

    public static TrailEvent GlassReviewed(BreakGlassRecord record, string? finding) =>
        Security(
            AuditEventType.EmergencyOverrideStopped,
            $"reviewed what {record.Who} opened {record.OpenedAt:u}: {finding ?? "no finding"}"
        ) with
        {
            Patient = record.Patient,
        };

    /// <summary>The trail, or a list that belongs to it, was read.</summary>
    public static TrailEvent TrailRead(string what) =>
        new()
        {
            Event = AuditEvent.AuditLogUsed,
            Action = AuditAction.Read,
            Who = Somebody,
            Detail = what,
        };

    public static TrailEvent ShareOpened(StudyShare share, IPAddress? address) =>
        SignIn(ShareIdentity.KeyOf(share), address, AuditEventType.Login, "share opened") with
        {
            Study = StudyInstanceUid.TryParse(share.Study, out var study) ? study : null,
            Patient = share.Patient,
            Basis = AccessBasis.Share,
        };

    public static TrailEvent ShareRefused(StudyShare share, IPAddress? address) =>
        SignIn(
            ShareIdentity.KeyOf(share),
            address,
            AuditEventType.Login,
            share.IsLocked ? "wrong code: the share is locked" : "wrong code"
        ) with
        {
            Outcome = AuditOutcome.MinorFailure,
            Refusal = RefusalReason.WrongCredentials,
        };

    /// <summary>Somebody signed in or out, or was locked out.</summary>
    public static TrailEvent SignIn(string who, IPAddress? address, AuditEventType type, string detail) =>
        new()
        {
            Event = AuditEvent.UserAuthentication,
            Type = type,
            Who = who,
            Address = address?.ToString(),
            Detail = detail,
        };

    /// <summary>Somebody failed to sign in.</summary>
    public static TrailEvent SignInRefused(string who, IPAddress? address, RefusalReason reason) =>
        new()
        {
            Event = AuditEvent.UserAuthentication,
            Type = AuditEventType.Login,
            Outcome = AuditOutcome.MinorFailure,
            Who = who,
            Address = address?.ToString(),
            Refusal = reason,
        };

    private static TrailEvent Security(AuditEventType type, string detail) =>
        new()
        {
            Event = AuditEvent.SecurityAlert,
            Type = type,
            Action = AuditAction.Update,
            Who = Somebody,
            Detail = detail,
        };
}
