using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Tests.Listeners;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Server.Tests.Web;

/// <summary>A registered program with a client certificate, as it meets the archive over the network.</summary>
internal sealed class WebProgram : IDisposable
{
    private readonly X509Certificate2 _certificate;

    private WebProgram(ServedArchive archive, X509Certificate2 certificate)
    {
        _certificate = certificate;
        Client = ClientOf(archive.Server.Programs!, certificate);
    }

    public HttpClient Client { get; }

    public SslStreamCertificateContext CertificateContext =>
        SslStreamCertificateContext.Create(_certificate, null, offline: true);

    public static async Task<WebProgram> RegisterAsync(
        ServedArchive archive,
        ProgramRights rights = ProgramRights.Read | ProgramRights.Write,
        string name = "program",
        DeviceScope? scope = null
    )
    {
        var certificate = ListenerFixture.Load(archive.Host.Authority.IssueDevice(name, host: null));
        await archive.Host.Registries.Programs.RegisterAsync(
            Administering(archive),
            new RegisteredProgram
            {
                ClientId = name,
                Rights = rights,
                Fingerprints = [CertificateFingerprint.Of(certificate).Value],
                Scope = scope ?? DeviceScope.Everything,
            },
            withSecret: false,
            CancellationToken.None
        );
        return new WebProgram(archive, certificate);
    }

    public static AccessGrant Administering(ServedArchive archive) =>
        Assert
            .IsType<AccessDecision.Granted>(
                archive.Host.Policy.Decide(AccessPolicy.Operator("tester", isRoot: true), Operation.Administer)
            )
            .Grant;

    /// <summary>A client without any proof of who it is; null: without a certificate.</summary>
    public static HttpClient ClientOf(IPEndPoint endPoint, X509Certificate2? certificate) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                    ClientCertificateContext = certificate is null
                        ? null
                        : SslStreamCertificateContext.Create(certificate, null, offline: true),
                },
            }
        )
        {
            BaseAddress = new Uri($"https://localhost:{endPoint.Port}"),
        };

    public Task<HttpResponseMessage> GetAsync(string path, string? accept = null, string method = "GET") =>
        SendAsync(path, accept, [], method);

    public Task<HttpResponseMessage> SendAsync(
        string path,
        string? accept,
        (string Name, string Value)[] headers,
        string method = "GET",
        HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead
    )
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (accept is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Accept", accept));
        }

        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return Client.SendAsync(request, completion);
    }

    /// <summary>Stores by STOW-RS.</summary>
    public async Task StoreAsync(params IEnumerable<RawInstance> instances)
    {
        using var body = new MultipartContent("related", "a-boundary");
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(
            "multipart/related; type=\"application/dicom\"; boundary=a-boundary"
        );
        foreach (var instance in instances)
        {
            var part = new ByteArrayContent(FileOf(instance));
            part.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
            body.Add(part);
        }

        using var answer = await Client.PostAsync(new Uri("/dicom-web/studies", UriKind.Relative), body);
        Assert.True(
            answer.StatusCode is HttpStatusCode.OK,
            $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync()}"
        );
    }

    /// <summary>A PS3.10 file of an instance.</summary>
    public static byte[] FileOf(RawInstance instance)
    {
        var meta = FileMetaInformation.Create(
            SopClassUid.Parse(instance.SopClassUid),
            SopInstanceUid.Parse(instance.SopInstanceUid),
            TransferSyntax.Find(instance.TransferSyntax)!
        );
        return [.. DicomFile.StartOf(meta).Span, .. instance.DataSet];
    }

    public void Dispose()
    {
        Client.Dispose();
        _certificate.Dispose();
    }
}
