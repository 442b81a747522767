using static Leadglass.Exposure.Tests.Web.WebDouble;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>What each answer of a web server means.</summary>
public sealed class WebAnswerTests
{
    [Fact]
    public async Task AnEmptyListOfDicomJsonIsOpenAndARetrievalThatFindsNothingToo()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/dicom-web/studies" => Response(200, "application/dicom+json", "[]"),
                _ => NotFound,
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.True(seen.SpeaksDicomWeb);
        Assert.Equal("/dicom-web", seen.Root);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Open, seen.Of(Rung.NullRetrieve));
        Assert.Null(seen.RecordsVisible);
        Assert.Equal(1, server.MostAtOnce);
    }

    [Fact]
    public async Task ASignInPageForEverythingIsNotOpen()
    {
        await using var server = Of(_ => Response(200, "text/html", "<html><title>Please sign in</title></html>"));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.True(seen.SpeaksHttp);
        Assert.False(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullRetrieve));
        Assert.DoesNotContain(WebSigns.Title, seen.Signs.Keys);
    }

    [Fact]
    public async Task OrthancThatRefusesEverythingIsClosed()
    {
        await using var server = Of(_ =>
            Response(401, fields: "WWW-Authenticate: Basic realm=\"Orthanc Secure Area\"\r\n")
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.CountEndpoints);
        Assert.True(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Closed, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Closed, seen.Of(Rung.NullRetrieve));
        Assert.False(seen.IsAdministrationOpen);
        Assert.Null(seen.Records);
    }

    [Fact]
    public async Task AnArchiveThatTellsStrangersNothingIsAClosedArchive()
    {
        await using var server = Of(request =>
            request.Path == "/"
                ? Response(
                    401,
                    "text/html",
                    "<title>Sign in</title>",
                    "WWW-Authenticate: Bearer realm=\"leadglass\"\r\n"
                )
                : Response(401, fields: "WWW-Authenticate: Bearer realm=\"leadglass\"\r\n")
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.True(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Closed, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Closed, seen.Of(Rung.NullRetrieve));
        Assert.Equal("Leadglass", Products.BuiltIn.Identify(dicom: null, seen).Product);
    }

    [Fact]
    public async Task ARefusalOfAnyPathDoesNotMakeAWebServerAnArchive()
    {
        await using var server = Of(_ => Response(403));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.False(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Closed, seen.Of(Rung.NullQuery));
    }

    [Fact]
    public async Task ARefusalOfOneRootAloneIsDicomWeb()
    {
        await using var server = Of(request =>
            request.Path.StartsWith("/dicom-web/", StringComparison.Ordinal) ? Response(401) : NotFound
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.True(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Closed, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Closed, seen.Of(Rung.NullRetrieve));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    public async Task JsonThatDoesNotSayDicomIsUnknown(string type)
    {
        await using var server = Of(_ => Response(200, type, "[]"));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.False(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullRetrieve));
    }

    [Theory]
    [InlineData("application/dicom+json", "{\"errors\":[\"denied\"]}")]
    [InlineData("application/dicom+json", "[\"denied\"]")]
    [InlineData("application/dicom+json", "[{\"error\":\"denied\"}]")]
    [InlineData("application/dicom+json", "[] and more")]
    [InlineData("application/dicom+json", "[")]
    [InlineData("application/dicom+json", "")]
    [InlineData("application/dicom+xml", "<error>denied</error>")]
    [InlineData("application/dicom+xml", "")]
    [InlineData("multipart/related; type=\"application/dicom+xml\"; boundary=x", "--x\r\n\r\n<error/>\r\n--x--")]
    [InlineData("multipart/related; type=\"application/dicom+xml\"; boundary=x", "")]
    public async Task AnAnswerThatOnlySaysItIsDicomIsUnknown(string type, string body)
    {
        await using var server = Of(request =>
            request.Path == "/dicom-web/studies" ? Response(200, type, body) : NotFound
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.False(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullRetrieve));
    }

    [Theory]
    [InlineData("application/dicom+json", " [ \r\n] ", null)]
    [InlineData("application/dicom+json", "[ {\"0020000D\":{}}]", true)]
    [InlineData("application/dicom+xml", "<?xml version=\"1.0\"?><NativeDicomModel/>", true)]
    [InlineData("multipart/related; type=\"application/dicom+xml\"; boundary=\"x\"", "--x--\r\n", null)]
    public async Task AnAnswerOfDicomIsOpen(string type, string body, bool? isVisible)
    {
        await using var server = Of(request =>
            request.Path == "/dicom-web/studies" ? Response(200, type, body) : NotFound
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Open, seen.Of(Rung.NullRetrieve));
        Assert.Equal(isVisible, seen.RecordsVisible);
    }

    [Fact]
    public async Task RowsForAStudyThatDoesNotExistAreSeenAndNotRead()
    {
        const string row = "{\"00100010\":{\"vr\":\"PN\",\"Value\":[{\"Alphabetic\":\"CANARY^PINEAPPLE\"}]}},";
        await using var server = new WebDouble(
            async (request, stream, stop) =>
            {
                if (request.Path != "/dicom-web/studies")
                {
                    await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(NotFound), stop);
                    return true;
                }

                await stream.WriteAsync(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nConnection: close\r\n\r\n["u8.ToArray(),
                    stop
                );
                while (true)
                {
                    await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(row), stop);
                }
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullQuery);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        Assert.True(seen.RecordsVisible);
        Assert.Contains("ignores-keys", seen.Oddities);
        Assert.DoesNotContain("CANARY", seen.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(302)]
    public async Task BusyAndElsewhereAreUnknown(int status)
    {
        await using var server = Of(request =>
            request.Path == "/dicom-web/studies" ? Response(status, fields: "Location: /sign-in\r\n") : NotFound
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullRetrieve);
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullQuery));
        Assert.Contains(seen.Rungs, one => one.Rung == Rung.NullQuery && one.Response == $"HTTP {status}");
    }

    [Fact]
    public async Task NoContentCountsOnlyWhereOtherPathsAreAnsweredOtherwise()
    {
        await using var dicom = Of(request =>
            request.Path == "/rs/studies" ? "HTTP/1.1 204 No Content\r\n\r\n" : NotFound
        );
        Assert.Equal(Answer.Open, (await WebTesting.ObserveAsync(dicom.Target, Rung.NullQuery)).Of(Rung.NullQuery));
        await using var anything = Of(_ => "HTTP/1.1 204 No Content\r\n\r\n");
        var seen = await WebTesting.ObserveAsync(anything.Target, Rung.NullQuery);
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullQuery));
        Assert.False(seen.SpeaksDicomWeb);
    }

    [Fact]
    public async Task OrthancsOwnInterfaceWithoutDicomWebIsOpenAndCounted()
    {
        await using var server = Of(request =>
            request.PathAndQuery switch
            {
                "/" => Response(301, fields: "Location: app/explorer.html\r\n"),
                "/app/explorer.html" => Response(200, "text/html", "<html><title>Orthanc Explorer</title>"),
                "/system" => Response(
                    200,
                    "application/json; charset=utf-8",
                    "{\"ApiVersion\":16,\"DicomAet\":\"ORTHANC\",\"Name\":\"Ward\",\"Version\":\"1.10.1\"}"
                ),
                "/studies?since=4294967295&limit=1" => Response(200, "application/json", "[]"),
                "/statistics" => Response(
                    200,
                    "application/json",
                    "{\"CountInstances\":731,\"CountPatients\":5,\"CountSeries\":9,\"CountStudies\":7,\"TotalDiskSize\":\"1\"}"
                ),
                _ => NotFound,
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.CountEndpoints);
        Assert.True(seen.IsAdministrationOpen);
        Assert.True(seen.SpeaksDicomWeb);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        Assert.Equal(Answer.Open, seen.Of(Rung.NullRetrieve));
        Assert.True(seen.RecordsVisible);
        Assert.Contains(
            seen.Records!.Totals,
            one => one is { Unit: CountUnit.Studies, Kind: CountKind.Exact, Value: 7 }
        );
        Assert.Contains(seen.Records.Totals, one => one is { Unit: CountUnit.Images, Value: 731 });
        Assert.Equal("/app/explorer.html", server.Requests.ElementAt(1).Path);
        var told = Products.BuiltIn.Identify(dicom: null, seen);
        Assert.Equal(("Orthanc", "1.10.1"), (told.Product, told.Version));
    }

    [Fact]
    public async Task Dcm4CheeIsAskedAtTheTitlesThatItNames()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/dcm4chee-arc/aets" => Response(200, "application/json", "[{\"dicomAETitle\":\"WARD_AET\"}]"),
                "/dcm4chee-arc/aets/WARD_AET/rs/studies" => "HTTP/1.1 204 No Content\r\n\r\n",
                "/dcm4chee-arc/aets/WARD_AET/rs/studies/count" => Response(200, "application/json", "{\"count\":12}"),
                "/dcm4chee-arc/aets/WARD_AET/rs/instances/count" => Response(
                    200,
                    "application/json",
                    "{\"count\":3456}"
                ),
                _ => NotFound,
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.CountEndpoints);
        Assert.Equal("/dcm4chee-arc/aets/TITLE/rs", seen.Root);
        Assert.All(seen.Records!.Totals, one => Assert.DoesNotContain("WARD", one.Source, StringComparison.Ordinal));
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
        // 204 is no DICOM JSON, so what is not found there says nothing of retrieval.
        Assert.Equal(Answer.Unknown, seen.Of(Rung.NullRetrieve));
        Assert.Contains(seen.Records!.Totals, one => one is { Unit: CountUnit.Studies, Value: 12 });
        Assert.Contains(seen.Records.Totals, one => one is { Unit: CountUnit.Images, Value: 3456 });
        Assert.Equal("dcm4chee", Products.BuiltIn.Identify(dicom: null, seen).Product);
    }

    [Fact]
    public async Task ARootThatAViewersConfigurationNamesIsFound()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/" => Response(200, "text/html", "<title>Viewer</title><script src=\"/app-config.js\"></script>"),
                "/app-config.js" => Response(200, "text/javascript", "window.config={qidoRoot: '/archive/web', x:1}"),
                "/archive/web/studies" => Response(200, "application/dicom+json", "[ ]"),
                _ => NotFound,
            }
        );
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.NullQuery);
        Assert.Equal("as the viewer's configuration names it", seen.Root);
        Assert.Equal(Answer.Open, seen.Of(Rung.NullQuery));
    }

    [Fact]
    public async Task NothingAboveThePlansRungIsAsked()
    {
        await using var server = Of(_ => Response(200, "application/dicom+json", "[]"));
        var seen = await WebTesting.ObserveAsync(server.Target, Rung.Echo);
        Assert.All(
            server.Requests,
            request => Assert.DoesNotContain("studies", request.Path, StringComparison.Ordinal)
        );
        Assert.All(seen.Rungs, one => Assert.True(one.Rung <= Rung.Identify));
    }

    [Fact]
    public async Task RequestsSayWhoAsksAndCarryNoCredential()
    {
        await using var server = Of(_ =>
            Response(404, fields: "Set-Cookie: a=b\r\nWWW-Authenticate: Basic realm=\"x\"\r\n")
        );
        await WebTesting.ObserveAsync(server.Target, Rung.CountEndpoints);
        Assert.NotEmpty(server.Requests);
        Assert.All(
            server.Requests,
            request =>
            {
                Assert.Contains(
                    "User-Agent: Leadglass-Audit/0.1.0 (+ward@example.org)\r\n",
                    request.Head,
                    StringComparison.Ordinal
                );
                Assert.DoesNotContain("Cookie", request.Head, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain("Authorization", request.Head, StringComparison.OrdinalIgnoreCase);
                Assert.Contains(request.Method, (string[])["GET", "HEAD"]);
            }
        );
    }

    [Fact]
    public async Task APortThatIsClosedSaysSo()
    {
        ProbeTarget target;
        await using (var server = Of(_ => NotFound))
        {
            target = server.Target;
        }

        var seen = await WebTesting.ObserveAsync(target, Rung.NullRetrieve);
        Assert.False(seen.SpeaksHttp);
        Assert.Equal("connection refused", Assert.Single(seen.Rungs).Response);
    }
}
