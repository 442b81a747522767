using System.Collections.Immutable;
using Leadglass.Access;
using Microsoft.AspNetCore.Identity;

namespace Leadglass.Server.SignIn.People;

/// <summary>Second factors, passkeys and identities at other providers.</summary>
internal sealed partial class AccountStore
    : IUserTwoFactorStore<AccountUser>,
        IUserAuthenticatorKeyStore<AccountUser>,
        IUserTwoFactorRecoveryCodeStore<AccountUser>,
        IUserLoginStore<AccountUser>,
        IUserPasskeyStore<AccountUser>
{
    public Task SetTwoFactorEnabledAsync(AccountUser user, bool enabled, CancellationToken cancellationToken) =>
        Set(user, user.Account with { TwoFactorEnabled = enabled });

    public Task<bool> GetTwoFactorEnabledAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.TwoFactorEnabled);

    public Task SetAuthenticatorKeyAsync(AccountUser user, string key, CancellationToken cancellationToken) =>
        Set(user, user.Account with { AuthenticatorKey = key });

    public Task<string?> GetAuthenticatorKeyAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.AuthenticatorKey);

    public Task ReplaceCodesAsync(
        AccountUser user,
        IEnumerable<string> recoveryCodes,
        CancellationToken cancellationToken
    ) => Set(user, user.Account with { RecoveryCodeHashes = [.. recoveryCodes.Select(AccessSecret.DigestOf)] });

    public async Task<bool> RedeemCodeAsync(AccountUser user, string code, CancellationToken cancellationToken)
    {
        var hash = AccessSecret.DigestOf(code);
        var left = user.Account.RecoveryCodeHashes.Remove(hash);
        if (left.Length == user.Account.RecoveryCodeHashes.Length)
        {
            return false;
        }

        await Set(user, user.Account with { RecoveryCodeHashes = left });
        return true;
    }

    public Task<int> CountCodesAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Account.RecoveryCodeHashes.Length);

    public Task AddLoginAsync(AccountUser user, UserLoginInfo login, CancellationToken cancellationToken) =>
        Set(
            user,
            user.Account with
            {
                ExternalLogins = user.Account.ExternalLogins.Add(
                    new ExternalLogin(login.LoginProvider, login.ProviderKey)
                ),
            }
        );

    public Task RemoveLoginAsync(
        AccountUser user,
        string loginProvider,
        string providerKey,
        CancellationToken cancellationToken
    ) =>
        Set(
            user,
            user.Account with
            {
                ExternalLogins = user.Account.ExternalLogins.Remove(new ExternalLogin(loginProvider, providerKey)),
            }
        );

    public Task<IList<UserLoginInfo>> GetLoginsAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<IList<UserLoginInfo>>([
            .. user.Account.ExternalLogins.Select(login => new UserLoginInfo(login.Issuer, login.Subject, null)),
        ]);

    public Task<AccountUser?> FindByLoginAsync(
        string loginProvider,
        string providerKey,
        CancellationToken cancellationToken
    ) => Task.FromResult(UserOf(people.Current.FindByLogin(loginProvider, providerKey)));

    public Task AddOrUpdatePasskeyAsync(AccountUser user, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        var kept = user.Account.Passkeys;
        var place = IndexOf(kept, passkey.CredentialId);
        var changed = ToPasskey(passkey);
        return Set(user, user.Account with { Passkeys = place < 0 ? kept.Add(changed) : kept.SetItem(place, changed) });
    }

    public Task<IList<UserPasskeyInfo>> GetPasskeysAsync(AccountUser user, CancellationToken cancellationToken) =>
        Task.FromResult<IList<UserPasskeyInfo>>([.. user.Account.Passkeys.Select(ToInfo)]);

    public Task<AccountUser?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        Task.FromResult(UserOf(people.Current.FindByPasskey(credentialId)));

    public Task<UserPasskeyInfo?> FindPasskeyAsync(
        AccountUser user,
        byte[] credentialId,
        CancellationToken cancellationToken
    )
    {
        var place = IndexOf(user.Account.Passkeys, credentialId);
        return Task.FromResult(place < 0 ? null : ToInfo(user.Account.Passkeys[place]));
    }

    public Task RemovePasskeyAsync(AccountUser user, byte[] credentialId, CancellationToken cancellationToken)
    {
        var place = IndexOf(user.Account.Passkeys, credentialId);
        return place < 0
            ? Task.CompletedTask
            : Set(user, user.Account with { Passkeys = user.Account.Passkeys.RemoveAt(place) });
    }

    private static int IndexOf(ImmutableArray<Passkey> passkeys, byte[] credentialId)
    {
        for (var place = 0; place < passkeys.Length; place++)
        {
            if (passkeys[place].CredentialId.AsSpan().SequenceEqual(credentialId))
            {
                return place;
            }
        }

        return -1;
    }

    private static Passkey ToPasskey(UserPasskeyInfo info) =>
        new()
        {
            CredentialId = [.. info.CredentialId],
            PublicKey = [.. info.PublicKey],
            Name = info.Name,
            CreatedAt = info.CreatedAt,
            SignCount = info.SignCount,
            Transports = [.. info.Transports ?? []],
            IsUserVerified = info.IsUserVerified,
            IsBackupEligible = info.IsBackupEligible,
            IsBackedUp = info.IsBackedUp,
            AttestationObject = [.. info.AttestationObject],
            ClientDataJson = [.. info.ClientDataJson],
        };

    private static UserPasskeyInfo ToInfo(Passkey passkey) =>
        new(
            [.. passkey.CredentialId],
            [.. passkey.PublicKey],
            passkey.CreatedAt,
            passkey.SignCount,
            [.. passkey.Transports],
            passkey.IsUserVerified,
            passkey.IsBackupEligible,
            passkey.IsBackedUp,
            [.. passkey.AttestationObject],
            [.. passkey.ClientDataJson]
        )
        {
            Name = passkey.Name,
        };
}
