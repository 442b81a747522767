using System.Diagnostics.Metrics;
using Leadglass.Access;
using Leadglass.Server.Edges;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Leadglass.Server.Web;

/// <summary>
/// <c>/health/ready</c>, <c>/metrics</c> and traces, for whoever may observe: they say how the archive does, and so when
/// and how much it is used. No patient data is in them: requests are named by route template, never by path or query.
/// </summary>
internal static class Observability
{
    private const string MeterName = "Leadglass";

    private static readonly byte[] Ready = """{"status":"ready"}"""u8.ToArray();
    private static readonly byte[] NotReady = """{"status":"not ready"}"""u8.ToArray();

    public static void Add(IServiceCollection services, WebParts parts)
    {
        services.AddSingleton(provider => Gauges(provider.GetRequiredService<IMeterFactory>(), parts.Host));
        var telemetry = services
            .AddOpenTelemetry()
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(
                        MeterName,
                        "Microsoft.AspNetCore.Hosting",
                        "Microsoft.AspNetCore.Server.Kestrel",
                        "System.Runtime"
                    )
                    .AddPrometheusExporter()
            );
        if (parts.Options.OtlpEndpoint is { } collector)
        {
            telemetry.WithTracing(traces =>
                traces.AddSource(RequestLog.SourceName).AddOtlpExporter(otlp => otlp.Endpoint = collector)
            );
        }
    }

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        _ = endpoints.ServiceProvider.GetRequiredService<Meter>();
        endpoints
            .MapMethods("/health/ready", [HttpMethods.Get, HttpMethods.Head], AnswerReadyAsync)
            .RequireCaller(Operation.Observe)
            .ProgramsWelcome();
        endpoints.MapPrometheusScrapingEndpoint("/metrics").RequireCaller(Operation.Observe).ProgramsWelcome();
    }

    /// <summary>Whether instances can be taken in and given out.</summary>
    private static bool IsReady(ArchiveHost host) => host.Archive.Ingest is { Failure: null, IsFull: false };

    private static Meter Gauges(IMeterFactory meters, ArchiveHost host)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("leadglass.ready", () => IsReady(host) ? 1 : 0, unit: null, "1 while it serves");
        meter.CreateObservableGauge(
            "leadglass.storage.full",
            () => host.Archive.Ingest.IsFull ? 1 : 0,
            unit: null,
            "1 while the volume is full"
        );
        EdgeWatch.AddGauges(meter, host);
        return meter;
    }

    private static async Task AnswerReadyAsync(HttpContext context)
    {
        var isReady = IsReady(context.RequestServices.GetRequiredService<ArchiveHost>());
        var body = isReady ? Ready : NotReady;
        context.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
