using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>
/// A person's account. Immutable: a change makes a new one in <see cref="People"/>. What gives rights has no setter
/// outside this room: <see cref="Appointments"/> changes it.
/// </summary>
public sealed record Account
{
    /// <summary>The most characters of a name or a display name.</summary>
    public const int NameLengthMax = 128;

    /// <summary>Random, and never used again: 32 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>What the person signs in with, 1 to 128 characters without control characters and spaces at the ends.</summary>
    public required string Name { get; init; }

    /// <summary>The name as it is looked up; unique. Upper case where nothing else is given.</summary>
    public string NormalizedName { get; init; } = "";

    /// <summary>The person's name as staff read it.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>An address for mail; optional.</summary>
    public string? Email { get; init; }

    /// <summary>The address as it is looked up; unique where there is one.</summary>
    public string? NormalizedEmail { get; init; }

    /// <summary>Departments, whose studies a study list shows first. They limit nothing.</summary>
    public ImmutableArray<string> Departments { get; init; } = [];

    /// <summary>Language of pages and messages, as "de" or "en"; null: what the browser asks for.</summary>
    public string? Language { get; init; }

    /// <summary>The password's slow hash; null: none.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>Changes with every change of password or second factor; sessions and grants of another stamp are void.</summary>
    public string SecurityStamp { get; init; } = "";

    /// <summary>Whether signing in with a password takes a second factor.</summary>
    public bool TwoFactorEnabled { get; init; }

    /// <summary>The secret of one-time passwords (RFC 6238), Base32; null: none.</summary>
    public string? AuthenticatorKey { get; init; }

    /// <summary>Hashes of recovery codes that were not used.</summary>
    public ImmutableArray<string> RecoveryCodeHashes { get; init; } = [];

    /// <summary>Passkeys (WebAuthn).</summary>
    public ImmutableArray<Passkey> Passkeys { get; init; } = [];

    /// <summary>Identities at OpenID Connect providers.</summary>
    public ImmutableArray<ExternalLogin> ExternalLogins { get; init; } = [];

    /// <summary>
    /// Whether the person signs in at a provider, and therefore nowhere else: what the provider gives, and takes back, must
    /// not be reached by a password, passkey or link of this archive.
    /// </summary>
    [JsonIgnore]
    public bool SignsInAtProvider => !ExternalLogins.IsEmpty;

    /// <summary>A one-time link with which the person signs in without a password; null: none.</summary>
    public SignInLink? Link { get; init; }

    /// <summary>False: sign-in is refused, sessions are ended, grants are void.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The confirmed roles given in this archive.</summary>
    [JsonInclude]
    public ImmutableArray<Role> OwnRoles { get; internal init; } = [];

    /// <summary>The roles that the groups of an OpenID Connect provider gave at the last sign-in there.</summary>
    [JsonInclude]
    public ImmutableArray<Role> ProviderRoles { get; internal init; } = [];

    /// <summary>Who the person is as a referring physician; confirmed.</summary>
    [JsonInclude]
    public ImmutableArray<ReferringIdentity> ReferringIdentities { get; internal init; } = [];

    /// <summary>Rights that were asked for and wait for a second person.</summary>
    [JsonInclude]
    public ImmutableArray<PendingRight> Pending { get; internal init; } = [];

    /// <summary>Grows with every change; what <see cref="People.ReplaceAsync"/> compares.</summary>
    [JsonInclude]
    public long Version { get; internal init; }

    /// <summary>Grows with every change that voids sessions and grants.</summary>
    [JsonInclude]
    public long RightsVersion { get; internal init; }

    /// <summary>All roles that count now, each once, in the order of the enumeration.</summary>
    [JsonIgnore]
    public ImmutableArray<Role> Roles => [.. OwnRoles.Concat(ProviderRoles).Distinct().Order()];

    /// <summary>A new account's id.</summary>
    public static string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>Whether the person is the referring physician, by the whole name or by an ID.</summary>
    internal bool IsReferring(ReferringPhysician? physician) =>
        physician is not null && ReferringIdentities.Any(identity => identity.Matches(physician));

    /// <summary>The sign-in name only.</summary>
    public override string ToString() => Name;
}

/// <summary>A credential of WebAuthn, as it is checked at sign-in.</summary>
public sealed record Passkey
{
    /// <summary>The credential's id, unique among all accounts.</summary>
    public required ImmutableArray<byte> CredentialId { get; init; }

    /// <summary>The public key, COSE-encoded.</summary>
    public required ImmutableArray<byte> PublicKey { get; init; }

    /// <summary>What the person calls it.</summary>
    public string? Name { get; init; }

    /// <summary>When it was registered.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The signature counter last seen.</summary>
    public uint SignCount { get; init; }

    /// <summary>How the authenticator is reached: "usb", "internal".</summary>
    public ImmutableArray<string> Transports { get; init; } = [];

    /// <summary>Whether the authenticator verified the person.</summary>
    public bool IsUserVerified { get; init; }

    /// <summary>Whether it may be backed up.</summary>
    public bool IsBackupEligible { get; init; }

    /// <summary>Whether it is backed up.</summary>
    public bool IsBackedUp { get; init; }

    /// <summary>The attestation object of the registration.</summary>
    public ImmutableArray<byte> AttestationObject { get; init; } = [];

    /// <summary>The client data of the registration.</summary>
    public ImmutableArray<byte> ClientDataJson { get; init; } = [];

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "passkey";
}

/// <summary>A one-time link for signing in.</summary>
/// <param name="Digest"><see cref="AccessSecret.DigestOf"/> of its secret.</param>
/// <param name="ValidUntil">From then on it is good for nothing.</param>
public sealed record SignInLink(string Digest, DateTimeOffset ValidUntil)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "link";
}

/// <summary>An identity at an OpenID Connect provider.</summary>
/// <param name="Issuer">The provider's issuer identifier.</param>
/// <param name="Subject">The subject there, unique with the issuer among all accounts.</param>
public sealed record ExternalLogin(string Issuer, string Subject);

/// <summary>What is asked for: exactly one of a role and a referring identity.</summary>
/// <param name="Id">Random.</param>
/// <param name="Role">The role asked for.</param>
/// <param name="Referring">The referring identity asked for.</param>
/// <param name="RequestedBy"><see cref="Identity.Key"/> of whoever asked.</param>
/// <param name="RequestedAt">When.</param>
public sealed record PendingRight(
    string Id,
    Role? Role,
    ReferringIdentity? Referring,
    string RequestedBy,
    DateTimeOffset RequestedAt
)
{
    /// <summary>Who asked, whatever they are called now.</summary>
    [JsonInclude]
    internal string Requester { get; init; } = "";
}
