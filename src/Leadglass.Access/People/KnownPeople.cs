using System.Collections.Immutable;

namespace Leadglass.Access;

/// <summary>All accounts at one moment. Immutable.</summary>
public sealed class KnownPeople
{
    private readonly ImmutableDictionary<string, Account> _byId;
    private readonly ImmutableDictionary<string, string> _byName;
    private readonly ImmutableDictionary<string, string> _byEmail;
    private readonly ImmutableDictionary<string, string> _byCredential;
    private readonly ImmutableDictionary<ExternalLogin, string> _byLogin;

    private KnownPeople(
        ImmutableDictionary<string, Account> byId,
        ImmutableDictionary<string, string> byName,
        ImmutableDictionary<string, string> byEmail,
        ImmutableDictionary<string, string> byCredential,
        ImmutableDictionary<ExternalLogin, string> byLogin
    )
    {
        _byId = byId;
        _byName = byName;
        _byEmail = byEmail;
        _byCredential = byCredential;
        _byLogin = byLogin;
    }

    internal static KnownPeople Nobody { get; } =
        new(
            ImmutableDictionary<string, Account>.Empty,
            ImmutableDictionary<string, string>.Empty,
            ImmutableDictionary<string, string>.Empty,
            ImmutableDictionary<string, string>.Empty,
            ImmutableDictionary<ExternalLogin, string>.Empty
        );

    /// <summary>All, by name.</summary>
    public IEnumerable<Account> All => _byId.Values.OrderBy(account => account.NormalizedName, StringComparer.Ordinal);

    /// <summary>How many.</summary>
    public int Count => _byId.Count;

    /// <summary>The account of this id.</summary>
    public Account? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The account of this sign-in name; upper and lower case are the same.</summary>
    public Account? FindByName(string name) => Of(_byName.GetValueOrDefault(Normalize(name)));

    /// <summary>The account of this address; upper and lower case are the same.</summary>
    public Account? FindByEmail(string email) => Of(_byEmail.GetValueOrDefault(Normalize(email)));

    /// <summary>The account of this identity at a provider.</summary>
    public Account? FindByLogin(string issuer, string subject) =>
        Of(_byLogin.GetValueOrDefault(new ExternalLogin(issuer, subject)));

    /// <summary>The account with this passkey.</summary>
    public Account? FindByPasskey(ReadOnlySpan<byte> credentialId) =>
        Of(_byCredential.GetValueOrDefault(Convert.ToHexString(credentialId)));

    /// <summary>A name or address as it is looked up.</summary>
    public static string Normalize(string text) => text.Trim().ToUpperInvariant();

    /// <exception cref="StateException">A name, address, passkey or login is another account's.</exception>
    internal KnownPeople With(Account account)
    {
        var rest = Without(account.Id);
        if (
            rest._byName.ContainsKey(account.NormalizedName)
            || (account.NormalizedEmail is { } email && rest._byEmail.ContainsKey(email))
        )
        {
            throw new StateException("another account has this name or address: choose another");
        }
        if (
            account.Passkeys.Any(passkey => rest._byCredential.ContainsKey(Hex(passkey)))
            || account.ExternalLogins.Any(rest._byLogin.ContainsKey)
        )
        {
            throw new StateException("another account has this passkey or external login");
        }
        return new KnownPeople(
            rest._byId.Add(account.Id, account),
            rest._byName.Add(account.NormalizedName, account.Id),
            account.NormalizedEmail is { } own ? rest._byEmail.Add(own, account.Id) : rest._byEmail,
            rest._byCredential.AddRange(account.Passkeys.Select(passkey => Pair(Hex(passkey), account.Id))),
            rest._byLogin.AddRange(account.ExternalLogins.Select(login => Pair(login, account.Id)))
        );
    }

    internal KnownPeople Without(string id) =>
        Find(id) is not { } account
            ? this
            : new KnownPeople(
                _byId.Remove(id),
                _byName.Remove(account.NormalizedName),
                account.NormalizedEmail is { } email ? _byEmail.Remove(email) : _byEmail,
                _byCredential.RemoveRange(account.Passkeys.Select(Hex)),
                _byLogin.RemoveRange(account.ExternalLogins)
            );

    private static string Hex(Passkey passkey) => Convert.ToHexString(passkey.CredentialId.AsSpan());

    private static KeyValuePair<TKey, string> Pair<TKey>(TKey key, string id) => KeyValuePair.Create(key, id);

    private Account? Of(string? id) => id is null ? null : Find(id);
}
