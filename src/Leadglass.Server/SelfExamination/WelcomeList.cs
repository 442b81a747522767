using System.Collections.Frozen;

namespace Leadglass.Server.SelfExamination;

/// <summary>
/// All that strangers may have of the web, by route. It is a list of its own on purpose: an endpoint that is marked as
/// welcome to strangers by mistake is not on it.
/// </summary>
internal static class WelcomeList
{
    private static readonly FrozenSet<string> Routes = FrozenSet.Create(
        StringComparer.Ordinal,
        "/health/live",
        "/assets/{file}",
        "/preferences",
        "/connect/token",
        "/edge/enrol",
        "/signin",
        "/signin/code",
        "/signin/link",
        "/signin/password",
        "/signin/enrol",
        "/signin/passkey",
        "/signin/passkey/options",
        "/signout",
        "/shared/{share}",
        "/signin/openid",
        "/signin-oidc",
        "/signout-oidc"
    );

    // Asked hourly, these would call the hospital's sign-in provider each time.
    private static readonly FrozenSet<string> NotAsked = FrozenSet.Create(
        StringComparer.Ordinal,
        "/signin/openid",
        "/signin-oidc",
        "/signout-oidc"
    );

    /// <summary>Whether strangers may have answers of this route that bear no data.</summary>
    public static bool Holds(string route) => Routes.Contains(Normal(route));

    /// <summary>Whether a look asks it.</summary>
    public static bool IsAsked(string route) => !NotAsked.Contains(Normal(route));

    private static string Normal(string route) => "/" + route.Trim('/');
}
