using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using Leadglass.Testing.Processes;

namespace Leadglass.Exposure.Tests;

public sealed class DecisionLogTests : IDisposable
{
    private readonly SetClock _clock = new();
    private readonly ScratchFolder _scratch = new("decisions");

    private string LogFile => _scratch.File(DecisionLog.FileName);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Every_decision_is_in_the_log_as_a_line_or_in_a_sum()
    {
        await WriteAsync();
        var lines = await File.ReadAllLinesAsync(LogFile, TestContext.Current.CancellationToken);
        var events = lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(Enumerable.Range(1, lines.Length), events.Select(each => each.GetProperty("sequence").GetInt32()));
        Assert.All(events, each => Assert.Equal(TestScopes.Begin, each.GetProperty("at").GetDateTimeOffset()));
        Assert.Contains(events, each => Is(each, "admitted", "10.0.0.1") && Text(each, "rung") == "3");
        Assert.Contains(events, each => Is(each, "refused", "10.0.0.1") && Text(each, "rule") == "above-scope");
        Assert.Contains(events, each => Sum(each, "admitted-sum", "10.0.0.0/24") == "50");
        Assert.Contains(
            events,
            each => Sum(each, "refused-sum", "10.0.0.0/24") == "7" && Text(each, "rule") == "port-not-listed"
        );
        Assert.Contains(events, each => Sum(each, "refused-sum", "10.9.9.0/24") == "20");
        Assert.Equal("log-closed", Text(events[^1], "event"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(LogFile));

        static string? Text(JsonElement line, string name) =>
            line.TryGetProperty(name, out var value) ? value.GetString() : null;
        static bool Is(JsonElement line, string what, string address) =>
            Text(line, "event") == what && Text(line, "address") == address;
        static string? Sum(JsonElement line, string what, string network) =>
            Text(line, "event") == what && Text(line, "network") == network ? Text(line, "count") : null;
    }

    /// <summary>One byte changed, put in or taken out, a line moved or dropped: wherever it is, it shows.</summary>
    [Fact]
    public async Task Any_change_shows()
    {
        var head = await WriteAsync();
        var whole = await File.ReadAllBytesAsync(LogFile, TestContext.Current.CancellationToken);
        Assert.True((await CheckAsync(whole, head)) is { IsIntact: true, IsClosed: true });
        await Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, 4])
            .SampleAsync(
                async change =>
                {
                    var changed = Change(whole, change.Item1, change.Item2, change.Item3);
                    Assert.True(
                        changed.AsSpan().SequenceEqual(whole) || !(await CheckAsync(changed, head)).IsIntact,
                        $"{change} was not seen"
                    );
                },
                iter: 1_000
            );
    }

    [Fact]
    public async Task A_log_that_was_cut_shows_beside_the_head_that_was_kept()
    {
        var head = await WriteAsync();
        var lines = await File.ReadAllLinesAsync(LogFile, TestContext.Current.CancellationToken);
        var cut = Encoding.UTF8.GetBytes(string.Join('\n', lines[..^2]) + "\n");
        Assert.True((await CheckAsync(cut, head: null)) is { IsIntact: true, IsClosed: false });
        Assert.Contains("cut or written anew", (await CheckAsync(cut, head)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_is_continued_and_a_line_that_a_crash_cut_is_mended()
    {
        await WriteAsync();
        await File.AppendAllTextAsync(LogFile, "{\"sequence\":9", TestContext.Current.CancellationToken);
        var head = await WriteAsync();
        var check = await DecisionLog.VerifyAsync(LogFile, head, TestContext.Current.CancellationToken);
        Assert.True(check is { IsIntact: true, IsClosed: true }, check.Problem);
        var text = await File.ReadAllTextAsync(LogFile, TestContext.Current.CancellationToken);
        Assert.Contains("\"event\":\"log-mended\",\"bytesCut\":\"13\"", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("log-closed").Length - 1);
    }

    [Fact]
    public async Task A_log_that_was_changed_is_not_continued()
    {
        await WriteAsync();
        var text = await File.ReadAllTextAsync(LogFile, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            LogFile,
            text.Replace("10.0.0.1\"", "10.0.0.2\"", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        var refused = await Assert.ThrowsAsync<InvalidDataException>(WriteAsync);
        Assert.Contains("was changed, moved, put in", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_has_an_end_and_says_how_much_it_left_out()
    {
        using (
            var log = await DecisionLog.OpenAsync(
                _scratch.FullPath,
                _clock,
                bytesMax: 20_000,
                TestContext.Current.CancellationToken
            )
        )
        {
            for (var i = 0; i < 1_000; i++)
            {
                log.Record("event", ("text", new string('x', 2_000)));
            }
        }

        Assert.InRange(new FileInfo(LogFile).Length, 10_000, 20_000);
        var last = (await File.ReadAllLinesAsync(LogFile, TestContext.Current.CancellationToken))[^1];
        Assert.Matches("\"event\":\"log-closed\",\"omitted\":\"9[0-9]{2}\"", last);
        Assert.True((await DecisionLog.VerifyAsync(LogFile, null, TestContext.Current.CancellationToken)).IsIntact);
    }

    private static byte[] Change(byte[] whole, int at, byte with, int how)
    {
        var lines = Encoding.UTF8.GetString(whole).Split('\n').ToList();
        var line = at % (lines.Count - 1);
        switch (how)
        {
            case 0:
                return [.. whole[..at], with, .. whole[(at + 1)..]];
            case 1:
                return [.. whole[..at], with, .. whole[at..]];
            case 2:
                return [.. whole[..at], .. whole[(at + 1)..]];
            case 3:
                lines.RemoveAt(line);
                break;
            default:
                (lines[line], lines[0]) = (lines[0], lines[line]);
                break;
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    private static async Task<DecisionLogCheck> CheckAsync(byte[] log, string? head)
    {
        using var stream = new MemoryStream(log);
        return await DecisionLogCheck.OfAsync(stream, head, TestContext.Current.CancellationToken);
    }

    // A short audit; answers the last chain value.
    private async Task<string> WriteAsync()
    {
        using var log = await DecisionLog.OpenAsync(_scratch.FullPath, _clock, TestContext.Current.CancellationToken);
        await using var gate = new ScopeGate(TestScopes.Of("10.0.0.0/24", "104", clock: _clock), log, _clock);
        log.Record("audit-started", ("scope", gate.Scope.Digest));
        for (var i = 0; i < 50; i++)
        {
            gate.Decide(IPAddress.Parse($"10.0.0.{i}"), 104, Rung.Connect);
        }

        for (var i = 0; i < 20; i++)
        {
            gate.Decide(IPAddress.Parse($"10.9.9.{i}"), 104, Rung.Connect);
        }

        for (var i = 0; i < 7; i++)
        {
            gate.Decide(IPAddress.Parse("10.0.0.1"), 105, Rung.Connect);
        }

        gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.NullQuery);
        gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.IdentifyingFields);
        log.Record("audit-finished");
        return log.Close();
    }
}
