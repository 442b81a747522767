using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Sealing;
using Leadglass.Server.Tests.Listeners;
using TestInstance = Leadglass.Testing.RawDicom.TestInstance;

namespace Leadglass.Server.Tests.Web;

/// <summary>Requests that want to hurt: too long, too slow, too many, broken off.</summary>
public sealed class HostileRequestTests(WebArchive web) : IClassFixture<WebArchive>
{
    [Theory]
    [InlineData(9_000, 0, 414)]
    [InlineData(10, 17_000, 431)]
    public async Task WhatIsTooLongIsCutOffByItsLength(int uri, int header, int status)
    {
        var request =
            $"GET /{new string('a', uri)} HTTP/1.1\r\nHost: localhost\r\nX: {new string('b', header)}\r\n\r\n";
        Assert.StartsWith($"HTTP/1.1 {status}", await RawAsync(request), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooManyHeadersAreRefused()
    {
        var headers = string.Concat(Enumerable.Range(0, 100).Select(number => $"X-{number}: 1\r\n"));
        Assert.StartsWith(
            "HTTP/1.1 431",
            await RawAsync($"GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task AStrangersBodyIsNotRead()
    {
        var answer = await RawAsync(
            "POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n"
        );
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FOO")]
    [InlineData("TRACE")]
    [InlineData("PROPFIND")]
    public async Task UnknownMethodsAreRefused(string method)
    {
        using var answer = await web.Program.GetAsync("/dicom-web/studies", method: method);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.StartsWith(
            "HTTP/1.1 401",
            await RawAsync($"{method} /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task ABodyWhereNoneBelongsIsRefused()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri("/dicom-web/studies/2.25.1/metadata", UriKind.Relative)
        )
        {
            Content = new ByteArrayContent(new byte[1_000]),
        };
        using var answer = await web.Program.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task WhoStallsIsCutOff()
    {
        const string stow =
            "POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/dicom\r\n"
            + "Content-Length: 100000\r\n\r\nabc";
        var slow = Task.WhenAll(
            RawAsync("GET / HTTP/1.1\r\nHost: loc"),
            RawAsync(stow),
            RawAsync(stow, onProgramPort: true)
        );
        var answers = await slow.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.StartsWith("HTTP/1.1 408", answers[0], StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 401", answers[1], StringComparison.Ordinal);
        Assert.True(
            answers[2].Length == 0 || answers[2].StartsWith("HTTP/1.1 4", StringComparison.Ordinal),
            answers[2]
        );
    }

    [Fact]
    public async Task OneIdentityHasSoManyRequestsUnderWayAndNoMore()
    {
        await web.Program.StoreAsync((TestInstance.Numbered(41) with { Rows = 2048, Columns = 2048 }).ToRaw());
        var running = new List<HttpResponseMessage>();
        try
        {
            for (var i = 0; i < 32; i++)
            {
                running.Add(await StartAsync(41));
                Assert.Equal(HttpStatusCode.OK, running[^1].StatusCode);
            }

            using var tooMany = await StartAsync(41);
            Assert.Equal(HttpStatusCode.TooManyRequests, tooMany.StatusCode);
            Assert.NotNull(tooMany.Headers.RetryAfter);
        }
        finally
        {
            running.ForEach(answer => answer.Dispose());
        }

        await UntilAsync(async () =>
        {
            using var again = await StartAsync(41);
            return again.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task AnAbortedDownloadEndsAndStandsInTheTrail()
    {
        await web.Program.StoreAsync((TestInstance.Numbered(42) with { Rows = 4096, Columns = 2048 }).ToRaw());
        using (await StartAsync(42))
        {
            // Its body is 16 MiB; it is dropped unread.
        }

        await UntilAsync(() =>
            ValueTask.FromResult(
                Trail().Any(entry => entry is { Failures: 1, Study.Value: "2.25.99.42", Operation: Operation.Retrieve })
            )
        );
    }

    [Fact]
    public async Task AWholeDownloadStandsInTheTrailToo()
    {
        await web.Program.StoreAsync(TestInstance.Numbered(43).ToRaw());
        using (var answer = await web.Program.GetAsync("/dicom-web/studies/2.25.99.43"))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await UntilAsync(() =>
            ValueTask.FromResult(
                Trail()
                    .Any(entry =>
                        entry is { Failures: 0, Count: 1, Study.Value: "2.25.99.43", Operation: Operation.Retrieve }
                    )
            )
        );
        Assert.Contains(
            Trail(),
            entry =>
                entry is { Event: AuditEvent.BeginTransferringInstances, Study.Value: "2.25.99.43" }
                && entry.Who == "program:program"
        );
    }

    [Fact]
    public async Task HundredsOfStreamsOnOneConnectionAreServed()
    {
        await web.Program.StoreAsync(TestInstance.Numbered(44).ToRaw());
        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 300)
                .Select(async _ =>
                {
                    using var request = new HttpRequestMessage(
                        HttpMethod.Get,
                        new Uri("/dicom-web/studies/2.25.99.44/metadata", UriKind.Relative)
                    )
                    {
                        Version = HttpVersion.Version20,
                        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                    };
                    using var answer = await web.Program.Client.SendAsync(request);
                    return answer.StatusCode;
                })
        );
        Assert.All(
            answers,
            status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{status}")
        );
        Assert.Contains(HttpStatusCode.OK, answers);
    }

    [Fact]
    public async Task RangesWithoutEndCostNothing()
    {
        await web.Program.StoreAsync(TestInstance.Numbered(45).ToRaw());
        var ranges = string.Join(',', Enumerable.Range(0, 800).Select(number => $"{number}-"));
        using var answer = await web.Program.SendAsync(
            "/dicom-web/studies/2.25.99.45/series/2.25.99.45.1/instances/2.25.99.45.1.1/bulkdata/7FE00010",
            "application/octet-stream",
            [("Range", $"bytes={ranges}")]
        );
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(8192, answer.Content.Headers.ContentLength);
    }

    private IEnumerable<TrailEvent> Trail() =>
        new TrailReader(DurableFolder.Open(web.Archive.Folder.Trail), web.Archive.Host.Master)
            .Read(DateTimeOffset.UnixEpoch)
            .Select(entry => entry.Event);

    private Task<HttpResponseMessage> StartAsync(int study) =>
        web.Program.SendAsync(
            $"/dicom-web/studies/2.25.99.{study}/series/2.25.99.{study}.1/instances/2.25.99.{study}.1.1",
            "application/dicom; transfer-syntax=*",
            [],
            completion: HttpCompletionOption.ResponseHeadersRead
        );

    private static async Task UntilAsync(Func<ValueTask<bool>> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Sends bytes and answers what comes back until the server closes or an answer is whole.</summary>
    private async Task<string> RawAsync(string request, bool onProgramPort = false)
    {
        using var socket = await ListenerFixture.ConnectAsync(
            onProgramPort ? web.Archive.Server.Programs! : web.Archive.Server.Https
        );
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
                ClientCertificateContext = onProgramPort ? web.Program.CertificateContext : null,
            }
        );
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        var buffer = new byte[8192];
        try
        {
            var read = await stream.ReadAsync(buffer);
            return Encoding.Latin1.GetString(buffer, 0, read);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
