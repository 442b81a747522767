using System.Net;
using System.Net.Security;
using System.Text.RegularExpressions;
using Leadglass.Server.SignIn;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>What came back.</summary>
internal sealed record PageAnswer(
    HttpStatusCode Status,
    string Location,
    string Body,
    IReadOnlyList<string> Cookies,
    string Policy
);

/// <summary>As much of a browser as signing in needs: it keeps cookies and sends the token of a page with its forms.</summary>
internal sealed partial class TestBrowser : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _client;

    private TestBrowser(Uri origin)
    {
        _client = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                CookieContainer = _cookies,
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                },
            }
        )
        {
            BaseAddress = origin,
        };
    }

    public static TestBrowser Open(ServedArchive archive) =>
        new(new Uri($"https://localhost:{archive.Server.Https.Port}"));

    /// <summary>The value of a cookie; null: there is none.</summary>
    public string? Cookie(string name) => _cookies.GetCookies(_client.BaseAddress!)[name]?.Value;

    /// <summary>Plants a cookie, or one with another value.</summary>
    public void Plant(string name, string value) =>
        _cookies.Add(new Cookie(name, value, "/", "localhost") { Secure = true });

    public Task<PageAnswer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative)), headers);

    /// <summary>Opens a page and sends its form.</summary>
    public async Task<PageAnswer> SubmitAsync(
        string path,
        string? page = null,
        params (string Name, string Value)[] fields
    )
    {
        var token = TokenOf((await GetAsync(page ?? path)).Body);
        return await PostAsync(path, [.. fields, ("form-token", token)]);
    }

    /// <summary>Sends a form as it is.</summary>
    public Task<PageAnswer> PostAsync(
        string path,
        IEnumerable<(string Name, string Value)> fields,
        params (string Name, string Value)[] headers
    ) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
            {
                Content = new FormUrlEncodedContent(
                    fields.Select(field => KeyValuePair.Create(field.Name, field.Value))
                ),
            },
            headers
        );

    /// <summary>Sends what a script sends, with the token of its page in the header.</summary>
    public Task<PageAnswer> PostJsonAsync(string path, string json, string token) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
            {
                Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
            },
            [(SignInPart.TokenHeader, token)]
        );

    public static string TokenOf(string page)
    {
        var found = Token().Match(page);
        Assert.True(found.Success, "the page has no form");
        return WebUtility.HtmlDecode(found.Groups["token"].Value);
    }

    public void Dispose() => _client.Dispose();

    private async Task<PageAnswer> SendAsync(HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        using (request)
        {
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);
            return new PageAnswer(
                answer.StatusCode,
                answer.Headers.Location?.ToString() ?? string.Empty,
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                answer.Headers.TryGetValues("Set-Cookie", out var set) ? [.. set] : [],
                answer.Headers.TryGetValues("Content-Security-Policy", out var policy)
                    ? string.Join(',', policy)
                    : string.Empty
            );
        }
    }

    [GeneratedRegex("name=\"form-token\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Token();
}
