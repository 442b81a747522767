using System.Collections.Immutable;
using Leadglass.Access;
using Leadglass.Server.SignIn.People;

namespace Leadglass.Server.SignIn;

/// <summary>What is asked for with a new account.</summary>
/// <param name="Name">What the person signs in with.</param>
/// <param name="DisplayName">The person's name as staff read it.</param>
/// <param name="Departments">Departments whose studies come first.</param>
/// <param name="Roles">Roles asked for; those that reach patients wait for a second person.</param>
/// <param name="Referring">Who the person is as a referring physician.</param>
internal sealed record PersonRequest(
    string Name,
    string DisplayName,
    ImmutableArray<string> Departments,
    ImmutableArray<Role> Roles,
    ImmutableArray<ReferringIdentity> Referring
);

/// <summary>An account with the link by which its person signs in.</summary>
/// <param name="Account">As it is kept.</param>
/// <param name="Link">The address to be given to the person; told once.</param>
/// <param name="ValidUntil">When it ends.</param>
internal sealed record InvitedPerson(Account Account, string Link, DateTimeOffset ValidUntil)
{
    /// <summary>Never the link.</summary>
    public override string ToString() => Account.Name;
}

/// <summary>Accounts as they are made and made anew, by commands and on pages alike.</summary>
internal sealed class PersonAdministration(ArchiveHost host)
{
    /// <summary>Makes the first account of the archive, an administrator.</summary>
    /// <exception cref="AccessRefusedException">The grant is not of a command on this machine, or the trail fails.</exception>
    /// <exception cref="StateException">There are accounts, or the name is not well-formed.</exception>
    public async Task<InvitedPerson> AddFirstAsync(
        AccessGrant administering,
        string name,
        CancellationToken cancellationToken
    )
    {
        var (secret, link) = host.Links.Make();
        var account = New(new PersonRequest(name, string.Empty, [], [], []), link);
        return Invite(
            await host.Registries.Appointments.AppointFirstAsync(administering, account, cancellationToken),
            secret,
            link
        );
    }

    /// <summary>Makes an account.</summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">The name is taken, or something is not well-formed.</exception>
    public async Task<InvitedPerson> AddAsync(
        AccessGrant administering,
        PersonRequest request,
        CancellationToken cancellationToken
    )
    {
        var (secret, link) = host.Links.Make();
        var account = await host.Registries.Appointments.AddAsync(
            administering,
            New(request, link),
            request.Roles,
            request.Referring,
            cancellationToken
        );
        return Invite(account, secret, link);
    }

    /// <summary>
    /// Makes an account new for its person: password, second factor and passkeys are gone, sessions end, and a link lets
    /// the person choose them again.
    /// </summary>
    /// <param name="administering">Leave to administer.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="StateException">There is no such account.</exception>
    public async Task<InvitedPerson> ResetAsync(
        AccessGrant administering,
        string accountId,
        CancellationToken cancellationToken
    )
    {
        var (secret, link) = host.Links.Make();
        var account = await host.Registries.Appointments.ReplaceMeansAsync(
            administering,
            accountId,
            "password, second factor and passkeys taken off, new sign-in link",
            account =>
                account with
                {
                    PasswordHash = null,
                    TwoFactorEnabled = false,
                    AuthenticatorKey = null,
                    RecoveryCodeHashes = [],
                    Passkeys = [],
                    Link = link,
                    SecurityStamp = AccessSecret.Create(),
                },
            cancellationToken
        );
        host.Registries.People.Traces.Change(accountId, trace => trace with { Failures = 0, LockedUntil = null });
        return Invite(account, secret, link);
    }

    /// <summary>Confirms everything that waits with an account.</summary>
    /// <param name="confirming">Leave to confirm, of somebody else than who asked.</param>
    /// <returns>How many rights.</returns>
    /// <exception cref="AccessRefusedException">The grant is of who asked, does not hold, or the trail fails.</exception>
    public async Task<int> ConfirmAllAsync(AccessGrant confirming, Account account, CancellationToken cancellationToken)
    {
        foreach (var pending in account.Pending)
        {
            await host.Registries.Appointments.ConfirmAsync(confirming, account.Id, pending.Id, cancellationToken);
        }

        return account.Pending.Length;
    }

    private static Account New(PersonRequest request, SignInLink link) =>
        new()
        {
            Id = Account.NewId(),
            Name = request.Name,
            DisplayName = request.DisplayName,
            Departments = request.Departments,
            SecurityStamp = AccessSecret.Create(),
            Link = link,
        };

    private InvitedPerson Invite(Account account, string secret, SignInLink link) =>
        new(account, SignInLinks.AddressOf(host.Origin, secret), link.ValidUntil);
}
