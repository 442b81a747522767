using System.Collections.Immutable;

namespace Leadglass.Access;

/// <summary>
/// Who is what: the only way by which an account gets or loses roles and referring identities. What reaches patients, the
/// trail or the power to confirm takes a second person; what is taken away is gone at once. The trail has each step
/// before it counts. Safe for concurrent use.
/// </summary>
/// <param name="people">The accounts.</param>
/// <param name="groups">Which groups of a provider give which roles.</param>
/// <param name="clock">The time.</param>
public sealed class Appointments(People people, GroupRoles groups, TimeProvider clock)
{
    /// <summary>
    /// Makes the first account of an archive, an administrator: the only role that no second person confirms. Later
    /// accounts begin without roles.
    /// </summary>
    /// <param name="administering">Leave to administer, of who runs commands on the archive's machine.</param>
    /// <exception cref="AccessRefusedException">The grant is another's or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There are accounts, or this one is not well-formed.</exception>
    public async ValueTask<Account> AppointFirstAsync(
        AccessGrant administering,
        Account account,
        CancellationToken cancellationToken
    )
    {
        if (administering.Identity is not OperatorIdentity)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
        await administering.RecordActAsync(
            Operation.Administer,
            AccessActs.Roles($"first administrator: {account.Name}"),
            cancellationToken
        );
        return await people.AddFirstAsync(
            account with
            {
                OwnRoles = [Role.Administrator],
                CreatedAt = clock.GetUtcNow(),
            },
            cancellationToken
        );
    }

    /// <summary>Makes an account, and asks for its roles and referring identities.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">Its name or address is taken, or it is not well-formed.</exception>
    public async ValueTask<Account> AddAsync(
        AccessGrant administering,
        Account account,
        IReadOnlyCollection<Role> roles,
        IReadOnlyCollection<ReferringIdentity> referring,
        CancellationToken cancellationToken
    )
    {
        await administering.RecordActAsync(
            Operation.Administer,
            AccessActs.Roles($"account {account.Name} made; asked for: {Text(roles)}; referring: {referring.Count}"),
            cancellationToken
        );
        return await people.AddAsync(
            Ask(account with { CreatedAt = clock.GetUtcNow() }, administering, roles, referring),
            cancellationToken
        );
    }

    /// <summary>Asks for a role. It counts when somebody else has confirmed it.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such account.</exception>
    public ValueTask<Account> RequestAsync(
        AccessGrant administering,
        string accountId,
        Role role,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            administering,
            Operation.Administer,
            accountId,
            name => $"role {role} asked for: {name}",
            account => Ask(account, administering, [role], []),
            cancellationToken
        );

    /// <summary>Asks that an account be taken for a referring physician. It counts when somebody else has confirmed it.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such account, or the identity is not well-formed.</exception>
    public ValueTask<Account> RequestAsync(
        AccessGrant administering,
        string accountId,
        ReferringIdentity identity,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            administering,
            Operation.Administer,
            accountId,
            name => $"referring identity asked for: {name}",
            account => Ask(account, administering, [], [identity]),
            cancellationToken
        );

    /// <summary>Confirms what somebody else asked for, for somebody else.</summary>
    /// <param name="confirming">Leave to confirm.</param>
    /// <param name="pendingId"><see cref="PendingRight.Id"/>.</param>
    /// <exception cref="AccessRefusedException">
    /// The grant is of who asked or of whom it is for, is for something else or does not hold, or the trail fails.
    /// </exception>
    /// <exception cref="StateException">There is no such account or right.</exception>
    public async ValueTask<Account> ConfirmAsync(
        AccessGrant confirming,
        string accountId,
        string pendingId,
        CancellationToken cancellationToken
    )
    {
        var right = FindPending(accountId, pendingId);
        confirming.DemandAnother(Operation.Confirm, right.Requester, PersonIdentity.LastingKeyOf(accountId));
        return await ChangeAsync(
            confirming,
            Operation.Confirm,
            accountId,
            name => $"{Text(right)} confirmed: {name}; asked for by {right.RequestedBy}",
            now =>
                now.Pending.Contains(right)
                    ? Give(now with { Pending = now.Pending.Remove(right) }, right)
                    : throw new StaleRecordException(),
            cancellationToken
        );
    }

    /// <summary>Declines, or takes back, what was asked for.</summary>
    /// <param name="deciding">Leave to confirm or to administer.</param>
    /// <param name="pendingId"><see cref="PendingRight.Id"/>.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such account or right.</exception>
    public ValueTask<Account> DeclineAsync(
        AccessGrant deciding,
        string accountId,
        string pendingId,
        CancellationToken cancellationToken
    )
    {
        var right = FindPending(accountId, pendingId);
        return ChangeAsync(
            deciding,
            deciding.Operation is Operation.Confirm ? Operation.Confirm : Operation.Administer,
            accountId,
            name => $"{Text(right)} declined: {name}",
            account => account with { Pending = account.Pending.Remove(right) },
            cancellationToken
        );
    }

    /// <summary>Takes a role away, asked for or given; at once.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such account, or it is the last enabled administrator.</exception>
    public ValueTask<Account> WithdrawAsync(
        AccessGrant administering,
        string accountId,
        Role role,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            administering,
            Operation.Administer,
            accountId,
            name => $"role {role} withdrawn: {name}",
            account =>
                account with
                {
                    OwnRoles = account.OwnRoles.Remove(role),
                    ProviderRoles = account.ProviderRoles.Remove(role),
                    Pending = account.Pending.RemoveAll(right => right.Role == role),
                },
            cancellationToken
        );

    /// <summary>Takes a referring identity away, asked for or given; at once.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such account.</exception>
    public ValueTask<Account> WithdrawAsync(
        AccessGrant administering,
        string accountId,
        ReferringIdentity identity,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            administering,
            Operation.Administer,
            accountId,
            name => $"referring identity withdrawn: {name}",
            account =>
                account with
                {
                    ReferringIdentities = account.ReferringIdentities.Remove(identity),
                    Pending = account.Pending.RemoveAll(right => right.Referring == identity),
                },
            cancellationToken
        );

    /// <summary>Lets an account in again or shuts it out; out at once.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such account, or it is the last enabled administrator.</exception>
    public ValueTask<Account> SetEnabledAsync(
        AccessGrant administering,
        string accountId,
        bool enabled,
        CancellationToken cancellationToken
    ) =>
        ChangeAsync(
            administering,
            Operation.Administer,
            accountId,
            name => $"account {(enabled ? "enabled" : "disabled")}: {name}",
            account => account with { Enabled = enabled },
            cancellationToken
        );

    /// <summary>
    /// Changes the means by which somebody else signs in: a new link, a second factor taken off. Whoever
    /// does that could sign in as that person, so all rights wait for a second person again, unless it is done on the
    /// archive's machine by root or with the recovery key.
    /// </summary>
    /// <param name="administering">Leave to administer.</param>
    /// <param name="what">For the trail: "new sign-in link".</param>
    /// <param name="change">What is changed; the security stamp should be.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">
    /// There is no such account, its person signs in at a provider, or what it became is not well-formed.
    /// </exception>
    public ValueTask<Account> ReplaceMeansAsync(
        AccessGrant administering,
        string accountId,
        string what,
        Func<Account, Account> change,
        CancellationToken cancellationToken
    )
    {
        if (people.Current.Find(accountId) is { SignsInAtProvider: true })
        {
            throw new StateException(
                "this person signs in at the hospital's provider and has no password, second factor, passkey or link here: "
                    + "change it there, or disable the account here"
            );
        }
        return ChangeAsync(
            administering,
            Operation.Administer,
            accountId,
            name => $"{what}: {name}",
            account => Suspend(change(account), administering.Identity),
            cancellationToken
        );
    }

    /// <summary>
    /// Gives an account the roles that its groups at a provider have, and no others of the provider; to be called at each
    /// sign-in there. The mappings were confirmed by two people.
    /// </summary>
    /// <param name="issuer">The provider.</param>
    /// <param name="groupsOf">The groups in the person's token.</param>
    /// <exception cref="StateException">There is no such account.</exception>
    public ValueTask<Account> ApplyGroupsAsync(
        string accountId,
        string issuer,
        IReadOnlyCollection<string> groupsOf,
        CancellationToken cancellationToken
    )
    {
        var roles = groups.RolesOf(issuer, groupsOf);
        return people.ChangeAsync(
            accountId,
            account => account.ProviderRoles.SequenceEqual(roles) ? account : account with { ProviderRoles = roles },
            cancellationToken
        );
    }

    private static Account Give(Account account, PendingRight right) =>
        right.Role is { } role
            ? account with
            {
                OwnRoles = [.. account.OwnRoles.Append(role).Distinct().Order()],
            }
            : account with
            {
                ReferringIdentities = [.. account.ReferringIdentities.Append(right.Referring!).Distinct()],
            };

    private static string Text(IReadOnlyCollection<Role> roles) =>
        roles.Count == 0 ? "no role" : string.Join(", ", roles);

    private static string Text(PendingRight right) => right.Role is { } role ? $"role {role}" : "referring identity";

    private Account Ask(
        Account account,
        AccessGrant administering,
        IReadOnlyCollection<Role> roles,
        IReadOnlyCollection<ReferringIdentity> referring
    )
    {
        foreach (var role in roles.Where(role => !account.OwnRoles.Contains(role)))
        {
            var right = Asked(role, null, administering.Identity);
            account =
                !RoleRights.TakesTwo(role) ? Give(account, right)
                : account.Pending.Any(known => known.Role == role) ? account
                : account with { Pending = account.Pending.Add(right) };
        }
        foreach (var identity in referring.Where(one => !account.ReferringIdentities.Contains(one)))
        {
            if (!account.Pending.Any(known => known.Referring == identity))
            {
                account = account with { Pending = account.Pending.Add(Asked(null, identity, administering.Identity)) };
            }
        }
        return account;
    }

    private PendingRight Asked(Role? role, ReferringIdentity? referring, Identity by) =>
        new(AccessSecret.NewId(), role, referring, by.Key, clock.GetUtcNow()) { Requester = by.LastingKey };

    private Account Suspend(Account account, Identity by)
    {
        if (by is OperatorIdentity { MayConfirm: true })
        {
            return account;
        }
        var waiting = account
            .Roles.Where(RoleRights.TakesTwo)
            .Where(role => !account.Pending.Any(right => right.Role == role))
            .Select(role => Asked(role, null, by));
        return account with
        {
            OwnRoles = account.OwnRoles.RemoveAll(RoleRights.TakesTwo),
            ProviderRoles = account.ProviderRoles.RemoveAll(RoleRights.TakesTwo),
            // Whoever changed the means is now who asks, so that they cannot confirm what another had asked for.
            Pending =
            [
                .. account.Pending.Select(right => right with { RequestedBy = by.Key, Requester = by.LastingKey }),
                .. waiting,
            ],
        };
    }

    private PendingRight FindPending(string accountId, string pendingId)
    {
        var account = people.Current.Find(accountId) ?? throw People.Missing();
        var right = account.Pending.FirstOrDefault(pending => pending.Id == pendingId);
        return right ?? throw new StateException("nothing of this kind waits for confirmation");
    }

    private async ValueTask<Account> ChangeAsync(
        AccessGrant grant,
        Operation operation,
        string accountId,
        Func<string, string> describe,
        Func<Account, Account> change,
        CancellationToken cancellationToken
    )
    {
        var account = people.Current.Find(accountId) ?? throw People.Missing();
        await grant.RecordActAsync(operation, AccessActs.Roles(describe(account.Name)), cancellationToken);
        return await people.ChangeAsync(
            accountId,
            before =>
            {
                var after = change(before);
                if (IsAdministering(before) && !IsAdministering(after) && !people.Current.All.Any(IsOther))
                {
                    throw new StateException("it is the last administrator: appoint another first");
                }
                return after;
            },
            cancellationToken
        );

        static bool IsAdministering(Account account) => account.Enabled && account.Roles.Contains(Role.Administrator);

        bool IsOther(Account other) => other.Id != accountId && IsAdministering(other);
    }
}
