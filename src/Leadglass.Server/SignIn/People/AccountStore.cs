using Leadglass.Access;
using Microsoft.AspNetCore.Identity;

namespace Leadglass.Server.SignIn.People;

/// <summary>
/// The accounts of the archive as ASP.NET Core Identity stores them. Rights are not among it: who is given a role is the
/// affair of <see cref="Appointments"/>, which asks a second person.
/// </summary>
internal sealed partial class AccountStore(Access.People people)
    : IUserPasswordStore<AccountUser>,
        IUserSecurityStampStore<AccountUser>,
        IUserLockoutStore<AccountUser>
{
    public Task<string> GetUserIdAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Id);

    public Task<string?> GetUserNameAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(user.Account.Name);

    public Task SetUserNameAsync(AccountUser user, string? userName, CancellationToken cancellationToken) =>
        Set(user, user.Account with { Name = userName ?? string.Empty });

    public Task<string?> GetNormalizedUserNameAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(user.Account.NormalizedName);

    public Task SetNormalizedUserNameAsync(
        AccountUser user,
        string? normalizedName,
        CancellationToken cancellationToken
    ) => Set(user, user.Account with { NormalizedName = normalizedName ?? string.Empty });

    public Task<IdentityResult> CreateAsync(AccountUser user, CancellationToken cancellationToken) =>
        StoreAsync(user, people.AddAsync(user.Account, cancellationToken));

    public Task<IdentityResult> UpdateAsync(AccountUser user, CancellationToken cancellationToken) =>
        StoreAsync(user, people.ReplaceAsync(user.Account, cancellationToken));

    public async Task<IdentityResult> DeleteAsync(AccountUser user, CancellationToken cancellationToken)
    {
        await people.RemoveAsync(user.Id, user.Account.Version, cancellationToken);
        return IdentityResult.Success;
    }

    public Task<AccountUser?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        Task.FromResult(UserOf(people.Current.Find(userId)));

    public Task<AccountUser?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        Task.FromResult(UserOf(people.Current.FindByName(normalizedUserName)));

    public Task SetPasswordHashAsync(AccountUser user, string? passwordHash, CancellationToken cancellationToken) =>
        Set(user, user.Account with { PasswordHash = passwordHash });

    public Task<string?> GetPasswordHashAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.PasswordHash);

    public Task<bool> HasPasswordAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.PasswordHash is not null);

    public Task SetSecurityStampAsync(AccountUser user, string stamp, CancellationToken cancellationToken) =>
        Set(user, user.Account with { SecurityStamp = stamp });

    public Task<string?> GetSecurityStampAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<string?>(user.Account.SecurityStamp);

    public Task<DateTimeOffset?> GetLockoutEndDateAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(people.Traces.Of(user.Id).LockedUntil);

    public Task SetLockoutEndDateAsync(
        AccountUser user,
        DateTimeOffset? lockoutEnd,
        CancellationToken cancellationToken
    )
    {
        people.Traces.Change(user.Id, trace => trace with { LockedUntil = lockoutEnd });
        return Task.CompletedTask;
    }

    public Task<int> IncrementAccessFailedCountAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(people.Traces.Change(user.Id, trace => trace with { Failures = trace.Failures + 1 }).Failures);

    public Task ResetAccessFailedCountAsync(AccountUser user, CancellationToken cancellationToken)
    {
        people.Traces.Change(user.Id, trace => trace with { Failures = 0 });
        return Task.CompletedTask;
    }

    public Task<int> GetAccessFailedCountAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(people.Traces.Of(user.Id).Failures);

    /// <summary>Every account locks: it is not a setting.</summary>
    public Task<bool> GetLockoutEnabledAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task SetLockoutEnabledAsync(AccountUser user, bool enabled, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public void Dispose()
    {
        // The registry is the archive's.
    }

    private static AccountUser? UserOf(Account? account) => account is null ? null : new AccountUser(account);

    private static Task Set(AccountUser user, Account changed)
    {
        user.Account = changed;
        return Task.CompletedTask;
    }

    private static async Task<IdentityResult> StoreAsync(AccountUser user, ValueTask<Account> storing)
    {
        try
        {
            user.Account = await storing;
            return IdentityResult.Success;
        }
        catch (StateException refused)
        {
            return IdentityResult.Failed(
                new IdentityError
                {
                    Code = refused is StaleRecordException ? "ConcurrencyFailure" : "Refused",
                    Description = refused.Message,
                }
            );
        }
    }
}
