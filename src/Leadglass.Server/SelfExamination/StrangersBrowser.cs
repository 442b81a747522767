using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Exposure;
using Leadglass.Server.SignIn.Browser;

namespace Leadglass.Server.SelfExamination;

/// <summary>Asks a listener over HTTPS as somebody without an identity: no cookie, no token, no redirect followed.</summary>
internal sealed class StrangersBrowser : IAsyncDisposable
{
    private const int BodyBytesMax = 64 << 10;
    private const int HeaderKibibytesMax = 32;

    // A sweep over all endpoints takes a moment on one connection.
    private static readonly TimeSpan ConnectionTime = TimeSpan.FromMinutes(2);

    private readonly List<ProbeConnection> _connections = [];
    private readonly HttpMessageInvoker _client;
    private readonly LookContext _context;
    private readonly OwnListenerDialer _dialer;

    public StrangersBrowser(LookContext context, BoundListener listener, X509Certificate2? shown)
    {
        _context = context;
        _dialer = (context with { Patience = ConnectionTime }).Dialer();
        Origin = new Uri($"https://{listener.Reachable}");
        _client = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                AutomaticDecompression = DecompressionMethods.None,
                ActivityHeadersPropagator = null,
                MaxConnectionsPerServer = 1,
                MaxResponseHeadersLength = HeaderKibibytesMax,
                ConnectCallback = async (_, cancel) =>
                {
                    var dialled = await _dialer.DialAsync(listener.Target, Rung.NullRetrieve, cancel);
                    var connection = dialled.Connection ?? throw new IOException("no connection");
                    _connections.Add(connection);
                    return connection.Stream;
                },
                SslOptions = AnyServer(shown),
            },
            disposeHandler: true
        );
    }

    private Uri Origin { get; }

    /// <summary>Asks once.</summary>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    /// <exception cref="TimeoutException">There was none in time.</exception>
    public async ValueTask<StrangersAnswer> AskAsync(
        string method,
        string path,
        MadeUpProof proof,
        CancellationToken cancel
    )
    {
        using var late = new CancellationTokenSource(_context.Patience, _context.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Origin, path));
            AddTo(request, proof);
            if (method is not ("GET" or "HEAD" or "OPTIONS"))
            {
                request.Content = new ByteArrayContent([]);
            }
            using var response = await _client.SendAsync(request, either.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            var body = new byte[BodyBytesMax];
            var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, either.Token);
            return new StrangersAnswer(
                (int)response.StatusCode,
                response.Headers.Location,
                response.Content.Headers.ContentType?.MediaType,
                body.AsMemory(0, length)
            );
        }
        catch (Exception failure)
            when (failure is OperationCanceledException or IOException && !cancel.IsCancellationRequested)
        {
            throw failure is IOException
                ? new HttpRequestException("cut", failure)
                : new TimeoutException("no answer in time", failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    private static void AddTo(HttpRequestMessage request, MadeUpProof proof)
    {
        var madeUp = AccessSecret.Create();
        var (name, value) = proof switch
        {
            MadeUpProof.Token => ("Authorization", $"Bearer {madeUp}"),
            MadeUpProof.Cookies => ("Cookie", $"{BrowserCookies.Session}={madeUp}; {BrowserCookies.Viewer}={madeUp}"),
            _ => (null, null),
        };
        if (name is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    [SuppressMessage("Security", "CA5359", Justification = "A stranger trusts anybody, and nothing of worth is sent.")]
    private static SslClientAuthenticationOptions AnyServer(X509Certificate2? shown) =>
        new()
        {
            ClientCertificateContext = shown is null
                ? null
                : SslStreamCertificateContext.Create(shown, null, offline: true),
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            CertificateChainPolicy = new X509ChainPolicy
            {
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
}

/// <summary>What a stranger shows who has nothing to show.</summary>
internal enum MadeUpProof
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A token that nobody was given.</summary>
    Token,

    /// <summary>Cookies of a session and of the viewer that nobody was given.</summary>
    Cookies,
}

/// <summary>What came back.</summary>
/// <param name="Status">The status.</param>
/// <param name="Location">Where it sends the stranger.</param>
/// <param name="MediaType">The kind of the body.</param>
/// <param name="Body">Its first 64 KiB.</param>
internal sealed record StrangersAnswer(int Status, Uri? Location, string? MediaType, ReadOnlyMemory<byte> Body);
