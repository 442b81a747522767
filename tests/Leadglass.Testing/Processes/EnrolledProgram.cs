using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Leadglass.Testing.Processes;

/// <summary>A program that <c>leadglass client add</c> let in, with a token for the web services.</summary>
public sealed class EnrolledProgram : IDisposable
{
    private EnrolledProgram(HttpClient http, string token)
    {
        Http = http;
        Token = token;
    }

    /// <summary>Speaks to this archive only, trusts its authority only and shows the token.</summary>
    public HttpClient Http { get; }

    public string Token { get; }

    /// <param name="allow">as <c>--allow</c> takes it: <c>read,write</c></param>
    /// <param name="authorityPath">the archive's authority, as it was given to a device</param>
    public static async Task<EnrolledProgram> ConnectAsync(
        ArchiveProcess archive,
        string name,
        string allow,
        string authorityPath
    )
    {
        var added = await archive.RunHereAsync("client", "add", name, "--allow", allow, "--json");
        if (added.ExitCode != 0)
        {
            throw new InvalidOperationException($"client add failed\n{added}");
        }

        var shown = JsonNode.Parse(added.Output)!;
        var handler = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(authorityPath) },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        var http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://{archive.Host}:{archive.HttpPort}"),
            Timeout = TimeSpan.FromMinutes(5),
        };
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = (string)shown["client_id"]!,
                ["client_secret"] = (string)shown["client_secret"]!,
            }
        );
        using var answer = await http.PostAsync(new Uri("/connect/token", UriKind.Relative), form);
        answer.EnsureSuccessStatusCode();
        var token = (string)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new EnrolledProgram(http, token);
    }

    /// <summary>STOW-RS of PS3.10 files in one message, put together here and not by the archive's own code.</summary>
    /// <returns>The status, and the answer where it is JSON.</returns>
    public async Task<(int Status, JsonNode? Answer)> StoreAsync(IReadOnlyList<byte[]> files)
    {
        using var content = new MultipartContent("related", "a-boundary-of-the-tests");
        content.Headers.ContentType!.Parameters.Add(new NameValueHeaderValue("type", "\"application/dicom\""));
        foreach (var file in files)
        {
            var part = new ByteArrayContent(file);
            part.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
            content.Add(part);
        }

        using var response = await Http.PostAsync(new Uri("/dicom-web/studies", UriKind.Relative), content);
        var body = await response.Content.ReadAsByteArrayAsync();
        return ((int)response.StatusCode, body.Length == 0 ? null : JsonNode.Parse(body));
    }

    /// <summary>A GET below the root of the services.</summary>
    public async Task<(int Status, byte[] Body)> GetAsync(string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/dicom-web{path}", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync());
    }

    public void Dispose() => Http.Dispose();
}
