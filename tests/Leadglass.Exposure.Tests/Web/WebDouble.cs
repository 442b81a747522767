using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Leadglass.Exposure.Tests.Connections;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>A request as it came over the wire.</summary>
internal sealed record SeenRequest(string Method, string PathAndQuery, string Head, bool IsTls = false)
{
    public string Path => PathAndQuery.Split('?')[0];
}

/// <summary>
/// A web server that is nothing but bytes: a test says what to write for each request. True keeps the connection.
/// </summary>
internal sealed class WebDouble : IAsyncDisposable
{
    private readonly Func<SeenRequest, Stream, CancellationToken, Task<bool>> _answer;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly CountingServer _server;

    public WebDouble(
        Func<SeenRequest, Stream, CancellationToken, Task<bool>> answer,
        SslServerAuthenticationOptions? tls = null
    )
    {
        _answer = answer;
        _tls = tls;
        _server = new CountingServer(IPAddress.Loopback, ServeAsync);
    }

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    public ProbeTarget Target => new(IPAddress.Loopback, _server.Port);

    /// <summary>With TLS: whether who comes in clear is answered in clear.</summary>
    public bool ServesClearToo { get; init; }

    public int Connections => _server.Connections;

    public int MostAtOnce => _server.MostAtOnce;

    public static WebDouble Of(Func<SeenRequest, string> response, SslServerAuthenticationOptions? tls = null) =>
        new(
            async (request, stream, stop) =>
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(response(request)), stop);
                return true;
            },
            tls
        );

    public static string Response(int status, string type = "text/plain", string body = "", string fields = "") =>
        $"HTTP/1.1 {status} Said\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n{fields}\r\n{body}";

    public static string NotFound => Response(404);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(NetworkStream network, CancellationToken stop)
    {
        Stream stream = network;
        try
        {
            if (_tls is not null && (!ServesClearToo || await BeginsTlsAsync(network, stop)))
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(_tls, stop);
                stream = tls;
            }

            while (await ReadHeadAsync(stream, stop) is { } request)
            {
                var seen = request with { IsTls = stream is SslStream };
                Requests.Enqueue(seen);
                if (!await _answer(seen, stream, stop))
                {
                    return;
                }
            }
        }
        catch (Exception gone)
            when (gone is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The probe has had enough.
        }
    }

    // A record of TLS begins with 22 (RFC 8446 5.1).
    private static async Task<bool> BeginsTlsAsync(NetworkStream network, CancellationToken stop)
    {
        var first = new byte[1];
        return await network.Socket.ReceiveAsync(first, SocketFlags.Peek, stop) == 1 && first[0] == 22;
    }

    private static async Task<SeenRequest?> ReadHeadAsync(Stream stream, CancellationToken stop)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, stop) == 0 || head.Length > 8_000)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var words = head.ToString().Split(' ', 3);
        return words.Length == 3 ? new SeenRequest(words[0], words[1], head.ToString()) : null;
    }
}
