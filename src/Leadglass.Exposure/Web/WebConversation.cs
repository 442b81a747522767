using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;

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
    private WebConnections? _connections;

    /// <summary>Whether inside TLS.</summary>
    public bool IsTls => isTls;

    /// <summary>What TLS showed; null in clear or where nothing came.</summary>
    public TlsFacts? Tls { get; private set; }

    /// <summary>Whether a response came at all.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Whether the last that came of a request in clear was an alert of TLS.</summary>
    public bool HasSeenTlsAlert { get; private set; }

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
        var connections = await TurnToAsync(rung);
        using var late = new ServerTime(WebLimits.ExchangeTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Over, cancel);
        connections.Exchange = late;
        try
        {
            using var request = Request(method, pathAndQuery, accept);
            using var response = await _client!.SendAsync(request, either.Token);
            HasAnswered = true;
            Tls = connections.Looked?.FactsAfterAnswer ?? Tls;
            return await ReadAsync(response, bodyBytesMax, isEnough, either.Token, cancel);
        }
        // A hostile server makes the framework fail in any way: each is an answer, not an error of ours.
        catch (Exception problem)
        {
            HasSeenTlsAlert = connections.HasSeenTlsAlert;
            await DisposeAsync();
            connections.OutOfScope?.Throw();
            cancel.ThrowIfCancellationRequested();
            return Failed(problem, connections, late.Over.IsCancellationRequested);
        }
        finally
        {
            connections.Exchange = null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _client = null;
        if (_connections is not null)
        {
            await _connections.DisposeAsync();
            _connections = null;
        }
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

    private async ValueTask<WebConnections> TurnToAsync(Rung rung)
    {
        if (_connections is { } open && rung == open.Rung)
        {
            return open;
        }

        await DisposeAsync();
        var connections = new WebConnections(dialer, target, isTls, rung, time);
        _connections = connections;
        _client = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                ConnectCallback = (_, cancel) => connections.ConnectAsync(cancel),
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

        return connections;
    }

    private static async ValueTask<WebAnswer> ReadAsync(
        HttpResponseMessage response,
        int bodyBytesMax,
        Func<ReadOnlyMemory<byte>, bool>? isEnough,
        CancellationToken either,
        CancellationToken audit
    )
    {
        // It does not move, so that clearing it clears all there is.
        var body = GC.AllocateArray<byte>(bodyBytesMax, pinned: true);
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(either);
            while (true)
            {
                if (length == body.Length)
                {
                    return WebAnswer.Answered(response, body, length, "longer than is read");
                }

                var count = await stream.ReadAsync(body.AsMemory(length), either);
                length += count;
                if (count == 0 || isEnough?.Invoke(body.AsMemory(0, length)) == true)
                {
                    return WebAnswer.Answered(response, body, length, cutBy: null);
                }
            }
        }
        catch (Exception problem)
            when (problem is IOException or OperationCanceledException or HttpRequestException
                && !audit.IsCancellationRequested
            )
        {
            var cutBy = problem is OperationCanceledException ? "time-out" : "connection ended";
            return WebAnswer.Answered(response, body, length, cutBy);
        }
        catch
        {
            CryptographicOperations.ZeroMemory(body);
            throw;
        }
    }

    private WebAnswer Failed(Exception problem, WebConnections connections, bool isLate)
    {
        var looked = connections.Looked;
        Tls = looked?.Facts ?? Tls;
        if (connections.FailedDial is { } dial)
        {
            return WebAnswer.None(WebOutcome.NotConnected, DialCode(dial));
        }

        if (looked is { Stream: null })
        {
            var asks = looked.Facts?.RequiresClientCertificate == true;
            return WebAnswer.None(WebOutcome.NoTls, asks ? "TLS client certificate required" : looked.Failure!);
        }

        if (looked is { WasAskedForCertificate: true } && !HasAnswered && !isLate && !TlsLook.IsOverBudget(problem))
        {
            Tls = looked.FactsAfterRefusal;
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
