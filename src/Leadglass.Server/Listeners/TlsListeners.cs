using System.Net;
using System.Net.Security;
using Leadglass.Access;
using Leadglass.Server.Configuration;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Leadglass.Server.Listeners;

/// <summary>
/// The two doors, DICOM over mutual TLS and HTTPS. Both are opened here, in code, on a host that reads no configuration:
/// neither a variable of the environment nor a file nor an option can open another one, or one without TLS.
/// </summary>
internal sealed class TlsListeners : IAsyncDisposable
{
    private const long WriteBufferBytesMax = 1024 * 1024;

    private readonly WebApplication _application;

    private TlsListeners(WebApplication application, IPEndPoint dicom, IPEndPoint https)
    {
        _application = application;
        Dicom = dicom;
        Https = https;
    }

    /// <summary>Where DICOM is bound.</summary>
    public IPEndPoint Dicom { get; }

    /// <summary>Where HTTPS is bound.</summary>
    public IPEndPoint Https { get; }

    /// <summary>Binds both and lets peers in.</summary>
    /// <param name="certificate">The archive's own, asked for at each handshake.</param>
    /// <param name="onDicom">Runs one association to its end.</param>
    /// <param name="web">Answers HTTP requests.</param>
    /// <exception cref="ArchiveUnavailableException">A port is taken, or an endpoint without TLS was found.</exception>
    public static async Task<TlsListeners> StartAsync(
        ServeOptions options,
        Func<SslStreamCertificateContext> certificate,
        AccessPolicy policy,
        Func<DicomConnection, Task> onDicom,
        WebHost web,
        ILoggerFactory logs,
        ServerLog log,
        CancellationToken cancel
    )
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.TryAdd(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(Logger<>)));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, PinnedBlockPoolFactory>();
        web.Add(builder.Services);
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
            var guard = new TlsOnly(policy, options.HandshakeTimeout, log);
            kestrel.Listen(
                options.Bind,
                options.DicomPort,
                listen =>
                {
                    bound.Add(listen);
                    Open(listen, options.DicomConnectionsMax, guard, guard.Mutual(certificate), log);
                    listen.Use(_ => connection => RunAsync(connection, onDicom));
                }
            );
            kestrel.Listen(
                options.Bind,
                options.HttpPort,
                listen =>
                {
                    bound.Add(listen);
                    listen.Protocols = HttpProtocols.Http1AndHttp2;
                    Open(listen, options.HttpConnectionsMax, guard, guard.ServerOnly(certificate), log);
                }
            );
        });
        var application = builder.Build();
        web.Use(application);
        try
        {
            await application.StartAsync(cancel);
            RequireTlsEverywhere(application, bound);
            return new TlsListeners(application, bound[0].IPEndPoint!, bound[1].IPEndPoint!);
        }
        catch (Exception failure)
        {
            await application.DisposeAsync();
            throw failure is IOException
                ? new ArchiveUnavailableException(
                    $"cannot listen on {options.Bind} ports {options.DicomPort} and {options.HttpPort}: "
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
        kestrel.Limits.MaxConcurrentConnections = options.DicomConnectionsMax + options.HttpConnectionsMax;
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        kestrel.Limits.Http2.MaxStreamsPerConnection = 50;
    }

    private static void Open(
        ListenOptions listen,
        int connectionsMax,
        TlsOnly guard,
        Microsoft.AspNetCore.Server.Kestrel.Https.TlsHandshakeCallbackOptions tls,
        ServerLog log
    )
    {
        var limit = new ConnectionLimit(
            connectionsMax,
            connection => log.TurnedAway(TlsOnly.AddressOf(connection), connectionsMax)
        );
        listen.Use(limit.Around);
        listen.Use(QuickAckTransport.Below);
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

    /// <summary>What Kestrel says it bound must be the two endpoints of this file, each over TLS.</summary>
    private static void RequireTlsEverywhere(WebApplication application, List<ListenOptions> bound)
    {
        var addresses = application
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()
            ?.Addresses;
        if (
            bound is not [{ IPEndPoint: not null }, { IPEndPoint: not null }]
            || addresses is not { Count: 2 }
            || addresses.Any(address => !address.StartsWith("https://", StringComparison.Ordinal))
        )
        {
            throw new ArchiveUnavailableException(
                "an endpoint without TLS, or one that nobody asked for, was bound: the archive does not start"
            );
        }
    }
}
