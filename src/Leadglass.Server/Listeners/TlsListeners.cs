using System.Net;
using System.Net.Security;
using Leadglass.Access;
using Leadglass.Server.Configuration;
using Leadglass.Server.SelfExamination;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Leadglass.Server.Listeners;

/// <summary>What the listeners stand on.</summary>
internal sealed record ListenerParts
{
    public required ServeOptions Options { get; init; }

    /// <summary>The archive's own certificate, asked for at each handshake of DICOM.</summary>
    public required Func<SslStreamCertificateContext> Certificate { get; init; }

    /// <summary>The certificate of HTTPS, asked for at each handshake.</summary>
    public required Func<SslStreamCertificateContext> HttpsCertificate { get; init; }

    public required AccessPolicy Policy { get; init; }

    /// <summary>Runs one association to its end.</summary>
    public required Func<DicomConnection, Task> OnDicom { get; init; }

    /// <summary>Answers HTTP requests.</summary>
    public required WebHost Web { get; init; }

    public required ILoggerFactory Logs { get; init; }

    public required ServerLog Log { get; init; }

    /// <summary>The archive's own looks at itself.</summary>
    public OwnLooks Looks { get; init; } = new();

    /// <summary>What was closed because it answered a stranger.</summary>
    public ServiceClosures Closures { get; init; } = new();

    /// <summary>
    /// What stands below TLS at a listener. In the program nothing does: tests put something there that opens the archive on
    /// purpose, to see that it notices (an architecture test holds that only tests set it).
    /// </summary>
    public Func<ListenerKind, ConnectionDelegate, ConnectionDelegate> Below { get; init; } = static (_, next) => next;
}

/// <summary>
/// The doors: DICOM over mutual TLS, HTTPS, and HTTPS over mutual TLS for programs where that is wanted. All are opened
/// here, in code, on a host that reads no configuration: neither a variable of the environment nor a file nor an option can
/// open another one, or one without TLS.
/// </summary>
internal sealed class TlsListeners : IAsyncDisposable
{
    private const long WriteBufferBytesMax = 1024 * 1024;

    private readonly WebApplication _application;

    private TlsListeners(WebApplication application, IReadOnlyList<ListenOptions> bound)
    {
        _application = application;
        Dicom = bound[0].IPEndPoint!;
        Https = bound[1].IPEndPoint!;
        Programs = bound.Count > 2 ? bound[2].IPEndPoint : null;
    }

    /// <summary>Where DICOM is bound.</summary>
    public IPEndPoint Dicom { get; }

    /// <summary>Where HTTPS is bound.</summary>
    public IPEndPoint Https { get; }

    /// <summary>Where HTTPS with client certificates is bound; null: nowhere.</summary>
    public IPEndPoint? Programs { get; }

    /// <summary>Everything that answers HTTP, for those who check it.</summary>
    public IReadOnlyList<Endpoint> Endpoints =>
        _application.Services.GetRequiredService<EndpointDataSource>().Endpoints;

    /// <summary>Binds them and lets peers in.</summary>
    /// <exception cref="ArchiveUnavailableException">A port is taken, or an endpoint without TLS was found.</exception>
    public static async Task<TlsListeners> StartAsync(ListenerParts parts, CancellationToken cancel)
    {
        var options = parts.Options;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(parts.Logs);
        builder.Services.TryAdd(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(Logger<>)));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, PinnedBlockPoolFactory>();
        parts.Web.Add(builder.Services);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.NoDelay = true;
            sockets.MaxWriteBufferSize = WriteBufferBytesMax;
        });
        var bound = new List<ListenOptions>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Limit(kestrel, options);
            OpenAll(kestrel, parts, bound);
        });
        var application = builder.Build();
        parts.Web.Use(application);
        try
        {
            await application.StartAsync(cancel);
            RequireTlsEverywhere(application, bound, options.ProgramPort is null ? 2 : 3);
            return new TlsListeners(application, bound);
        }
        catch (Exception failure)
        {
            await application.DisposeAsync();
            throw failure is IOException
                ? new ArchiveUnavailableException(
                    $"cannot listen on {options.Bind} ports {options.DicomPort}, {options.HttpPort}"
                        + $"{(options.ProgramPort is { } port ? $" and {port}" : "")}: "
                        + $"{failure.Message.TrimEnd('.')}; free the port or name another",
                    failure
                )
                : failure;
        }
    }

    /// <summary>Takes no more connections and gives those there are until <paramref name="hurry"/> to end.</summary>
    public Task StopAsync(CancellationToken hurry) => _application.StopAsync(hurry);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static void Limit(KestrelServerOptions kestrel, ServeOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections =
            options.DicomConnectionsMax + (options.HttpConnectionsMax * (options.ProgramPort is null ? 1 : 2));
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 50;
    }

    private static void OpenAll(KestrelServerOptions kestrel, ListenerParts parts, List<ListenOptions> bound)
    {
        var options = parts.Options;
        var guard = new TlsOnly(parts.Policy, options.HandshakeTimeout, parts.Looks, parts.Log);
        kestrel.Listen(
            options.Bind,
            options.DicomPort,
            listen =>
            {
                bound.Add(listen);
                Open(
                    listen,
                    ListenerKind.Dicom,
                    options.DicomConnectionsMax,
                    guard,
                    guard.Mutual(parts.Certificate),
                    parts
                );
                listen.Use(_ => connection => RunAsync(connection, parts.OnDicom));
            }
        );
        kestrel.Listen(
            options.Bind,
            options.HttpPort,
            listen =>
            {
                bound.Add(listen);
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                Open(
                    listen,
                    ListenerKind.Https,
                    options.HttpConnectionsMax,
                    guard,
                    guard.ServerOnly(parts.HttpsCertificate),
                    parts
                );
            }
        );
        if (options.ProgramPort is { } programs)
        {
            kestrel.Listen(
                options.Bind,
                programs,
                listen =>
                {
                    bound.Add(listen);
                    listen.Protocols = HttpProtocols.Http1AndHttp2;
                    listen.Use(ProgramPort.Around);
                    Open(
                        listen,
                        ListenerKind.Programs,
                        options.HttpConnectionsMax,
                        guard,
                        guard.Programs(parts.HttpsCertificate),
                        parts
                    );
                }
            );
        }
    }

    private static void Open(
        ListenOptions listen,
        ListenerKind kind,
        int connectionsMax,
        TlsOnly guard,
        Microsoft.AspNetCore.Server.Kestrel.Https.TlsHandshakeCallbackOptions tls,
        ListenerParts parts
    )
    {
        var limit = new ConnectionLimit(
            connectionsMax,
            connection => parts.Log.TurnedAway(TlsOnly.AddressOf(connection), connectionsMax)
        );
        listen.Use(parts.Closures.Of(kind).Around);
        listen.Use(limit.Around);
        listen.Use(QuickAckTransport.Below);
        listen.Use(next => parts.Below(kind, next));
        listen.Use(guard.Guard);
        listen.UseHttps(tls);
    }

    private static async Task RunAsync(ConnectionContext connection, Func<DicomConnection, Task> onDicom)
    {
        if (TlsOnly.IdentityOf(connection) is not { } identity)
        {
            connection.Abort(new ConnectionAbortedException("no identity"));
            return;
        }

        await onDicom(
            new DicomConnection(
                connection.Transport,
                identity,
                connection.RemoteEndPoint as IPEndPoint,
                () => connection.Abort(new ConnectionAbortedException("access withdrawn"))
            )
        );
    }

    /// <summary>What Kestrel says it bound must be the endpoints of this file, each over TLS.</summary>
    private static void RequireTlsEverywhere(WebApplication application, List<ListenOptions> bound, int expected)
    {
        var addresses = application
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()
            ?.Addresses;
        if (
            bound.Count != expected
            || bound.Any(listen => listen.IPEndPoint is null)
            || addresses?.Count != expected
            || addresses.Any(address => !address.StartsWith("https://", StringComparison.Ordinal))
        )
        {
            throw new ArchiveUnavailableException(
                "an endpoint without TLS, or one that nobody asked for, was bound: the archive does not start"
            );
        }
    }
}
