using Leadglass.Access;
using Leadglass.Server.Configuration;
using Microsoft.AspNetCore.Identity;

namespace Leadglass.Server.SignIn.People;

/// <summary>Who needs a second factor, and setting one up.</summary>
internal sealed class SecondFactor(UserManager<AccountUser> users, ServeOptions options)
{
    private const int RecoveryCodes = 10;

    /// <summary>
    /// Whether signing in with a password has to take a second factor. Every role that reaches patients, the trail or the
    /// administration does, also while it waits for confirmation; a setting can only add the rest.
    /// </summary>
    public bool IsNeeded(Account account) =>
        options.SignIn.SecondFactorForEverybody
        || account.Roles.Concat(account.Pending.Select(right => right.Role).OfType<Role>()).Any(RoleRights.TakesTwo)
        || account.ReferringIdentities.Length > 0;

    /// <summary>Whether one is set up.</summary>
    public static bool IsSetUp(Account account) => account is { TwoFactorEnabled: true, AuthenticatorKey: not null };

    /// <summary>Whether the code is the one that the person's app, or their list of recovery codes, shows now.</summary>
    public async Task<bool> ProveAsync(AccountUser user, string code)
    {
        if (code.Count(char.IsAsciiDigit) == OneTimePassword.Digits && !code.Any(char.IsAsciiLetter))
        {
            return await users.VerifyTwoFactorTokenAsync(user, TimeStepCodes.Name, code);
        }

        var redeemed = await users.RedeemTwoFactorRecoveryCodeAsync(user, AccessSecret.NormalizeCode(code));
        return redeemed.Succeeded;
    }

    /// <summary>Sets one up when the code shows that the person's app has the key.</summary>
    /// <returns>Recovery codes, told once; null: the code is wrong.</returns>
    public async Task<IReadOnlyList<string>?> SetUpAsync(AccountUser user, string key, string code)
    {
        user.Account = user.Account with { AuthenticatorKey = key, TwoFactorEnabled = true };
        if (!await users.VerifyTwoFactorTokenAsync(user, TimeStepCodes.Name, code))
        {
            return null;
        }

        return await RenewCodesAsync(user);
    }

    /// <summary>New recovery codes; the former are void. Sessions elsewhere end, as the security stamp changes.</summary>
    public async Task<IReadOnlyList<string>> RenewCodesAsync(AccountUser user)
    {
        string[] codes = [.. Enumerable.Range(0, RecoveryCodes).Select(static _ => AccessSecret.CreateCode())];
        user.Account = user.Account with { RecoveryCodeHashes = [.. codes.Select(AccessSecret.DigestOf)] };
        Succeed(await users.UpdateSecurityStampAsync(user));
        return [.. codes.Select(static code => $"{code[..5]}-{code[5..]}")];
    }

    /// <exception cref="StateException">Identity refused.</exception>
    public static void Succeed(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new StateException(string.Join("; ", result.Errors.Select(error => error.Description)));
        }
    }
}
