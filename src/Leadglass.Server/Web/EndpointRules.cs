using Leadglass.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;

namespace Leadglass.Server.Web;

/// <summary>
/// The endpoint answers strangers: sign-in pages with their styles and scripts, liveness, the token endpoint. An endpoint
/// without it answers nobody who has not proved who they are.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StrangersWelcomeAttribute : Attribute;

/// <summary>
/// The endpoint answers a caller whom the access policy grants the operation; null: any caller. The grant is
/// <see cref="CallerRequests"/>' <c>Grant()</c>; a refusal is 403 and stands in the trail.
/// </summary>
/// <param name="operation">What is asked of the policy.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RequireCallerAttribute(Operation operation) : Attribute
{
    /// <summary>What is asked of the policy.</summary>
    public Operation Operation { get; } = operation;
}

/// <summary>The endpoint answers every caller, whatever they may do: their own account, their own sessions.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AnyCallerAttribute : Attribute;

/// <summary>The viewer's cookie counts here, for reading.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ViewerWelcomeAttribute : Attribute;

/// <summary>Programs may ask here, with a token or on their own port. Elsewhere they are refused.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ProgramsWelcomeAttribute : Attribute;

/// <summary>
/// The endpoint takes requests that another site's page made: only the return from the hospital's sign-in provider.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OtherSitesWelcomeAttribute : Attribute;

/// <summary>How long a request's body may be. Without it, a request has none.</summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;

/// <summary>The rules of an endpoint, as they are written where it is mapped.</summary>
internal static class EndpointRules
{
    extension<TBuilder>(TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        /// <inheritdoc cref="StrangersWelcomeAttribute"/>
        public TBuilder StrangersWelcome() => endpoint.WithMetadata(new StrangersWelcomeAttribute());

        /// <inheritdoc cref="RequireCallerAttribute"/>
        public TBuilder RequireCaller(Operation operation) =>
            endpoint.WithMetadata(new RequireCallerAttribute(operation));

        /// <inheritdoc cref="AnyCallerAttribute"/>
        public TBuilder AnyCaller() => endpoint.WithMetadata(new AnyCallerAttribute());

        /// <inheritdoc cref="ViewerWelcomeAttribute"/>
        public TBuilder ViewerWelcome() => endpoint.WithMetadata(new ViewerWelcomeAttribute());

        /// <inheritdoc cref="ProgramsWelcomeAttribute"/>
        public TBuilder ProgramsWelcome() => endpoint.WithMetadata(new ProgramsWelcomeAttribute());

        /// <inheritdoc cref="OtherSitesWelcomeAttribute"/>
        public TBuilder OtherSitesWelcome() => endpoint.WithMetadata(new OtherSitesWelcomeAttribute());

        /// <summary>The body may be this long, in bytes. 413 beyond it; memory is the handler's affair.</summary>
        public TBuilder BodyUpTo(long bytesMax) => endpoint.WithMetadata(new BodyLimit(bytesMax));
    }
}
