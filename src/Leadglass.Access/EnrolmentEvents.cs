using Leadglass.Access.Trails;

namespace Leadglass.Access;

/// <summary>How changes of enrolment stand in the trail.</summary>
public static class EnrolmentEvents
{
    private const int NamesMax = 50;

    /// <summary>The event of somebody asking for a change.</summary>
    /// <param name="who">Who asks.</param>
    /// <param name="what">What for: "disable ct1".</param>
    public static TrailEvent Asked(Identity who, string what) =>
        new()
        {
            Event = AuditEvent.SecurityAlert,
            Type = AuditEventType.SecurityConfiguration,
            Action = AuditAction.Update,
            Who = who.Key,
            Detail = $"device {what}",
        };

    /// <summary>The event of a change.</summary>
    /// <param name="who">Who made it, as far as is known.</param>
    /// <param name="change">What changed.</param>
    public static TrailEvent Changed(string who, EnrolmentChangedEventArgs change) =>
        new()
        {
            Event = AuditEvent.SecurityAlert,
            Type = AuditEventType.SecurityConfiguration,
            Action = AuditAction.Update,
            Who = who,
            Count = change.Changed.Length,
            Detail = $"changed: {Names(change.Changed)}; access withdrawn: {Names(change.Withdrawn)}",
        };

    /// <summary>The event of a change of accounts.</summary>
    /// <param name="who">Who made it, as far as is known.</param>
    /// <param name="change">What changed.</param>
    /// <param name="people">The accounts as they are now.</param>
    public static TrailEvent Changed(string who, AccountsChangedEventArgs change, KnownPeople people) =>
        new()
        {
            Event = AuditEvent.SecurityAlert,
            Type = AuditEventType.UserSecurityAttributesChanged,
            Action = AuditAction.Update,
            Who = who,
            Count = change.Changed.Length,
            Detail =
                $"accounts changed: {Names([.. change.Changed.Select(name => Described(people.FindByName(name), name))])}; sessions void: {change.Withdrawn.Length}",
        };

    private static string Described(Account? account, string name) =>
        account is null ? $"{name} (removed)"
        : !account.Enabled ? $"{name} (disabled)"
        : $"{name} ({(account.Roles.IsEmpty ? "no role" : string.Join(' ', account.Roles))})";

    private static string Names(IReadOnlyCollection<string> names) =>
        names.Count == 0
            ? "none"
            : string.Join(", ", names.Take(NamesMax)) + (names.Count > NamesMax ? " and others" : "");
}
