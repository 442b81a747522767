using Leadglass.Server.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Web;

/// <summary>What the parts of the web application stand on; each is also a service.</summary>
/// <param name="Host">The open archive, with its registries, policy, trail and use cases.</param>
/// <param name="Options">How it serves.</param>
/// <param name="Log">The catalogue of messages.</param>
internal sealed record WebParts(ArchiveHost Host, ServeOptions Options, ServerLog Log);

/// <summary>One part of the web application.</summary>
/// <param name="Add">Registers its services; null: none.</param>
/// <param name="Map">Maps its endpoints, each with its rules; null: none.</param>
/// <param name="Use">Puts itself between routing and the gate, where callers are made out; null: not.</param>
internal sealed record WebPart(
    Action<IServiceCollection, WebParts>? Add = null,
    Action<IEndpointRouteBuilder>? Map = null,
    Action<IApplicationBuilder>? Use = null
);
