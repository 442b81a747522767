using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Leadglass.Cli.Demo;

/// <summary>A person's browser, as far as signing in and reading go. It trusts the archive's authority and nobody else.</summary>
internal sealed partial class DemoReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly HttpClient _client;

    /// <param name="authority">The certificate of the archive's own authority.</param>
    /// <param name="origin">Where it serves people.</param>
    public DemoReader(X509Certificate2 authority, Uri origin)
    {
        var handler = new SocketsHttpHandler
        {
            UseCookies = true,
            AllowAutoRedirect = false,
            SslOptions = new()
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                    DisableCertificateDownloads = true,
                },
            },
        };
        _client = new HttpClient(handler) { BaseAddress = new Uri(origin, "/"), Timeout = Patience };
    }

    /// <summary>Follows a one-time link as a browser does: the secret stands after the #, and goes in a form.</summary>
    /// <returns>Whether the reader is signed in now.</returns>
    public async Task<bool> FollowAsync(Uri link, CancellationToken cancel)
    {
        var page = await _client.GetStringAsync(new Uri(link.AbsolutePath, UriKind.Relative), cancel);
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["form-token"] = FormToken().Match(page).Groups["token"].Value,
                ["secret"] = link.Fragment[1..],
            }
        );
        using var answer = await _client.PostAsync(new Uri(link.AbsolutePath, UriKind.Relative), form, cancel);
        return answer is { StatusCode: HttpStatusCode.Found or HttpStatusCode.SeeOther, Headers.Location: { } next }
            && !next.OriginalString.Contains("signin", StringComparison.Ordinal);
    }

    /// <summary>Reads a page, and says what came back.</summary>
    public async Task<(HttpStatusCode Status, string Text)> ReadAsync(string path, CancellationToken cancel)
    {
        using var answer = await _client.GetAsync(new Uri(path, UriKind.Relative), cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>How many studies DICOMweb finds for this reader.</summary>
    public async Task<int> CountStudiesAsync(CancellationToken cancel)
    {
        var (status, text) = await ReadAsync("/dicom-web/studies", cancel);
        if (status != HttpStatusCode.OK)
        {
            return 0;
        }

        using var found = JsonDocument.Parse(text);
        return found.RootElement.GetArrayLength();
    }

    public void Dispose() => _client.Dispose();

    [GeneratedRegex(
        """name="form-token" value="(?<token>[^"]+)""",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex FormToken();
}
