using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Server.Tests.DicomWeb;

/// <summary>A program that speaks DICOMweb over HTTPS with a token of its own.</summary>
internal sealed class TokenProgram : IDisposable
{
    private static int s_number;

    private TokenProgram(HttpClient http) => Http = http;

    public HttpClient Http { get; }

    /// <summary>Registers a program and gets it a token.</summary>
    public static async Task<TokenProgram> ConnectAsync(
        ServedArchive archive,
        ProgramRights rights = ProgramRights.Read | ProgramRights.Write
    )
    {
        var name = $"program{Interlocked.Increment(ref s_number)}";
        var administering = Assert
            .IsType<AccessDecision.Granted>(
                archive.Host.Policy.Decide(AccessPolicy.Operator("tester", isRoot: true), Operation.Administer)
            )
            .Grant;
        var registered = await archive.Host.Registries.Programs.RegisterAsync(
            administering,
            new RegisteredProgram { ClientId = name, Rights = rights },
            withSecret: true,
            CancellationToken.None
        );
        var handler = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { archive.Host.Authority.Certificate },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        var http = new HttpClient(handler) { BaseAddress = new Uri($"https://{archive.Server.Https}") };
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = name,
                ["client_secret"] = registered.Secret!,
            }
        );
        using var answer = await http.PostAsync(new Uri("/connect/token", UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var token = (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["access_token"];
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new TokenProgram(http);
    }

    public async Task<WebAnswer> GetAsync(string path, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"/dicom-web{path}", UriKind.Relative));
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await Http.SendAsync(request);
        return await WebAnswer.OfAsync(response);
    }

    public Task<WebAnswer> StoreAsync(params IReadOnlyList<byte[]> files) =>
        StoreAsync(
            "/studies",
            Multipart("application/dicom", [.. files.Select(file => ("application/dicom", "", file))])
        );

    public async Task<WebAnswer> StoreAsync(string path, HttpContent content, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/dicom-web{path}", UriKind.Relative))
        {
            Content = content,
        };
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await Http.SendAsync(request);
        return await WebAnswer.OfAsync(response);
    }

    /// <summary>A multipart body of parts: type, location (empty for none), bytes.</summary>
    public static ByteArrayContent Multipart(
        string type,
        IReadOnlyList<(string Type, string Location, byte[] Body)> parts,
        string end = "\r\n--TEST--\r\n"
    )
    {
        using var message = new MemoryStream();
        foreach (var (partType, location, body) in parts)
        {
            var header = $"\r\n--TEST\r\nContent-Type: {partType}\r\n";
            header += location.Length > 0 ? $"Content-Location: {location}\r\n\r\n" : "\r\n";
            message.Write(System.Text.Encoding.Latin1.GetBytes(header));
            message.Write(body);
        }

        message.Write(System.Text.Encoding.Latin1.GetBytes(end));
        return Content($"multipart/related; type=\"{type}\"; boundary=TEST", message.ToArray());
    }

    public static ByteArrayContent Content(string type, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }

    public void Dispose() => Http.Dispose();
}

/// <summary>An answer, read whole.</summary>
internal sealed record WebAnswer(int Status, string? Type, byte[] Body, HttpResponseHeaders Headers)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);

    /// <summary>The body as DICOM JSON.</summary>
    public IReadOnlyList<DataSet> DataSets => DicomJson.ReadAll(Body);

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    public static async Task<WebAnswer> OfAsync(HttpResponseMessage response) =>
        new(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.ToString(),
            await response.Content.ReadAsByteArrayAsync(),
            response.Headers
        );
}
