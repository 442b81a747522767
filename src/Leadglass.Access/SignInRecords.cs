using System.Net;
using Leadglass.Access.Trails;

namespace Leadglass.Access;

/// <summary>How signing in stands in the trail. What a stranger typed as a name stands nowhere: it may be a password.</summary>
/// <param name="trail">Where it is recorded.</param>
public sealed class SignInRecords(ITrail trail)
{
    /// <summary>Records that a person signed in; to be awaited before the session's cookie leaves.</summary>
    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    public ValueTask SignedInAsync(
        Account account,
        SignInMethod method,
        IPAddress? address,
        CancellationToken cancellationToken
    ) =>
        RecordAsync(
            AccessActs.SignIn(PersonIdentity.KeyOf(account.Name), address, AuditEventType.Login, $"{method}"),
            cancellationToken
        );

    /// <summary>Records that a session was ended, by its person or another.</summary>
    /// <param name="who">Who ended it.</param>
    /// <param name="what">"signed out", "all sessions of ..."</param>
    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    public ValueTask SignedOutAsync(Identity who, string what, CancellationToken cancellationToken) =>
        RecordAsync(AccessActs.SignIn(who.Key, who.Address, AuditEventType.Logout, what), cancellationToken);

    /// <summary>Records that failed attempts locked an account.</summary>
    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    public ValueTask LockedAsync(
        Account account,
        DateTimeOffset until,
        IPAddress? address,
        CancellationToken cancellationToken
    ) =>
        RecordAsync(
            AccessActs.SignIn(
                PersonIdentity.KeyOf(account.Name),
                address,
                AuditEventType.UserSecurityAttributesChanged,
                $"locked until {until:u}"
            ) with
            {
                Outcome = AuditOutcome.MinorFailure,
                Refusal = RefusalReason.AccountLocked,
            },
            cancellationToken
        );

    /// <summary>Records a change of the means by which a person signs in, by the person.</summary>
    /// <param name="who">The person.</param>
    /// <param name="what">"password changed", "passkey added".</param>
    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    public ValueTask MeansChangedAsync(Identity who, string what, CancellationToken cancellationToken) =>
        RecordAsync(
            AccessActs.Account(what) with
            {
                Who = who.Key,
                Address = who.Address?.ToString(),
            },
            cancellationToken
        );

    /// <summary>Notes a failed attempt. Never blocks; a flood is summed.</summary>
    /// <param name="account">Whose, where the name is an account's; null: a stranger's.</param>
    public void Failed(Account? account, RefusalReason reason, IPAddress? address) =>
        trail.NoteRefusal(
            AccessActs.SignInRefused(account is null ? "stranger" : PersonIdentity.KeyOf(account.Name), address, reason)
        );

    /// <summary>Notes a failed attempt of a program. Never blocks; a flood is summed.</summary>
    /// <param name="program">Which, where the client id is a program's; null: a stranger's.</param>
    public void Failed(RegisteredProgram? program, RefusalReason reason, IPAddress? address) =>
        trail.NoteRefusal(
            AccessActs.SignInRefused(program is null ? "stranger" : $"program:{program.ClientId}", address, reason)
        );

    private async ValueTask RecordAsync(TrailEvent trailEvent, CancellationToken cancellationToken)
    {
        try
        {
            await trail.RecordAsync(trailEvent, cancellationToken);
        }
        catch (TrailUnavailableException failure)
        {
            throw new AccessRefusedException(RefusalReason.TrailUnavailable, failure);
        }
    }
}
