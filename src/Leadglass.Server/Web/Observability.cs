using System.Diagnostics.Metrics;
using Leadglass.Access;
using Leadglass.Server.Edges;
using Leadglass.Server.SelfExamination;
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
    private static readonly byte[] PartlyReady =
        """{"status":"ready","selfExamination":"a service is closed: it answered a stranger"}"""u8.ToArray();
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
        AddSelfExamination(meter, host);
        return meter;
    }

    /// <summary>What the archive's last look at itself came to. Before the first look there is nothing to tell.</summary>
    private static void AddSelfExamination(Meter meter, ArchiveHost host)
    {
        void Tell(string name, string what, Func<SelfExaminationReport, double> value) =>
            meter.CreateObservableGauge(
                $"leadglass.self_examination.{name}",
                () => host.LastLook is { } last ? [new Measurement<double>(value(last))] : (Measurement<double>[])[],
                unit: null,
                what
            );
        Tell(
            "answered",
            "what a stranger got at the last look and should not; anything but 0 is an alarm",
            static last => last.Notices.Count(notice => !notice.IsNotLooked)
        );
        Tell("not_looked", "attempts of which nothing can be said", static last => last.NotLooked);
        Tell(
            "closed_services",
            "services that are closed because they answered a stranger",
            _ => host.Closures.Closed.Count
        );
        Tell("last_seconds", "when it last looked, seconds since 1970", static last => last.At.ToUnixTimeSeconds());
    }

    private static async Task AnswerReadyAsync(HttpContext context)
    {
        var host = context.RequestServices.GetRequiredService<ArchiveHost>();
        var isReady = IsReady(host);
        var body =
            !isReady ? NotReady
            : host.Closures.Closed.Count > 0 ? PartlyReady
            : Ready;
        context.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
