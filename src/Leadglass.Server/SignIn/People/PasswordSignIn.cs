using System.Net;
using Leadglass.Access;
using Microsoft.AspNetCore.Identity;

namespace Leadglass.Server.SignIn.People;

/// <summary>What became of a try with name and password.</summary>
/// <param name="User">Whose password it is; null: nobody is let on.</param>
/// <param name="IsTooMany">Nothing was looked at: too many tries.</param>
internal readonly record struct PasswordAnswer(AccountUser? User, bool IsTooMany = false);

/// <summary>
/// Checks names and passwords. An unknown name, a wrong password, a locked and a disabled account get one answer after the
/// same work, so that nobody learns which accounts there are.
/// </summary>
internal sealed class PasswordSignIn(
    UserManager<AccountUser> users,
    PasswordWork work,
    AttemptLimit limit,
    SignInRecords records
)
{
    /// <summary>Checks name and password.</summary>
    public async Task<PasswordAnswer> TryAsync(
        string name,
        string password,
        IPAddress? address,
        CancellationToken cancellationToken
    )
    {
        if (name.Length > Account.NameLengthMax || !limit.MayTry(address))
        {
            records.Failed((Account?)null, RefusalReason.AccountLocked, address);
            return new PasswordAnswer(null, IsTooMany: true);
        }

        PasswordAnswer answer = new(null, IsTooMany: true);
        await work.TryRunAsync(
            name,
            async () => answer = new PasswordAnswer(await CheckAsync(name, password, address, cancellationToken)),
            cancellationToken
        );
        return answer;
    }

    /// <summary>Notes that a second factor was wrong: it counts like a wrong password.</summary>
    public async Task FailAsync(AccountUser user, IPAddress? address, CancellationToken cancellationToken)
    {
        limit.Fail(address);
        records.Failed(user.Account, RefusalReason.WrongCredentials, address);
        await users.AccessFailedAsync(user);
        if (await users.IsLockedOutAsync(user) && await users.GetLockoutEndDateAsync(user) is { } until)
        {
            await records.LockedAsync(user.Account, until, address, cancellationToken);
        }
    }

    /// <summary>Whether failed attempts have locked the account.</summary>
    public Task<bool> IsLockedAsync(AccountUser user) => users.IsLockedOutAsync(user);

    private async Task<AccountUser?> CheckAsync(
        string name,
        string password,
        IPAddress? address,
        CancellationToken cancellationToken
    )
    {
        var user = await users.FindByNameAsync(name);
        var isRight = user?.Account.PasswordHash is null
            ? Argon2idPasswords.Verify(null, password)
            : await users.CheckPasswordAsync(user, password);
        if (user is null)
        {
            limit.Fail(address);
            records.Failed((Account?)null, RefusalReason.WrongCredentials, address);
            return null;
        }

        if (await users.IsLockedOutAsync(user))
        {
            limit.Fail(address);
            records.Failed(user.Account, RefusalReason.AccountLocked, address);
            return null;
        }

        if (user.Account.PasswordHash is null)
        {
            // There is nothing to guess: a lock would only keep the owner from setting a password.
            limit.Fail(address);
            records.Failed(user.Account, RefusalReason.WrongCredentials, address);
            return null;
        }

        if (!isRight)
        {
            await FailAsync(user, address, cancellationToken);
            return null;
        }

        if (!user.Account.Enabled)
        {
            records.Failed(user.Account, RefusalReason.AccountDisabled, address);
            return null;
        }

        if (user.Account.SignsInAtProvider)
        {
            limit.Fail(address);
            records.Failed(user.Account, RefusalReason.WrongCredentials, address);
            return null;
        }

        return user;
    }
}
