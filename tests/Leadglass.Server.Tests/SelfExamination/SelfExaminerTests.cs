using System.Net;
using System.Net.Sockets;
using System.Text;
using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Sealing;
using Leadglass.Server.Listeners;
using Leadglass.Server.SelfExamination;
using Leadglass.Server.Tests.Listeners;
using Leadglass.Server.Tests.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Leadglass.Server.Tests.SelfExamination;

/// <summary>The archive looks at itself: opened on purpose in several ways, and each is noticed.</summary>
public sealed class SelfExaminerTests
{
    private const string Study = """[{"0020000D":{"vr":"UI","Value":["2.25.4711"]}}]""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_archive_as_it_is_shows_a_stranger_nothing()
    {
        using var logs = new LogLines();
        await using var archive = await StartAsync(new ServerVariation { LooksAtItself = false }, logs);
        var report = await LookAsync(archive);
        Assert.True(report.IsClean, Text(report));
        Assert.Equal(0, report.NotLooked);
        Assert.True(report.Attempts > 60, $"only {report.Attempts} attempts");
        Assert.Equal(report, archive.Host.LastLook);

        // Its own refusals do not stand among those of strangers.
        Assert.DoesNotContain(logs.Lines, line => line.Level >= LogLevel.Warning);
        Assert.DoesNotContain(logs.At(LogLevel.Debug), line => line.Contains("401", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_looks_at_start_by_itself()
    {
        await using var archive = await ServedArchive.StartAsync(variation: ServerVariation.None);
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (archive.Host.LastLook is null)
        {
            await Task.Delay(50, late.Token);
        }
        Assert.True(archive.Host.LastLook.IsClean, Text(archive.Host.LastLook));
    }

    [Fact]
    public async Task An_endpoint_marked_as_welcome_by_mistake_is_closed_and_the_rest_goes_on()
    {
        using var logs = new LogLines();
        var more = new WebPart(Map: endpoints =>
            endpoints.MapGet("/leak/studies", context => GiveAsync(context, Study)).StrangersWelcome()
        );
        await using var archive = await StartAsync(WithWeb(more), logs);
        var report = await LookAsync(archive);
        Assert.Equal(["web /leak"], report.Closed);
        Assert.Contains(
            logs.At(LogLevel.Critical),
            line => line.Contains("GET /leak/studies", StringComparison.Ordinal)
        );
        Assert.Contains(
            logs.At(LogLevel.Critical),
            line => line.StartsWith("web /leak is closed", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(logs.Lines, line => line.Text.Contains("4711", StringComparison.Ordinal));
        await AssertTrailSaysAsync(archive, "web /leak");

        using var stranger = WebProgram.ClientOf(archive.Server.Https, certificate: null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(stranger, "/leak/studies"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stranger, "/signin"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stranger, "/health/live"));

        var again = await LookAsync(archive);
        Assert.Equal(["web /leak"], again.Closed);
    }

    /// <summary>A page for strangers whose body bears what only an archive has.</summary>
    [Fact]
    public async Task A_page_for_strangers_that_names_a_study_is_closed()
    {
        var more = new WebPart(Use: application =>
            application.Use(
                (context, next) =>
                    context.Request.Path == "/signin/code"
                        ? GiveAsync(context, "<p>Study 1.2.840.113619.2.55.3.604688119</p>", "text/html")
                        : next(context)
            )
        );
        await using var archive = await StartAsync(WithWeb(more));
        Assert.Equal(["web /signin"], (await LookAsync(archive)).Closed);
    }

    /// <summary>A refusal by its status, and a list of studies by its body.</summary>
    [Fact]
    public async Task A_refusal_that_bears_data_is_closed()
    {
        var more = new WebPart(Use: application =>
            application.Use(
                (context, next) =>
                    context.Request.Path == "/api/changes"
                        ? GiveAsync(context, Study, "application/json", StatusCodes.Status401Unauthorized)
                        : next(context)
            )
        );
        await using var archive = await StartAsync(WithWeb(more));
        Assert.Equal(["web /api"], (await LookAsync(archive)).Closed);
    }

    /// <summary>Whoever comes counts as the viewer of somebody who may query and retrieve.</summary>
    [Fact]
    public async Task A_viewers_cookie_that_is_not_checked_is_noticed()
    {
        Identity? viewer = null;
        var more = new WebPart(Use: application =>
            application.Use(
                (context, next) =>
                {
                    if (viewer is not null && context.Features.Get<CallerFeature>() is null)
                    {
                        context.Features.Set(new CallerFeature(viewer, CallerKind.Viewer));
                    }
                    return next(context);
                }
            )
        );
        await using var archive = await StartAsync(WithWeb(more));
        viewer = await IdentityAsync(archive);
        var report = await LookAsync(archive);
        Assert.Contains("web /dicom-web", report.Closed);
        using var stranger = WebProgram.ClientOf(archive.Server.Https, certificate: null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(stranger, "/dicom-web/studies"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stranger, "/health/live"));
    }

    /// <summary>Whoever shows a token, or a cookie, is believed without a look at it.</summary>
    [Theory]
    [InlineData("Authorization", "made-up token")]
    [InlineData("Cookie", "made-up cookies")]
    public async Task A_proof_that_is_believed_unseen_is_noticed(string header, string says)
    {
        Identity? believed = null;
        var more = new WebPart(Use: application =>
            application.Use(
                (context, next) =>
                {
                    if (believed is not null && context.Request.Headers.ContainsKey(header))
                    {
                        context.Features.Set(new CallerFeature(believed, CallerKind.Session));
                    }
                    return next(context);
                }
            )
        );
        await using var archive = await StartAsync(WithWeb(more));
        believed = await IdentityAsync(archive);
        var report = await LookAsync(archive);
        Assert.Contains("web /dicom-web", report.Closed);
        Assert.Contains(report.Notices, notice => notice.Attempt.EndsWith(says, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_answers_a_stranger_once_raises_an_alarm_and_stays_open()
    {
        using var logs = new LogLines();
        var asked = 0;
        var more = new WebPart(Map: endpoints =>
            endpoints
                .MapGet(
                    "/leak/studies",
                    context =>
                    {
                        context.Response.StatusCode = ++asked == 1 ? 200 : 401;
                        return Task.CompletedTask;
                    }
                )
                .StrangersWelcome()
        );
        await using var archive = await StartAsync(WithWeb(more), logs);
        var report = await LookAsync(archive);
        Assert.Empty(report.Closed);
        Assert.False(report.IsClean);
        Assert.True(asked > 1, "it was not tried again");
        Assert.Contains(logs.At(LogLevel.Critical), line => line.Contains("/leak/studies", StringComparison.Ordinal));
    }

    /// <summary>One closed set, and endpoints that fail, hide no other that is open.</summary>
    [Fact]
    public async Task Every_set_that_is_open_is_found_beside_closed_and_failing_ones()
    {
        string[] open = ["/leak/a", "/leak/b", "/leak/c", "/leak/d", "/other/studies"];
        var more = new WebPart(Map: endpoints =>
        {
            foreach (var path in (string[])["/failing/a", "/failing/b", "/failing/c", "/failing/d"])
            {
                endpoints
                    .MapGet(path, context => GiveAsync(context, "", status: StatusCodes.Status500InternalServerError))
                    .StrangersWelcome();
            }
            foreach (var path in open)
            {
                endpoints.MapGet(path, context => GiveAsync(context, Study)).StrangersWelcome();
            }
        });
        await using var archive = await StartAsync(WithWeb(more));
        for (var look = 0; look < 2; look++)
        {
            var report = await LookAsync(archive);
            Assert.Equal(["web /leak", "web /other"], report.Closed.Order(StringComparer.Ordinal));
            Assert.Equal(4 * 3, report.NotLooked);
        }
    }

    [Fact]
    public async Task Tls_that_asks_nobody_for_a_certificate_raises_an_alarm()
    {
        using var logs = new LogLines();
        var opening = Opening.Of(
            ListenerKind.Dicom,
            async (parts, connection, _) =>
            {
                await using var tls = await Opening.GreetAnybodyAsync(connection, parts);
                await tls.ShutdownAsync();
            }
        );
        await using var archive = await StartAsync(opening, logs);
        var report = await LookAsync(archive);
        Assert.Empty(report.Closed);
        Assert.Contains(report.Notices, notice => notice.Answer == "TLS asks for no certificate");
        Assert.Contains(logs.At(LogLevel.Critical), line => line.Contains("DICOM listener", StringComparison.Ordinal));
    }

    /// <summary>The whole way in: TLS for anybody, and associations as a device that may query.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Associations_for_strangers_close_the_dicom_listener_and_no_other(bool isTls)
    {
        DeviceIdentity? identity = null;
        using var logs = new LogLines();
        var opening = Opening.Of(
            ListenerKind.Dicom,
            async (parts, connection, next) =>
            {
                if (isTls)
                {
                    await using var tls = await Opening.GreetAnybodyAsync(connection, parts);
                    await Opening.AssociateAsync(parts, connection, new Opening.StreamPipe(tls), identity!);
                }
                else if (await Opening.PeekAsync(connection) == 0x16)
                {
                    await next(connection);
                }
                else
                {
                    await Opening.AssociateAsync(parts, connection, connection.Transport, identity!);
                }
            }
        );
        await using var archive = await StartAsync(opening, logs);
        identity = await IdentityAsync(archive);
        using var device = await ListenerFixture.ConnectAsync(archive.Server.Dicom);

        var report = await LookAsync(archive);
        Assert.True(report.Closed is ["DICOM listener"], Text(report));
        Assert.Contains(logs.At(LogLevel.Critical), line => line.Contains("rung 4 is open", StringComparison.Ordinal));
        await AssertTrailSaysAsync(archive, "DICOM listener");

        // Who was connected is cut, who comes is refused, and the web goes on.
        Assert.Equal(0, await ReadAsync(device));
        Assert.Equal(0, await ConnectAndReadAsync(archive.Server.Dicom));
        using var stranger = WebProgram.ClientOf(archive.Server.Https, certificate: null);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(stranger, "/health/live"));
        Assert.Equal(["DICOM listener"], (await LookAsync(archive)).Closed);
    }

    [Fact]
    public async Task The_port_of_programs_that_asks_for_no_certificate_is_closed()
    {
        var opening = Opening.Of(
            ListenerKind.Programs,
            async (parts, connection, next) =>
            {
                await using var tls = await Opening.GreetAnybodyAsync(connection, parts);
                Assert.True(await tls.ReadAsync(new byte[1024]) > 0);
                await tls.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"));
            }
        );
        await using var archive = await StartAsync(opening);
        Assert.Equal(["programs' listener"], (await LookAsync(archive)).Closed);
    }

    [Fact]
    public async Task Http_in_clear_raises_an_alarm()
    {
        var opening = Opening.Of(
            ListenerKind.Https,
            async (_, connection, next) =>
            {
                if (await Opening.PeekAsync(connection) == 0x16)
                {
                    await next(connection);
                    return;
                }
                await connection.Transport.Output.WriteAsync(
                    Encoding.ASCII.GetBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                );
            }
        );
        await using var archive = await StartAsync(opening);
        var report = await LookAsync(archive);
        Assert.Empty(report.Closed);
        Assert.Contains(report.Notices, notice => notice.Answer == "HTTP answers in clear");
    }

    [Theory]
    [InlineData(nameof(ListenerKind.Dicom))]
    [InlineData(nameof(ListenerKind.Https))]
    [InlineData(nameof(ListenerKind.Programs))]
    public async Task A_slow_listener_is_reported_and_closes_nothing(string kind)
    {
        var opening = Opening.Of(
            Enum.Parse<ListenerKind>(kind),
            static async (_, connection, _) => await ClosedAsync(connection)
        ) with
        {
            Patience = TimeSpan.FromMilliseconds(300),
        };
        await AssertOnlyNotLookedAsync(opening, "in time");
    }

    /// <summary>It lives, and then an answer does not come.</summary>
    [Fact]
    public async Task A_listener_that_falls_silent_after_its_positive_control_closes_nothing()
    {
        var connections = 0;
        var opening = Opening.Of(
            ListenerKind.Dicom,
            async (_, connection, next) =>
            {
                if (Interlocked.Increment(ref connections) == 1)
                {
                    await next(connection);
                    return;
                }
                await ClosedAsync(connection);
            }
        ) with
        {
            Patience = TimeSpan.FromMilliseconds(300),
        };
        await AssertOnlyNotLookedAsync(opening, "in time");
    }

    [Fact]
    public async Task A_dead_listener_is_not_taken_for_a_closed_one()
    {
        var opening = Opening.Of(
            ListenerKind.Dicom,
            static (_, connection, _) =>
            {
                connection.Abort(new ConnectionAbortedException("dead"));
                return Task.CompletedTask;
            }
        );
        await AssertOnlyNotLookedAsync(opening, "no ");
    }

    [Fact]
    public async Task A_web_application_that_fails_is_reported_and_closes_nothing()
    {
        var more = new WebPart(Use: application =>
            application.Use(
                (HttpContext context, RequestDelegate _) =>
                    GiveAsync(context, "busy", "text/plain", StatusCodes.Status503ServiceUnavailable)
            )
        );
        await AssertOnlyNotLookedAsync(WithWeb(more), "liveness");
    }

    [Fact]
    public async Task A_control_socket_that_others_may_use_raises_an_alarm()
    {
        await using var archive = await StartAsync(new ServerVariation { LooksAtItself = false });
        File.SetUnixFileMode(archive.Folder.ControlSocket, (UnixFileMode)0x1B6);
        var report = await LookAsync(archive);
        Assert.Contains(report.Notices, notice => notice is { Service: "control socket", IsNotLooked: false });
    }

    private static ServerVariation WithWeb(WebPart more) =>
        new() { LooksAtItself = false, Web = parts => WebHost.For(parts, more) };

    private static Task<ServedArchive> StartAsync(ServerVariation variation, LogLines? logs = null) =>
        ServedArchive.StartAsync(options => options with { ProgramPort = 0 }, variation, logs);

    private static Task<SelfExaminationReport> LookAsync(ServedArchive archive) =>
        archive.Server.Examiner!.LookAsync(Cancel);

    private static async Task<DeviceIdentity> IdentityAsync(ServedArchive archive)
    {
        // Its AE title is the one by which the auditor calls: a policy that takes strangers for somebody asks no other.
        var issued = await archive.EnrolAsync("leadglass-audit", DeviceRights.Query | DeviceRights.Retrieve);
        using var certificate = ListenerFixture.Load(issued);
        return Assert
            .IsType<Identification.Known>(archive.Host.Policy.Identify(certificate, IPAddress.Loopback))
            .Identity;
    }

    private static async Task AssertOnlyNotLookedAsync(ServerVariation variation, string says)
    {
        using var logs = new LogLines();
        await using var archive = await StartAsync(variation, logs);
        for (var look = 0; look < 2; look++)
        {
            var report = await LookAsync(archive);
            Assert.Empty(report.Closed);
            Assert.NotEqual(0, report.NotLooked);
            Assert.All(report.Notices, notice => Assert.True(notice.IsNotLooked, Text(report)));
            Assert.Contains(report.Notices, notice => notice.Answer.Contains(says, StringComparison.Ordinal));
        }
        Assert.Empty(logs.At(LogLevel.Critical));
    }

    private static async Task AssertTrailSaysAsync(ServedArchive archive, string service)
    {
        await archive.Host.Trail.PrepareReadingAsync("test", Cancel);
        var reader = new TrailReader(DurableFolder.Open(archive.Folder.Trail), archive.Host.Master);
        var alarms = reader
            .Read(DateTimeOffset.MinValue)
            .Select(entry => entry.Event)
            .Where(one => one is { Event: AuditEvent.SecurityAlert, Who: "archive" })
            .Select(one => one.Detail)
            .ToList();
        Assert.Contains(alarms, detail => detail!.Contains(service, StringComparison.Ordinal));
        Assert.Contains(alarms, detail => detail!.EndsWith("closed", StringComparison.Ordinal));
    }

    private static async Task GiveAsync(
        HttpContext context,
        string body,
        string type = "application/dicom+json",
        int status = StatusCodes.Status200OK
    )
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.WriteAsync(body);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        return answer.StatusCode;
    }

    private static async Task ClosedAsync(ConnectionContext connection)
    {
        var gone = new TaskCompletionSource();
        await using var registration = connection.ConnectionClosed.Register(() => gone.TrySetResult());
        await gone.Task;
    }

    private static async Task<int> ReadAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[16], Cancel);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static async Task<int> ConnectAndReadAsync(IPEndPoint endPoint)
    {
        try
        {
            using var socket = await ListenerFixture.ConnectAsync(endPoint);
            return await ReadAsync(socket);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static string Text(SelfExaminationReport report) => string.Join('\n', report.Notices);
}
