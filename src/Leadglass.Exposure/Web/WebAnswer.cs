using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>How a request ended.</summary>
internal enum WebOutcome
{
    /// <summary>With a response, whose body may have been cut.</summary>
    Answered,

    /// <summary>There was no connection.</summary>
    NotConnected,

    /// <summary>TLS did not come about, or the server wants a certificate.</summary>
    NoTls,

    /// <summary>There was a connection, and what came over it was no response of HTTP, or none in time.</summary>
    NoAnswer,
}

/// <summary>What came of one request. Disposing of it clears the body.</summary>
internal sealed class WebAnswer : IDisposable
{
    private readonly byte[] _body;
    private readonly int _bodyLength;

    private WebAnswer(WebOutcome outcome, string response, HttpResponseMessage? message, byte[] body, int bodyLength)
    {
        Outcome = outcome;
        Response = response;
        _body = body;
        _bodyLength = bodyLength;
        if (message is null)
        {
            return;
        }

        Status = (int)message.StatusCode;
        Location = message.Headers.Location;
        MediaType = message.Content.Headers.ContentType;
        IsEncoded = message.Content.Headers.ContentEncoding.Count > 0;
        Server = First(message.Headers, "Server");
        Challenge = First(message.Headers, "WWW-Authenticate");
        TotalCount = First(message.Headers, "X-Total-Count") ?? First(message.Headers, "Total-Count");
    }

    /// <summary>How it ended.</summary>
    public WebOutcome Outcome { get; }

    /// <summary>A code of ours: <c>HTTP 401</c>, <c>time-out</c>.</summary>
    public string Response { get; }

    /// <summary>The status; 0 without a response.</summary>
    public int Status { get; }

    /// <summary>Where a redirect leads.</summary>
    public Uri? Location { get; }

    /// <summary>The media type.</summary>
    public MediaTypeHeaderValue? MediaType { get; }

    /// <summary>Whether the body is compressed though that was not asked for; it is not unpacked.</summary>
    public bool IsEncoded { get; }

    /// <summary>The Server field.</summary>
    public string? Server { get; }

    /// <summary>The challenge of a refusal.</summary>
    public string? Challenge { get; }

    /// <summary>A total that the server tells in a header field.</summary>
    public string? TotalCount { get; }

    /// <summary>Why the body ends before its end: a code of ours; null where it is whole.</summary>
    public string? CutBy { get; private init; }

    /// <summary>The body, as far as it was read.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    /// <summary>The same, for a reader that does not copy it.</summary>
    public ReadOnlyMemory<byte> BodyMemory => _body.AsMemory(0, _bodyLength);

    /// <summary>A response.</summary>
    public static WebAnswer Answered(HttpResponseMessage message, byte[] body, int bodyLength, string? cutBy) =>
        new(WebOutcome.Answered, $"HTTP {(int)message.StatusCode}", message, body, bodyLength) { CutBy = cutBy };

    /// <summary>No response.</summary>
    public static WebAnswer None(WebOutcome outcome, string response) => new(outcome, response, message: null, [], 0);

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_body);

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
