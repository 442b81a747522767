using System.Text.Json;

namespace Leadglass.Access;

/// <summary>What every account obeys.</summary>
internal static class AccountRules
{
    private const int ListLengthMax = 64;
    private const int TextLengthMax = 1_024;
    private const int BinaryLengthMax = 16 * 1024;

    /// <summary>Looked-up forms are filled in where they are missing, and follow their originals.</summary>
    public static Account Normalize(Account account) =>
        account with
        {
            Name = account.Name.Trim(),
            NormalizedName = KnownPeople.Normalize(account.Name),
            NormalizedEmail = string.IsNullOrWhiteSpace(account.Email) ? null : KnownPeople.Normalize(account.Email),
            Email = string.IsNullOrWhiteSpace(account.Email) ? null : account.Email.Trim(),
        };

    /// <exception cref="StateException">A rule is broken.</exception>
    public static void Check(Account account)
    {
        if (account.Id.Length != 32 || !account.Id.All(char.IsAsciiHexDigitLower))
        {
            throw new StateException("an account's id has 32 hexadecimal digits: take Account.NewId");
        }
        if (!IsName(account.Name) || account.NormalizedName != KnownPeople.Normalize(account.Name))
        {
            throw new StateException(
                $"a sign-in name has 1 to {Account.NameLengthMax} characters, none of them a control character"
            );
        }
        if (account.DisplayName.Length > Account.NameLengthMax || account.DisplayName.Any(char.IsControl))
        {
            throw new StateException($"a display name has at most {Account.NameLengthMax} characters");
        }
        CheckLists(account);
        CheckTexts(account);
        if (account.Passkeys.Any(passkey => !IsWellFormed(passkey)))
        {
            throw new StateException("a passkey is not well-formed or too long");
        }
        if (
            account
                .ReferringIdentities.Concat(
                    account.Pending.Select(right => right.Referring).OfType<ReferringIdentity>()
                )
                .Any(identity => !identity.IsWellFormed)
        )
        {
            throw new StateException(
                "a referring physician is an ID, or a whole name with family and given name: Family^Given"
            );
        }
        if (
            account.OwnRoles.Concat(account.ProviderRoles).Any(role => !Enum.IsDefined(role))
            || account.Pending.Any(right => (right.Role is null) == (right.Referring is null))
        )
        {
            throw new StateException("an account has a role or a pending right that does not exist");
        }
    }

    /// <summary>Whether nothing differs but the versions.</summary>
    public static bool IsSame(Account one, Account other) =>
        Serialize(one)
            .AsSpan()
            .SequenceEqual(Serialize(other with { Version = one.Version, RightsVersion = one.RightsVersion }));

    /// <summary>Whether sessions and grants that rest on the one rest on the other as well.</summary>
    public static bool HasSameRights(Account one, Account other) =>
        one.Enabled == other.Enabled
        && one.Name == other.Name
        && one.SecurityStamp == other.SecurityStamp
        && one.Roles.SequenceEqual(other.Roles)
        && one.ReferringIdentities.ToHashSet().SetEquals(other.ReferringIdentities);

    private static bool IsName(string name) =>
        name.Length is > 0 and <= Account.NameLengthMax && name == name.Trim() && !name.Any(char.IsControl);

    private static void CheckLists(Account account)
    {
        int[] lengths =
        [
            account.Departments.Length,
            account.RecoveryCodeHashes.Length,
            account.Passkeys.Length,
            account.ExternalLogins.Length,
            account.OwnRoles.Length,
            account.ProviderRoles.Length,
            account.ReferringIdentities.Length,
            account.Pending.Length,
        ];
        if (lengths.Max() > ListLengthMax)
        {
            throw new StateException($"an account has a list of more than {ListLengthMax} entries");
        }
    }

    private static void CheckTexts(Account account)
    {
        IEnumerable<string?> texts =
        [
            account.Email,
            account.Language,
            account.PasswordHash,
            account.SecurityStamp,
            account.AuthenticatorKey,
            account.Link?.Digest,
            .. account.Departments,
            .. account.RecoveryCodeHashes,
            .. account.ExternalLogins.SelectMany(login => new[] { login.Issuer, login.Subject }),
        ];
        if (texts.Any(text => text is { Length: > TextLengthMax }))
        {
            throw new StateException($"an account has a text of more than {TextLengthMax} characters");
        }
    }

    private static bool IsWellFormed(Passkey passkey) =>
        passkey.CredentialId.Length is > 0 and <= 1_023
        && passkey.PublicKey.Length is > 0 and <= BinaryLengthMax
        && passkey.AttestationObject.Length <= BinaryLengthMax
        && passkey.ClientDataJson.Length <= BinaryLengthMax
        && passkey.Name is not { Length: > Account.NameLengthMax }
        && passkey.Transports.Length <= ListLengthMax;

    private static byte[] Serialize(Account account) =>
        JsonSerializer.SerializeToUtf8Bytes(account, PeopleJson.Default.Account);
}
