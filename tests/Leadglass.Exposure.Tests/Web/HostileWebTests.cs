using System.IO.Compression;
using System.Net;
using System.Text;
using Leadglass.Exposure.Tests.Connections;
using static Leadglass.Exposure.Tests.Web.WebDouble;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>Servers that mean harm: each is a result, of bounded bytes, and nothing is thrown.</summary>
public sealed class HostileWebTests
{
    // Twenty requests at most, each a page at most.
    private const long ReadMax = 4 << 20;

    private static readonly ConnectionLimits Hurried = WebTesting.Limits with
    {
        ConnectionTime = TimeSpan.FromMilliseconds(700),
        ConnectionBytesMax = 1 << 20,
    };

    public static TheoryData<string> Personalities =>
        new(
            "silence",
            "reset",
            "garbage",
            "truncated",
            "lying-length",
            "endless-body",
            "endless-chunked",
            "endless-header",
            "endless-headers",
            "gzip-bomb",
            "gzip-bomb-of-dicom",
            "slow-bytes",
            "deep-json",
            "endless-redirect",
            "status-0",
            "interim-for-ever"
        );

    [Theory]
    [MemberData(nameof(Personalities))]
    public async Task AHostileServerIsUnknown(string personality)
    {
        await using var server = new WebDouble(
            (request, stream, stop) => PlayAsync(personality, request, stream, stop)
        );
        var dialer = new MeasuringDialer(new ProbeDialer((_, _) => null, Hurried, TimeProvider.System));
        var seen = await new WebProbe(dialer, TimeProvider.System).ObserveAsync(
            server.Target,
            WebTesting.Plan(Rung.CountEndpoints),
            CancellationToken.None
        );
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullRetrieve));
        Assert.Null(seen.RecordsVisible);
        Assert.Null(seen.Records);
        Assert.False(seen.IsAdministrationOpen);
        Assert.All(seen.Rungs, one => Assert.NotEmpty(one.Reason));
        Assert.InRange(dialer.BytesRead, 0, ReadMax);
        Assert.All(seen.Signs.Values, value => Assert.InRange(value.Length, 1, 100));
    }

    [Theory]
    [InlineData("Location: http://127.0.0.1:{0}/dicom-web/studies\r\n")]
    [InlineData("Location: //127.0.0.1:{0}/x\r\n")]
    [InlineData("Location: https://127.0.0.1:{0}/\r\n")]
    [InlineData("Refresh: 0; url=http://127.0.0.1:{0}/\r\n")]
    [InlineData("Alt-Svc: h2=\"127.0.0.1:{0}\"\r\n")]
    public async Task WhatLeadsElsewhereIsNotFollowed(string field)
    {
        await using var elsewhere = Of(_ => Response(200, "application/dicom+json", "[]"));
        var fields = string.Format(System.Globalization.CultureInfo.InvariantCulture, field, elsewhere.Target.Port);
        await using var server = Of(_ => Response(302, fields: fields));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.Equal(0, elsewhere.Connections);
        Assert.NotEqual(Answer.Open, seen.Of(Rung.NullQuery));
    }

    [Fact]
    public async Task ARedirectWithinTheEndpointIsAnotherRequest()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/" => Response(302, fields: "Location: /start#x\r\n"),
                "/start" => Response(200, "text/html", "<title>Orthanc Explorer</title>"),
                _ => NotFound,
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.Identify);
        Assert.Equal("Orthanc Explorer", seen.Signs[WebSigns.Title]);
        Assert.Contains(server.Requests, request => request.PathAndQuery == "/start");
    }

    [Theory]
    [InlineData("/patient/CANARY-JOHN-19700101")]
    [InlineData("/Studies/1.2.3")]
    [InlineData("/viewer/WADO")]
    [InlineData("/start?name=CANARY")]
    public async Task ARedirectToRecordsIsNotFollowed(string path)
    {
        await using var server = Of(request =>
            request.Path == "/" ? Response(302, fields: $"Location: {path}\r\n") : NotFound
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.Identify);
        Assert.DoesNotContain(
            server.Requests,
            request => path.StartsWith(request.Path, StringComparison.Ordinal) && request.Path != "/"
        );
        Assert.Empty(seen.Signs);
    }

    [Fact]
    public async Task OfAServersTextsOnlyWhatAFingerprintKnowsIsKept()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/" => Response(
                    200,
                    "text/html",
                    "<title>CANARY^JOHN 01.01.1970 - Dicoogle test</title><script src=app-config.js>",
                    "Server: CANARY\r\nWWW-Authenticate: Basic realm=\"CANARY\"\r\n"
                ),
                "/app-config.js" => Response(200, "text/javascript", "qidoRoot: '/CANARY/web'"),
                "/system" => Response(
                    200,
                    "application/json",
                    "{\"ApiVersion\":1,\"DicomAet\":\"CANARY\",\"Name\":\"CANARY demo\",\"Version\":\"CANARY\"}"
                ),
                "/CANARY/web/studies" => Response(200, "application/dicom+json", "[]", "X-Total-Count: 3\r\n"),
                _ => NotFound,
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.CountEndpoints);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        Assert.Equal(3, Assert.Single(seen.Records!.Totals).Value);
        Assert.Equal("Dicoogle", seen.Signs[WebSigns.Title]);
        Assert.Equal("Orthanc", seen.Signs[WebSigns.OrthancSystem]);
        Assert.Equal("title name", seen.Signs[WebSigns.SaysDemo]);
        var written = System.Text.Json.JsonSerializer.Serialize(seen with { Target = default });
        Assert.DoesNotContain("CANARY", written, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task AScopeThatForbidsARungKeepsWhatWasProvedBelowIt()
    {
        await using var server = Of(request =>
            request.Path == "/dicom-web/studies" ? Response(200, "application/dicom+json", "[]") : NotFound
        );
        var seen = await ObserveUpToAsync(server, Rung.NullQuery);
        Assert.True(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        Assert.Contains(
            seen.Rungs,
            one => one is { Rung: Rung.NullRetrieve, Answer: Answer.Unknown, Response: "not asked" }
        );
        Assert.All(
            server.Requests,
            request => Assert.DoesNotContain("studies/", request.Path, StringComparison.Ordinal)
        );
        var refusal = await Assert.ThrowsAsync<OutOfScopeException>(() => ObserveUpToAsync(server, Rung.Connect));
        Assert.Equal("no further", refusal.Reason);
    }

    private static async Task<WebObservation> ObserveUpToAsync(WebDouble server, Rung highest)
    {
        var dialer = new ProbeDialer(
            (_, rung) => rung > highest ? "no further" : null,
            WebTesting.Limits,
            TimeProvider.System
        );
        return await new WebProbe(dialer, TimeProvider.System).ObserveAsync(
            server.Target,
            WebTesting.Plan(Rung.NullRetrieve),
            CancellationToken.None
        );
    }

    [Fact]
    public async Task AnAnswerThatBreaksItsReaderHidesNoOpenServer()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/system" => Response(
                    200,
                    "application/json",
                    "{\"Version\":\"1.12\",\"DicomAet\":\"A\",\"ApiVersion\":\"\\ud800\"}"
                ),
                "/dicom-web/studies" => Response(200, "application/dicom+json", "[]"),
                _ => NotFound,
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullQuery);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
    }

    [Theory]
    [InlineData(Rung.Identify, false)]
    [InlineData(Rung.Echo, true)]
    public async Task ADeviceThatIsSilentGetsNoHelloOfTls(Rung highest, bool isGreeted)
    {
        var greeted = false;
        await using var device = new CountingServer(
            IPAddress.Loopback,
            async (network, stop) =>
            {
                var first = new byte[1];
                greeted |= await network.ReadAsync(first, stop) == 1 && first[0] == 22;
            }
        );
        await WebTesting.ObserveAsync(new ProbeTarget(IPAddress.Loopback, device.Port), highest);
        Assert.Equal(isGreeted, greeted);
    }

    [Fact]
    public async Task AnAuditThatStopsStopsHere()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new WebDouble(
            async (_, _, stopped) =>
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, stopped);
                return false;
            }
        );
        var probe = new WebProbe(
            new ProbeDialer((_, _) => null, WebTesting.Limits, TimeProvider.System),
            TimeProvider.System
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await probe.ObserveAsync(server.Target, WebTesting.Plan(Rung.NullRetrieve), stop.Token)
        );
    }

    private static async Task<bool> PlayAsync(
        string personality,
        SeenRequest request,
        Stream stream,
        CancellationToken stop
    )
    {
        ValueTask SayAsync(string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), stop);
        const string dicom = "HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n";
        switch (personality)
        {
            case "silence":
                await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);
                return false;
            case "garbage":
                await SayAsync(new string('\u00ff', 5_000));
                return false;
            case "truncated":
                await SayAsync(dicom + "Content-Length: 500\r\n\r\n[");
                return false;
            case "lying-length":
                await SayAsync(dicom + "Content-Length: 9223372036854775807\r\n\r\n");
                return false;
            case "endless-body":
                await SayAsync(dicom + "Connection: close\r\n\r\n");
                return await ForEverAsync(new string(' ', 8_000), SayAsync);
            case "endless-chunked":
                await SayAsync(dicom + "Transfer-Encoding: chunked\r\n\r\n");
                return await ForEverAsync("8\r\n        \r\n", SayAsync);
            case "endless-header":
                await SayAsync("HTTP/1.1 200 OK\r\nX: ");
                return await ForEverAsync(new string('a', 8_000), SayAsync);
            case "endless-headers":
                await SayAsync("HTTP/1.1 200 OK\r\n");
                return await ForEverAsync("X-A: b\r\n", SayAsync);
            case "gzip-bomb" or "gzip-bomb-of-dicom":
                var bomb = Bomb();
                var type = personality == "gzip-bomb" ? "text/html" : "application/dicom+json";
                await SayAsync(
                    $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n"
                );
                await stream.WriteAsync(bomb, stop);
                return true;
            case "slow-bytes":
                foreach (var letter in dicom)
                {
                    await SayAsync(letter.ToString());
                    await Task.Delay(100, stop);
                }

                return false;
            case "deep-json":
                await SayAsync(Response(200, "application/json", new string('[', 60_000)));
                return true;
            case "endless-redirect":
                await SayAsync(Response(302, fields: $"Location: {request.Path.TrimEnd('/')}/a\r\n"));
                return true;
            case "status-0":
                await SayAsync("HTTP/1.1 000 No\r\nContent-Length: 0\r\n\r\n");
                return false;
            case "interim-for-ever":
                return await ForEverAsync("HTTP/1.1 102 Processing\r\n\r\n", SayAsync);
            default:
                return false;
        }
    }

    private static async Task<bool> ForEverAsync(string text, Func<string, ValueTask> sayAsync)
    {
        while (true)
        {
            await sayAsync(text);
        }
    }

    private static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 64; i++)
            {
                gzip.Write(zeros);
            }
        }

        return packed.ToArray();
    }
}
