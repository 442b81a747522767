using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Server.Associations;
using Leadglass.Server.Configuration;
using Leadglass.Server.Control;
using Leadglass.Server.Edges;
using Leadglass.Server.Listeners;
using Leadglass.Server.SelfExamination;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Leadglass.Server;

/// <summary>A serving archive: both doors, the control socket, and what watches over enrolment.</summary>
public sealed class LeadglassServer : IAsyncDisposable
{
    private static readonly TimeSpan EnrolmentInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CertificateInterval = TimeSpan.FromDays(1);

    private readonly ArchiveHost _host;
    private readonly ServeOptions _options;
    private readonly ServerLog _log;
    private readonly ListenerCertificate _certificate;
    private readonly DicomAssociations _associations;
    private readonly CancellationTokenSource _stop = new();
    private HttpsCertificate? _httpsCertificate;
    private TlsListeners? _listeners;
    private ControlServer? _control;
    private Task _watching = Task.CompletedTask;

    private LeadglassServer(ArchiveHost host, ServeOptions options, ILoggerFactory logs)
    {
        _host = host;
        _options = options;
        _log = new ServerLog(logs.CreateLogger("Leadglass.Server"), host.Clock);
        _certificate = new ListenerCertificate(host.Authority, CertificateNames(options), host.Clock);
        _associations = new DicomAssociations(host, options, _certificate, _log);
    }

    /// <summary>Where DICOM over TLS is bound.</summary>
    public IPEndPoint Dicom => _listeners!.Dicom;

    /// <summary>Where HTTPS is bound.</summary>
    public IPEndPoint Https => _listeners!.Https;

    /// <summary>Where HTTPS with client certificates is bound; null: nowhere.</summary>
    public IPEndPoint? Programs => _listeners!.Programs;

    /// <summary>What looks at this server as a stranger would.</summary>
    internal SelfExaminer? Examiner { get; private set; }

    internal IReadOnlyList<Endpoint> Endpoints => _listeners!.Endpoints;

    /// <summary>Serves an open archive, whose lock the caller holds. It is ready when this returns.</summary>
    /// <exception cref="ArchiveUnavailableException">A port is taken, or the archive cannot serve.</exception>
    public static async Task<LeadglassServer> StartAsync(
        ArchiveHost host,
        ServeOptions options,
        ILoggerFactory logs,
        CancellationToken cancel
    ) => await StartAsync(host, options, logs, ServerVariation.None, cancel);

    /// <summary>The same, varied as a test asks.</summary>
    internal static async Task<LeadglassServer> StartAsync(
        ArchiveHost host,
        ServeOptions options,
        ILoggerFactory logs,
        ServerVariation variation,
        CancellationToken cancel
    )
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        var server = new LeadglassServer(host, options, logs);
        try
        {
            await server.OpenAsync(logs, variation, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Takes no more connections, lets running associations end for as long as the options say, aborts the rest.
    /// </summary>
    public async Task StopAsync()
    {
        if (_listeners is null)
        {
            return;
        }

        _log.Stopping(_associations.Count, _options.DrainTimeout.TotalSeconds);
        using var hurry = new CancellationTokenSource(_options.DrainTimeout, _host.Clock);
        await _associations.StopAsync(hurry.Token);
        await _listeners.StopAsync(hurry.Token);
        await _host.Trail.RecordAsync(Activity(AuditEventType.ApplicationStop), CancellationToken.None);
        _log.Stopped();
    }

    public async ValueTask DisposeAsync()
    {
        _host.Registries.BreakGlass.Opened -= OnBreakGlass;
        await _stop.CancelAsync();
        if (_control is not null)
        {
            await _control.DisposeAsync();
        }

        if (_listeners is not null)
        {
            await _listeners.DisposeAsync();
        }

        await _watching;
        Examiner?.Dispose();
        await _associations.DisposeAsync();
        _certificate.Dispose();
        _httpsCertificate?.Dispose();
        _stop.Dispose();
    }

    private async Task OpenAsync(ILoggerFactory logs, ServerVariation variation, CancellationToken cancel)
    {
        await _host.Trail.RecordAsync(Activity(AuditEventType.ApplicationStart), cancel);
        _httpsCertificate = _options is { HttpsCertificate: { } file, HttpsKey: { } key }
            ? HttpsCertificate.Open(file, key, _host.Clock, _log)
            : null;
        _listeners = await TlsListeners.StartAsync(
            variation.Listeners(
                new ListenerParts
                {
                    Options = _options,
                    Certificate = CurrentCertificate,
                    HttpsCertificate = () => _httpsCertificate?.Current ?? CurrentCertificate(),
                    Policy = _host.Policy,
                    OnDicom = _associations.RunAsync,
                    Web = variation.Web(new WebParts(_host, _options, _log)),
                    Logs = logs,
                    Log = _log,
                    Looks = _host.Looks,
                    Closures = _host.Closures,
                }
            ),
            cancel
        );
        _host.Registries.BreakGlass.Opened += OnBreakGlass;
        _associations.Start();
        _host.Listening = new ListenerEndpoints(Dicom, Https);
        _control = ControlServer.Start(_host, _log);
        Examiner = new SelfExaminer(_host, BoundListeners(), Endpoints, variation.Patience, _log);
        _watching = Task.WhenAll(
            variation.LooksAtItself ? Examiner.RunAsync(_stop.Token) : Task.CompletedTask,
            WatchEnrolmentAsync(),
            WatchCertificatesAsync(),
            new StorageWatch(_host, _log).RunAsync(_stop.Token),
            new EdgeWatch(_host, _log).RunAsync(_stop.Token)
        );
        if (_host.Archive.Recovery.DamagedRecords is > 0 and var damaged)
        {
            _log.RecoveryMetDamage(damaged);
        }

        _log.Serving(Dicom, Https);
        if (Programs is { } programs)
        {
            _log.ServingPrograms(programs);
        }
    }

    private IReadOnlyList<BoundListener> BoundListeners()
    {
        X509Certificate2 OfDicom() => _certificate.Current;
        X509Certificate2 OfHttps() => (_httpsCertificate?.Current ?? CurrentCertificate()).TargetCertificate;
        BoundListener[] always = [new(ListenerKind.Dicom, Dicom, OfDicom), new(ListenerKind.Https, Https, OfHttps)];
        return Programs is { } programs ? [.. always, new(ListenerKind.Programs, programs, OfHttps)] : always;
    }

    /// <summary>A command beside the server may change who is enrolled.</summary>
    private async Task WatchEnrolmentAsync()
    {
        try
        {
            await _host.Devices.WatchAsync(
                EnrolmentInterval,
                _host.Clock,
                failure => _log.EnrolmentUnreadable(failure.GetType().Name),
                _stop.Token
            );
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Certificates of devices end quietly: whoever runs the archive is told 60 days before, and every day.</summary>
    private async Task WatchCertificatesAsync()
    {
        using var daily = new PeriodicTimer(CertificateInterval, _host.Clock);
        try
        {
            do
            {
                foreach (
                    var (device, until, alarm) in CertificateExpiry.Due(_host.Devices.Current, _host.Clock.GetUtcNow())
                )
                {
                    _log.CertificateEnds(device, until, alarm);
                }
            } while (await daily.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private SslStreamCertificateContext? _context;

    private SslStreamCertificateContext CurrentCertificate()
    {
        var certificate = _certificate.Current;
        var context = _context;
        if (context is null || !ReferenceEquals(context.TargetCertificate, certificate))
        {
            context = SslStreamCertificateContext.Create(
                certificate,
                new X509Certificate2Collection(_host.Authority.Certificate),
                offline: true
            );
            _context = context;
        }

        return context;
    }

    private static IReadOnlyCollection<string> CertificateNames(ServeOptions options)
    {
        var isAny = options.Bind.Equals(IPAddress.Any) || options.Bind.Equals(IPAddress.IPv6Any);
        return [.. options.Names, Dns.GetHostName(), .. isAny ? [] : new[] { options.Bind.ToString() }];
    }

    private void OnBreakGlass(object? sender, BreakGlassEventArgs opened) => _log.BreakGlassOpened(opened.Record.Id);

    private static TrailEvent Activity(AuditEventType type) =>
        new()
        {
            Event = AuditEvent.ApplicationActivity,
            Type = type,
            Who = "archive",
        };
}
