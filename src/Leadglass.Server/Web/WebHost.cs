using Leadglass.Access;
using Leadglass.Server.Api;
using Leadglass.Server.DicomWeb;
using Leadglass.Server.Edges;
using Leadglass.Server.Pages;
using Leadglass.Server.SelfExamination;
using Leadglass.Server.SignIn;
using Leadglass.Server.Viewer;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Web;

/// <summary>
/// The HTTPS application: the parts that make it up, and the order in which a request passes. Endpoints are those that the
/// parts map here in code; nothing else answers.
/// </summary>
internal sealed class WebHost
{
    private readonly AccessPolicy _policy;
    private readonly ServerLog _log;
    private readonly TimeProvider _clock;
    private readonly WebParts? _parts;
    private readonly IReadOnlyList<WebPart> _list;

    private WebHost(
        AccessPolicy policy,
        ServerLog log,
        TimeProvider clock,
        WebParts? parts,
        IReadOnlyList<WebPart> list
    )
    {
        _policy = policy;
        _log = log;
        _clock = clock;
        _parts = parts;
        _list = list;
    }

    /// <summary>The parts, in the order in which they are registered and mapped.</summary>
    private static IReadOnlyList<WebPart> All { get; } =
    [
        new(Map: Liveness.Map),
        new(Observability.Add, Observability.Map),
        new(SignInPart.Add, SignInPart.Map, SignInPart.Use),
        new(EdgeEnrolmentPart.Add, EdgeEnrolmentPart.Map),
        new(Map: CapabilitiesPart.Map),
        new(Map: ChangeFeedPart.Map),
        new(Map: AssignmentPart.Map),
        new(RetrievePart.Add, RetrievePart.Map),
        new(Map: QidoPart.Map),
        new(Map: StowPart.Map),
        new(ViewerPart.Add, ViewerPart.Map),
        new(WebPages.Add, WebPages.Map),
    ];

    /// <summary>The whole application over an open archive.</summary>
    public static WebHost For(WebParts parts) => new(parts.Host.Policy, parts.Log, parts.Host.Clock, parts, All);

    /// <summary>The same with a part more, for tests that open the archive on purpose.</summary>
    public static WebHost For(WebParts parts, WebPart more) =>
        new(parts.Host.Policy, parts.Log, parts.Host.Clock, parts, [.. All, more]);

    /// <summary>The bare pipeline, with liveness and nothing to release.</summary>
    public static WebHost Bare(AccessPolicy policy, ServerLog log, TimeProvider clock) =>
        new(policy, log, clock, parts: null, [new(Map: Liveness.Map)]);

    /// <summary>Registers what the pipeline and its parts need.</summary>
    public void Add(IServiceCollection services)
    {
        services.AddRoutingCore();
        services.AddSingleton(_policy);
        services.AddSingleton(_log);
        if (_parts is not { } parts)
        {
            return;
        }

        services.AddSingleton(parts);
        services.AddSingleton(parts.Options);
        services.AddSingleton(parts.Host);
        services.AddSingleton(parts.Host.Archive);
        services.AddSingleton(parts.Host.Devices);
        services.AddSingleton(parts.Host.Trail);
        services.AddSingleton(parts.Host.Clock);
        foreach (var part in _list)
        {
            part.Add?.Invoke(services, parts);
        }
    }

    /// <summary>Builds the pipeline. Its order is the security of it: see the comments.</summary>
    public void Use(WebApplication application)
    {
        var looks = _parts?.Host.Looks ?? new OwnLooks();
        // Headers first: whatever answers later, answers with them.
        application.Use(SecurityHeaders.SetAsync);
        application.Use(new RequestLog(_log, looks, _clock).AroundAsync);
        application.Use(new ErrorEdge(_log).AroundAsync);
        // Before anything that could answer.
        application.Use((_parts?.Host.Closures ?? new ServiceClosures()).PassAsync);
        application.UseRouting();
        foreach (var part in _list)
        {
            part.Use?.Invoke(application);
        }

        // From here on it is known who asks, and what.
        application.Use(new CallerLimit(_policy).PassAsync);
        application.Use(new Gate(_policy, looks).PassAsync);
        if (application.Services.GetService<IAntiforgery>() is not null)
        {
            application.UseAntiforgery();
        }

        application.UseEndpoints(endpoints =>
        {
            foreach (var part in _list)
            {
                part.Map?.Invoke(endpoints);
            }
        });
    }
}
