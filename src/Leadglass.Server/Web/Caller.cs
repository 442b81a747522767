using Leadglass.Access;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>By what a caller proved who they are.</summary>
internal enum CallerKind
{
    /// <summary>The session cookie of a person who signed in.</summary>
    Session,

    /// <summary>A bearer token of a program.</summary>
    Token,

    /// <summary>A client certificate, on the port of programs.</summary>
    Certificate,

    /// <summary>The viewer's cookie: reads, and counts only where <see cref="ViewerWelcomeAttribute"/> stands.</summary>
    Viewer,
}

/// <summary>Who is asking, as whoever checked the proof set it on the request.</summary>
/// <param name="Identity">Made by the access policy.</param>
/// <param name="Kind">By what it was proved.</param>
/// <param name="SessionId">Which session; null for programs.</param>
internal sealed record CallerFeature(Identity Identity, CallerKind Kind, string? SessionId = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Identity.Key} ({Kind})";
}

/// <summary>What the policy granted for the request's endpoint, set before the handler runs.</summary>
internal sealed record GrantFeature(AccessGrant Grant);

/// <summary>What a handler asks of its request.</summary>
internal static class CallerRequests
{
    extension(HttpContext context)
    {
        /// <summary>Who is asking; null: a stranger.</summary>
        public Identity? Caller() => context.Features.Get<CallerFeature>()?.Identity;

        /// <summary>By what they proved it; null: a stranger.</summary>
        public CallerKind? CallerKind() => context.Features.Get<CallerFeature>()?.Kind;

        /// <summary>The grant for the operation that the endpoint requires.</summary>
        /// <exception cref="InvalidOperationException">The endpoint requires none.</exception>
        public AccessGrant Grant() =>
            context.Features.Get<GrantFeature>()?.Grant
            ?? throw new InvalidOperationException("The endpoint requires no operation, so it has no grant.");
    }
}
