using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Leadglass.Access.Certificates;
using Leadglass.Edge;
using Leadglass.Server.Associations;
using Leadglass.Server.Tests.Listeners;
using Leadglass.Server.Web;
using Leadglass.Testing.RawDicom;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Tests.Web;

/// <summary>
/// Whoever has not proved who they are gets nothing: every endpoint that the running server has, and every service of
/// DICOM, is tried.
/// </summary>
public sealed partial class StrangerTests(WebArchive web) : IClassFixture<WebArchive>
{
    private static readonly string[] AnyMethod = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

    /// <summary>All that strangers may reach, by route; whoever adds to it says why here.</summary>
    private static readonly Dictionary<string, string> Welcome = new(StringComparer.Ordinal)
    {
        ["/health/live"] = "a supervisor asks whether the process lives",
        ["/assets/{file}"] = "styles, scripts and fonts of the sign-in page, the same for every archive",
        ["/preferences"] = "language and theme of the sign-in page",
        ["/edge/enrol"] = "an edge proves that it knows its one-time code",
        ["/connect/token"] = "a program shows its secret",
        ["/signin"] = "a person shows name and password",
        ["/signin/code"] = "and the second factor",
        ["/signin/link"] = "a person has a one-time link",
        ["/signin/password"] = "and chooses a password",
        ["/signin/enrol"] = "and sets up a second factor",
        ["/signin/passkey"] = "a person shows a passkey",
        ["/signin/passkey/options"] = "the browser is told what to ask the passkey",
        ["/signout"] = "whose session has ended meanwhile signs out as well",
        ["/shared/{share}"] = "an outside person shows link and code of a share",
    };

    [Fact]
    public async Task NoEndpointAnswersAStranger()
    {
        using var stranger = WebProgram.ClientOf(web.Archive.Server.Https, certificate: null);
        var expected = await AnswerAsync(stranger, HttpMethod.Get, "/no/such/path", accept: null);
        Assert.StartsWith("401 application/problem+json", expected, StringComparison.Ordinal);
        var navigation = await AnswerAsync(stranger, HttpMethod.Get, "/no/such/path", "text/html");
        Assert.StartsWith("302", navigation, StringComparison.Ordinal);
        var tried = 0;
        foreach (var endpoint in Endpoints().Where(endpoint => !IsWelcome(endpoint)))
        {
            var path = PathOf(endpoint);
            foreach (var method in AnyMethod)
            {
                var answer = await AnswerAsync(stranger, new HttpMethod(method), path, accept: null);
                Assert.True(
                    WithoutBody(answer, method) == WithoutBody(expected, method),
                    $"{method} {path} answers a stranger: {answer}"
                );
                tried++;
            }

            Assert.Equal(navigation, await AnswerAsync(stranger, HttpMethod.Get, path, "text/html"));
        }

        Assert.True(tried > 100, $"only {tried} were tried");
    }

    [Fact]
    public void WhatStrangersMayReachStandsInThisList() =>
        Assert.Equal(
            Welcome.Keys.Order(StringComparer.Ordinal),
            Endpoints()
                .Where(IsWelcome)
                .Select(endpoint => endpoint.RoutePattern.RawText!)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void EveryEndpointSaysWhomItAnswers() =>
        Assert.All(
            Endpoints(),
            endpoint =>
                Assert.True(
                    Count<StrangersWelcomeAttribute>(endpoint)
                        + Count<RequireCallerAttribute>(endpoint)
                        + Count<AnyCallerAttribute>(endpoint)
                        == 1,
                    endpoint.DisplayName
                )
        );

    [Fact]
    public void TheInterfacesForProgramsWelcomeThem() =>
        Assert.All(
            Endpoints()
                .Where(endpoint =>
                    endpoint.RoutePattern.RawText is { } path
                    && (
                        path.StartsWith("/dicom-web", StringComparison.Ordinal)
                        || path.StartsWith("/api", StringComparison.Ordinal)
                    )
                ),
            endpoint => Assert.Equal(1, Count<ProgramsWelcomeAttribute>(endpoint))
        );

    [Fact]
    public async Task NoStrangerGetsAByteFromThePortOfPrograms()
    {
        using var other = CertificateAuthority.Create("another", TimeProvider.System);
        using var theirs = ListenerFixture.Load(other.IssueDevice("program", host: null));
        using var ofDevice = ListenerFixture.Load(web.Archive.Host.Authority.IssueDevice("ct9", host: null));
        foreach (var certificate in new[] { null, theirs, ofDevice })
        {
            using var stranger = WebProgram.ClientOf(web.Archive.Server.Programs!, certificate);
            await Assert.ThrowsAsync<HttpRequestException>(() =>
                stranger.GetAsync(new Uri("/health/live", UriKind.Relative))
            );
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/signin")]
    [InlineData("/viewer/")]
    [InlineData("/upload")]
    public async Task ThePortOfProgramsHasNoPages(string path)
    {
        using var answer = await web.Program.GetAsync(path, "text/html");
        Assert.True(
            answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound,
            $"{answer.StatusCode}"
        );
    }

    [Fact]
    public async Task NoServiceOfDicomAnswersAStranger()
    {
        string[] services =
        [
            SupportedServices.Verification,
            SupportedServices.StorageCommitment,
            SupportedServices.PatientRootFind,
            SupportedServices.PatientRootMove,
            SupportedServices.PatientRootGet,
            SupportedServices.StudyRootFind,
            SupportedServices.StudyRootMove,
            SupportedServices.StudyRootGet,
            EdgeServices.EnvelopeStorage.Value,
            EdgeServices.Control.Value,
            TestInstance.CtImageStorage,
        ];
        using var other = CertificateAuthority.Create("another", TimeProvider.System);
        using var theirs = ListenerFixture.Load(other.IssueDevice("ct1", host: null));
        foreach (var certificate in new[] { null, theirs })
        {
            foreach (var service in services)
            {
                var request = RawPdu.Associate(
                    "CT1",
                    "LEADGLASS",
                    [new RawContext(service, [RawServices.ImplicitLittle])],
                    16384
                );
                Assert.Equal(0, await SendAsync(certificate, request));
            }
        }
    }

    private IEnumerable<RouteEndpoint> Endpoints() => web.Archive.Server.Endpoints.OfType<RouteEndpoint>();

    private static int Count<TRule>(RouteEndpoint endpoint)
        where TRule : class => endpoint.Metadata.GetOrderedMetadata<TRule>().Count;

    private static bool IsWelcome(RouteEndpoint endpoint) => Count<StrangersWelcomeAttribute>(endpoint) > 0;

    /// <summary>A path of the route's shape.</summary>
    private static string PathOf(RouteEndpoint endpoint) =>
        "/" + Parameter().Replace(endpoint.RoutePattern.RawText!, "1.2.3").TrimStart('/');

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter();

    private static async Task<string> AnswerAsync(HttpClient client, HttpMethod method, string path, string? accept)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        using var answer = await client.SendAsync(request);
        var headers = answer
            .Headers.Where(header => header.Key is not ("Date" or "Location"))
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
        return $"{(int)answer.StatusCode} {answer.Content.Headers.ContentType} {answer.Content.Headers.ContentLength}\n"
            + $"{string.Join('\n', headers)}\n\n{await answer.Content.ReadAsStringAsync()}";
    }

    private static string WithoutBody(string answer, string method) =>
        method == "HEAD" ? answer[..answer.IndexOf("\n\n", StringComparison.Ordinal)] : answer;

    private async Task<int> SendAsync(X509Certificate2? certificate, byte[] request)
    {
        using var socket = await ListenerFixture.ConnectAsync(web.Archive.Server.Dicom);
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    ClientCertificateContext = certificate is null
                        ? null
                        : SslStreamCertificateContext.Create(certificate, null, offline: true),
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                }
            );
            await stream.WriteAsync(request);
            return await stream.ReadAsync(new byte[16]);
        }
        catch (Exception failure) when (failure is IOException or AuthenticationException)
        {
            return 0;
        }
    }
}
