using System.Net;

namespace Leadglass.Server.Configuration;

/// <summary>How people sign in. Nothing here lets somebody in who would not be let in without it.</summary>
public sealed record SignInOptions
{
    /// <summary>
    /// Whether every role needs a second factor. Clinical roles, the data-protection officer and administrators need one
    /// whatever stands here.
    /// </summary>
    public bool SecondFactorForEverybody { get; init; }

    /// <summary>The hospital's OpenID provider; null: none.</summary>
    public OpenIdProviderOptions? OpenIdConnect { get; init; }
}

/// <summary>The hospital's OpenID provider. Its client secret is sealed in the archive, never in a configuration.</summary>
public sealed record OpenIdProviderOptions
{
    /// <summary>The claim that lists groups unless another one is named.</summary>
    public const string DefaultGroupsClaim = "groups";

    /// <summary>The issuer. https, or http on a loopback address, and the only host that the archive ever calls for it.</summary>
    public required Uri Authority { get; init; }

    /// <summary>As which client the archive is registered there.</summary>
    public required string ClientId { get; init; }

    /// <summary>What stands on the button.</summary>
    public string DisplayName { get; init; } = "OpenID Connect";

    /// <summary>The claim that lists a person's groups.</summary>
    public string GroupsClaim { get; init; } = DefaultGroupsClaim;

    /// <summary>Scopes asked for besides <c>openid</c> and <c>profile</c>.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Whether a secret may be sent there, or a person: encrypted, or to this very machine.</summary>
    internal static bool IsSafe(Uri authority) =>
        authority.IsAbsoluteUri
        && authority.UserInfo.Length == 0
        && authority.Query.Length == 0
        && authority.Fragment.Length == 0
        && (
            authority.Scheme == Uri.UriSchemeHttps
            || (
                authority.Scheme == Uri.UriSchemeHttp
                && IPAddress.TryParse(authority.IdnHost, out var address)
                && IPAddress.IsLoopback(address)
            )
        );
}
