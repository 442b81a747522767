using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>What a session is for.</summary>
public enum SessionKind
{
    /// <summary>A person on the pages.</summary>
    Pages,

    /// <summary>The viewer of a person or of a share: reads the studies that were opened in it, and nothing else.</summary>
    Viewer,

    /// <summary>An outside person with a share.</summary>
    Share,
}

/// <summary>How a person proved who they are.</summary>
public enum SignInMethod
{
    /// <summary>Password alone.</summary>
    Password,

    /// <summary>Password and one-time password, or recovery code.</summary>
    PasswordAndCode,

    /// <summary>Passkey.</summary>
    Passkey,

    /// <summary>OpenID Connect provider.</summary>
    Provider,

    /// <summary>One-time link.</summary>
    Link,

    /// <summary>Link and code of a share.</summary>
    ShareCode,
}

/// <summary>A session as it is kept. Immutable; its secret is not in it.</summary>
public sealed record Session
{
    /// <summary>Random; names it in lists and is no secret.</summary>
    public required string Id { get; init; }

    /// <summary>What it is for.</summary>
    public required SessionKind Kind { get; init; }

    /// <summary>Id of the account; null: of a share.</summary>
    public string? AccountId { get; init; }

    /// <summary>Id of the share; null: of an account.</summary>
    public string? ShareId { get; init; }

    /// <summary>The session that a viewer's belongs to: it ends with it.</summary>
    public string? ParentId { get; init; }

    /// <summary>The account's <see cref="Account.RightsVersion"/> when it was made; at any other the session is void.</summary>
    public long RightsVersion { get; init; }

    /// <summary>How it was proved who it is.</summary>
    public SignInMethod Method { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset MadeAt { get; init; }

    /// <summary>When it was last used, to five minutes.</summary>
    public DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Whatever happens, it is over then.</summary>
    public DateTimeOffset EndsAt { get; init; }

    /// <summary>From where it was made, coarse: the network, not the address.</summary>
    public string From { get; init; } = "";

    /// <summary>Family of the browser: "Firefox".</summary>
    public string Agent { get; init; } = "";

    /// <summary>Of a viewer: Study Instance UIDs of the studies opened in it, the last ones.</summary>
    public ImmutableArray<string> Studies { get; init; } = [];

    /// <summary>What the sign-in wants to know at its end: the provider's session and token, as it wrote it.</summary>
    public string? ProviderNote { get; init; }

    [JsonInclude]
    internal string SecretDigest { get; init; } = "";

    [JsonIgnore]
    internal string Owner => AccountId ?? ShareId ?? "";

    /// <summary>The id only.</summary>
    public override string ToString() => Id;
}

/// <summary>A session as it was made.</summary>
/// <param name="Session">As it is kept.</param>
/// <param name="Secret">What the cookie carries; shown once.</param>
public sealed record MadeSession(Session Session, string Secret)
{
    /// <summary>The id only.</summary>
    public override string ToString() => Session.Id;
}

/// <summary>What is known of a browser that signs in.</summary>
/// <param name="Method">How it was proved who it is.</param>
/// <param name="From">From where, coarse.</param>
/// <param name="Agent">Family of the browser.</param>
/// <param name="ProviderNote">What the sign-in wants to know at its end.</param>
public sealed record SessionOpening(
    SignInMethod Method,
    string From = "",
    string Agent = "",
    string? ProviderNote = null
);

/// <summary>How long sessions last.</summary>
public sealed record SessionLimits
{
    /// <summary>Unused for so long, a session ends: 60 minutes.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Used or not, a session ends: 12 hours.</summary>
    public TimeSpan Absolute { get; init; } = TimeSpan.FromHours(12);
}
