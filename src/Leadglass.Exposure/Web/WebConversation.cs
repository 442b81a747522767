using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;

namespace Leadglass.Exposure;

/// <summary>
/// Requests to one endpoint, one after the other, in clear or inside TLS. Each rung has connections of its own, so that the
/// scope is asked for each; none outlives the next rung. No redirect is followed here, nothing is looked up, no cookie kept,
/// no credential sent, no trace context, nothing unpacked.
/// </summary>
internal sealed class WebConversation(
    IProbeDialer dialer,
    ProbeTarget target,
    bool isTls,
    ProductInfoHeaderValue[] userAgent,
    TimeProvider time
) : IAsyncDisposable
{
    private readonly string _authority = Authority(target);
    private HttpMessageInvoker? _client;
    private Rung _rung;
    private Func<Task>? _endConnection;
    private DialOutcome? _failedDial;
    private ExceptionDispatchInfo? _outOfScope;
    private TlsLooked? _looked;

    /// <summary>Whether inside TLS.</summary>
    public bool IsTls => isTls;

    /// <summary>What TLS showed; null in clear or where nothing came.</summary>
    public TlsFacts? Tls { get; private set; }

    /// <summary>Whether a response came at all.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>The whole address of a path here.</summary>
    public string AddressOf(string pathAndQuery) => $"{(isTls ? "https" : "http")}://{_authority}{pathAndQuery}";

    /// <summary>Asks for a path and reads the answer up to a limit, or until enough of it is there.</summary>
    /// <param name="pathAndQuery">Beginning with a slash.</param>
    /// <param name="isEnough">Told all that has come; true ends reading.</param>
    /// <exception cref="OutOfScopeException">The scope does not allow it.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<WebAnswer> AskAsync(
        HttpMethod method,
        string pathAndQuery,
        string accept,
        Rung rung,
        int bodyBytesMax,
        Func<ReadOnlyMemory<byte>, bool>? isEnough,
        CancellationToken cancel
    )
    {
        await TurnToAsync(rung);
        using var late = new CancellationTokenSource(WebLimits.ExchangeTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            using var request = Request(method, pathAndQuery, accept);
            using var response = await _client!.SendAsync(request, either.Token);
            HasAnswered = true;
            Tls = _looked?.FactsAfterAnswer ?? Tls;
            var answer = await ReadAsync(response, bodyBytesMax, isEnough, either.Token);
            cancel.ThrowIfCancellationRequested();
            return answer;
        }
        // A hostile server makes the framework fail in any way: each is an answer, not an error of ours.
        catch (Exception problem)
        {
            _outOfScope?.Throw();
            cancel.ThrowIfCancellationRequested();
            await EndConnectionAsync();
            return Failed(problem, late.IsCancellationRequested);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _client = null;
        await EndConnectionAsync();
    }

    private static string Authority(ProbeTarget target)
    {
        var host =
            target.Name
            ?? (
                target.Address.AddressFamily == AddressFamily.InterNetworkV6
                    ? $"[{new IPAddress(target.Address.GetAddressBytes())}]"
                    : target.Address.ToString()
            );
        return $"{host}:{target.Port}";
    }

    private HttpRequestMessage Request(HttpMethod method, string pathAndQuery, string accept)
    {
        var request = new HttpRequestMessage(method, new Uri(AddressOf(pathAndQuery)))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        foreach (var part in userAgent)
        {
            request.Headers.UserAgent.Add(part);
        }

        return request;
    }

    private async ValueTask TurnToAsync(Rung rung)
    {
        if (_client is not null && rung == _rung)
        {
            return;
        }

        await DisposeAsync();
        _rung = rung;
        _client = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                ConnectCallback = (_, cancel) => ConnectAsync(cancel),
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                PreAuthenticate = false,
                AutomaticDecompression = DecompressionMethods.None,
                ActivityHeadersPropagator = null,
                MaxConnectionsPerServer = 1,
                MaxResponseHeadersLength = WebLimits.HeaderKibibytesMax,
                MaxResponseDrainSize = 0,
                ResponseDrainTimeout = TimeSpan.Zero,
                ConnectTimeout = Timeout.InfiniteTimeSpan,
            },
            disposeHandler: true
        );
    }

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancel)
    {
        await EndConnectionAsync();
        _failedDial = null;
        Dialled dialled;
        try
        {
            dialled = await dialer.DialAsync(target, _rung, cancel);
        }
        catch (OutOfScopeException refusal)
        {
            _outOfScope = ExceptionDispatchInfo.Capture(refusal);
            throw;
        }

        if (dialled.Connection is null)
        {
            _failedDial = dialled.Outcome;
            throw new IOException("there is no connection");
        }

        var connection = new ConnectionStream(dialled.Connection);
        _endConnection = connection.EndAsync;
        return isTls ? await GreetAsync(connection, cancel) : connection;
    }

    private async ValueTask<Stream> GreetAsync(ConnectionStream connection, CancellationToken cancel)
    {
        _looked = await TlsLook.ConnectAsync(connection, target.Name, WebLimits.HandshakeTime, time, cancel);
        Tls = _looked.Facts ?? Tls;
        return _looked.Stream ?? throw new IOException("TLS did not come about");
    }

    private async ValueTask EndConnectionAsync()
    {
        if (_endConnection is { } end)
        {
            _endConnection = null;
            await end();
        }
    }

    private static async ValueTask<WebAnswer> ReadAsync(
        HttpResponseMessage response,
        int bodyBytesMax,
        Func<ReadOnlyMemory<byte>, bool>? isEnough,
        CancellationToken cancel
    )
    {
        var body = new byte[bodyBytesMax];
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            while (true)
            {
                if (length == body.Length)
                {
                    return WebAnswer.Answered(response, body, length, "longer than is read");
                }

                var count = await stream.ReadAsync(body.AsMemory(length), cancel);
                length += count;
                if (count == 0 || isEnough?.Invoke(body.AsMemory(0, length)) == true)
                {
                    return WebAnswer.Answered(response, body, length, cutBy: null);
                }
            }
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or HttpRequestException)
        {
            var cutBy = problem is OperationCanceledException ? "time-out" : "connection ended";
            return WebAnswer.Answered(response, body, length, cutBy);
        }
    }

    private WebAnswer Failed(Exception problem, bool isLate)
    {
        if (_failedDial is { } dial)
        {
            return WebAnswer.None(WebOutcome.NotConnected, DialCode(dial));
        }

        if (_looked is { Stream: null })
        {
            var asks = _looked.Facts?.RequiresClientCertificate == true;
            return WebAnswer.None(WebOutcome.NoTls, asks ? "TLS client certificate required" : _looked.Failure!);
        }

        if (_looked is { WasAskedForCertificate: true } && !HasAnswered && !isLate)
        {
            Tls = _looked.FactsAfterRefusal;
            return WebAnswer.None(WebOutcome.NoTls, "TLS client certificate required");
        }

        return WebAnswer.None(WebOutcome.NoAnswer, isLate ? "time-out" : Code(problem));
    }

    private static string DialCode(DialOutcome outcome) =>
        outcome switch
        {
            DialOutcome.Refused => "connection refused",
            DialOutcome.Silent => "no connection in time",
            DialOutcome.Unreachable => "host unreachable",
            _ => "share of the host used up",
        };

    private static string Code(Exception problem) =>
        (problem as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.ConfigurationLimitExceeded => "header too long",
            HttpRequestError.InvalidResponse => "no HTTP",
            HttpRequestError.ResponseEnded => "connection ended",
            _ => problem is OperationCanceledException ? "time-out" : "connection ended",
        };
}
