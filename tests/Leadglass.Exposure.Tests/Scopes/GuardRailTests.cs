using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Leadglass.Exposure.Tests.Connections;
using Leadglass.Exposure.Tests.Web;
using Leadglass.Testing.Processes;

namespace Leadglass.Exposure.Tests;

/// <summary>Whole audits that something tries to lead out of their scope, beside a server that counts who comes.</summary>
public sealed class GuardRailTests : IDisposable
{
    private static readonly IPAddress Outside = IPAddress.Parse("127.0.9.9");

    private readonly ScratchFolder _scratch = new("guard-rails");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_redirect_out_of_the_scope_is_not_followed()
    {
        await using var outside = new CountingServer(Outside, HangUpAsync);
        var seen = new ConcurrentQueue<string>();
        var away = WebDouble.Response(302, fields: $"Location: http://{Outside}:{outside.Port}/MUSTERMANN\r\n");
        await using var inside = new CountingServer(IPAddress.Loopback, Web(seen, away));
        var document = await AuditAsync($"{inside.Port},{outside.Port}");
        Assert.Equal(0, outside.Connections);
        Assert.NotEmpty(seen);
        Assert.Null(document.StoppedEarly);
        Assert.NotNull(document.DecisionLogHead);
        var log = await LogAsync(document);
        Assert.Contains(
            $"\"lead\":\"redirect\",\"from\":\"127.0.0.1:{inside.Port}\",\"host\":\"{Outside}\"",
            log,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("MUSTERMANN", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_leads_out_of_the_scope_is_not_probed()
    {
        // The name is this machine's own, by its hosts file or resolver, and the scope does not hold what it leads to.
        await using var outside = new CountingServer(IPAddress.Loopback, HangUpAsync);
        await AuditAsync($"{outside.Port}", "names: [localhost]", "127.0.0.2");
        Assert.Equal(0, outside.Connections);
        Assert.Contains(
            "\"lead\":\"name\",\"name\":\"localhost\",\"address\":\"127.0.0.1\",\"port\":\"0\",\"rule\":\"not-in-scope\"",
            await LogAsync(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_imported_list_does_not_lead_out_of_the_scope()
    {
        await using var outside = new CountingServer(Outside, HangUpAsync);
        await using var inside = new CountingServer(IPAddress.Loopback, HangUpAsync, outside.Port);
        var list = _scratch.File("list.txt");
        await File.WriteAllTextAsync(
            list,
            $"{Outside}:{outside.Port}\n127.0.0.1:{outside.Port}\n127.0.0.1:{outside.Port - 1}\n",
            TestContext.Current.CancellationToken
        );
        var document = await AuditAsync($"{outside.Port}", imports: list);
        Assert.Equal(0, outside.Connections);
        Assert.NotEqual(0, inside.Connections);
        Assert.Equal(
            [("not-in-scope", 1L), ("port-not-listed", 1L)],
            document.Refusals.Select(refusal => (refusal.Rule, refusal.Count))
        );
        Assert.Contains(
            $"\"lead\":\"import\",\"name\":\"\",\"address\":\"{Outside}\"",
            await LogAsync(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_is_excluded_is_never_connected_to_and_a_device_never_asked()
    {
        await using var excluded = new CountingServer(Outside, HangUpAsync);
        var asked = new ConcurrentQueue<string>();
        await using var device = new CountingServer(
            IPAddress.Loopback,
            Web(asked, WebDouble.Response(200, "application/dicom+json", "[]"))
        );
        await AuditAsync(
            $"{excluded.Port},{device.Port}",
            $"exclusions: [{Outside}]\ndevices: [127.0.0.1]",
            $"127.0.0.1, {Outside}"
        );
        Assert.Equal(0, excluded.Connections);
        Assert.NotEmpty(asked);
        Assert.DoesNotContain(asked, request => request.Contains("StudyInstanceUID", StringComparison.Ordinal));
        var log = await LogAsync();
        Assert.Contains(
            $"\"rule\":\"excluded\",\"rung\":\"0\",\"network\":\"{Outside}\"",
            log,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("\"rung\":\"2\"", log, StringComparison.Ordinal);
        Assert.DoesNotContain("\"rung\":\"3\"", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_audit_that_outlives_its_scope_ends_and_says_so()
    {
        var clock = new SetClock { Now = TimeProvider.System.GetUtcNow() };
        await using var server = new CountingServer(
            IPAddress.Loopback,
            (stream, stop) =>
            {
                // The first connection is the scope's last.
                clock.Now += TimeSpan.FromDays(30);
                return HangUpAsync(stream, stop);
            }
        );
        var document = await AuditAsync($"{server.Port}", clock: clock);
        Assert.Equal("the scope is over", document.StoppedEarly);
        Assert.Equal(1, server.Connections);
    }

    // One answer to whatever is asked over HTTP; hangs up on anything else.
    private static Func<Stream, CancellationToken, Task> Web(ConcurrentQueue<string> seen, string answer) =>
        async (stream, stop) =>
        {
            var request = new byte[4096];
            var length = await stream.ReadAsync(request, stop);
            if (length > 3 && request.AsSpan().StartsWith("GET"u8))
            {
                seen.Enqueue(Encoding.ASCII.GetString(request, 0, length).Split('\r')[0]);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), stop);
            }
        };

    private static Task HangUpAsync(Stream stream, CancellationToken stop) => Task.CompletedTask;

    private async Task<AuditDocument> AuditAsync(
        string ports,
        string more = "",
        string networks = "127.0.0.1",
        string? imports = null,
        TimeProvider? clock = null
    )
    {
        const string Rate =
            "rate: {connectionsPerSecond: 1000, perNetwork24PerSecond: 1000, timeoutMilliseconds: 500}\n";
        clock ??= TimeProvider.System;
        return await AuditRun.RunAsync(
            TestScopes.Of(networks, ports, more: Rate + more, clock: clock),
            new AuditOptions { Folder = _scratch.File("out"), Imports = imports is null ? [] : [imports] },
            clock,
            progress: null,
            TestContext.Current.CancellationToken
        );
    }

    private async Task<string> LogAsync(AuditDocument? document = null)
    {
        var path = Path.Combine(_scratch.File("out"), DecisionLog.FileName);
        var check = await DecisionLog.VerifyAsync(
            path,
            document?.DecisionLogHead,
            TestContext.Current.CancellationToken
        );
        Assert.True(check is { IsIntact: true, IsClosed: true }, check.Problem);
        return await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
    }
}
