using System.Collections.Concurrent;
using System.Net;
using Leadglass.Exposure.Tests.Connections;

namespace Leadglass.Exposure.Tests.Audits;

/// <summary>An audit from its scope to its document, its stages apart from one another.</summary>
public sealed class AuditRunTests : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("audit").FullName;
    private readonly List<CountingServer> _servers = [];
    private readonly ConcurrentQueue<AuditEvent> _events = new();
    private readonly Dictionary<string, ScanScope> _scopes = [];
    private ProbeDouble? _probes;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_root, "out");

    [Fact]
    public async Task EachSystemIsFoundOnceWithAllItsPorts()
    {
        var first = Listen(1);
        var second = Listen(1);
        var other = Listen(2, first);

        var document = await RunAsync($"127.9.0.0/28", [first, second], Open);

        Assert.Equal(["127.9.0.1", "127.9.0.2"], document.Findings.Select(finding => finding.Address));
        Assert.Equal(
            new[] { first, second }.Order(),
            document.Findings[0].Endpoints.Select(endpoint => endpoint.Port).Order()
        );
        Assert.Equal([other], document.Findings[1].Endpoints.Select(endpoint => endpoint.Port));
        Assert.Equal((16L, 32L, 3L), (document.Totals.Addresses, document.Totals.Ports, document.Totals.OpenPorts));
        Assert.Equal((2, 2), (document.Totals.Systems, document.Totals.OpenSystems));
        Assert.Null(document.StoppedEarly);
        Assert.All(_servers, server => Assert.Equal(1, server.MostAtOnce));
        Assert.Contains(_events, at => at.Found?.Address == "127.9.0.2");
        Assert.Equal(AuditPhase.Finished, _events.Last().Phase);
    }

    [Fact]
    public async Task ItsFilesAreItsOwnersAndItsLogIsWhole()
    {
        await RunAsync("127.9.0.0/30", [Listen(1)], Open);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Folder)
        );
        var files = Directory.GetFiles(Folder);
        Assert.Equal(
            ["audit.json", "decisions.jsonl", "findings.jsonl", "scan.jsonl"],
            files.Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.All(
            files,
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file))
        );
        var path = Path.Combine(Folder, AuditDocument.FileName);
        var head = (await AuditFile.ReadAsync(path, Cancel)).DecisionLogHead;
        var check = await DecisionLog.VerifyAsync(Path.Combine(Folder, DecisionLog.FileName), head, Cancel);
        Assert.True(check.IsIntact);
        await JsonSchemaCheck.AssertValidAsync("exposure-audit.schema.json", path);
    }

    [Fact]
    public async Task AHostThatNeverAnswersStopsNobodyElse()
    {
        var ports = Enumerable.Range(1, 12).Select(last => Listen(last)).ToList();
        var others = new TaskCompletionSource();
        var seen = 0;
        var document = await RunAsync(
            "127.9.0.0/28",
            ports,
            async (target, cancel) =>
            {
                if (target.Address.Equals(Loopback.At(1)))
                {
                    // It answers only when all the others are done: they do not wait for it.
                    await others.Task.WaitAsync(cancel);
                }
                else if (Interlocked.Increment(ref seen) == 11)
                {
                    others.SetResult();
                }
                return true;
            },
            workers: 2
        );
        Assert.Equal(12, document.Totals.Systems);
    }

    [Fact]
    public async Task AProbeThatBreaksCostsItsOwnPortOnly()
    {
        var (broken, sound) = (Listen(1), Listen(2));
        var document = await RunAsync(
            "127.9.0.0/29",
            [broken, sound],
            (target, _) =>
                target.Port == broken ? throw new InvalidOperationException("broken") : Task.FromResult<bool?>(false)
        );
        Assert.Equal(["127.9.0.2"], document.Findings.Select(finding => finding.Address));
        Assert.Equal(0, document.Totals.OpenSystems);
        Assert.Equal([new GivenUpPort("127.9.0.1", broken, "probe-failed")], document.GivenUp.Ports);
        Assert.Contains(
            "probe-failed",
            await File.ReadAllTextAsync(Path.Combine(Folder, DecisionLog.FileName), Cancel),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task AHostsTimeEndsItAndTheRestGoesOn()
    {
        var (slow, quick) = (Listen(1), Listen(2));
        var document = await RunAsync(
            "127.9.0.0/29",
            [slow, quick],
            async (target, cancel) =>
            {
                if (target.Port == slow)
                {
                    await Task.Delay(Timeout.Infinite, cancel);
                }
                return true;
            },
            hostSeconds: 1
        );
        Assert.Equal(["127.9.0.2"], document.Findings.Select(finding => finding.Address));
        Assert.Null(document.StoppedEarly);
        Assert.Equal([new GivenUpPort("127.9.0.1", slow, "host-time-over")], document.GivenUp.Ports);
    }

    [Fact]
    public async Task WhatIsCancelledKeepsWhatWasFoundAndGoesOnLater()
    {
        var ports = Enumerable.Range(1, 3).Select(last => Listen(last)).ToList();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var stopped = await RunAsync(
            "127.9.0.0/29",
            ports,
            async (target, cancel) =>
            {
                if (target.Port == ports[2])
                {
                    // It hangs while the others are done, and then somebody presses Ctrl-C.
                    while (_events.Count(at => at.Found is not null) < 2)
                    {
                        await Task.Delay(5, cancel);
                    }
                    await stop.CancelAsync();
                    await Task.Delay(Timeout.Infinite, cancel);
                }
                return true;
            },
            more: "exclusions: [127.9.0.6]",
            cancel: stop.Token
        );
        Assert.Equal("it was stopped", stopped.StoppedEarly);
        Assert.Equal(["127.9.0.1", "127.9.0.2"], stopped.Findings.Select(finding => finding.Address));

        var whole = await RunAsync("127.9.0.0/29", ports, Open, isResumed: true, more: "exclusions: [127.9.0.6]");

        Assert.Null(whole.StoppedEarly);
        Assert.Equal(stopped.Started, whole.Started);
        Assert.Equal(["127.9.0.1", "127.9.0.2", "127.9.0.3"], whole.Findings.Select(finding => finding.Address));
        // Only what was not done is probed again.
        Assert.Equal([Loopback.At(3)], _probes!.Began.Select(probe => probe.Target.Address).Distinct());
        Assert.Equal((7L, 21L), (whole.Totals.Addresses, whole.Totals.Ports));
        Assert.Equal([new RefusalCount("excluded", 3)], whole.Refusals);
    }

    [Fact]
    public async Task TheFileStopStopsIt()
    {
        var port = Listen(1);
        var document = await RunAsync(
            "127.9.0.0/30",
            [port],
            async (_, cancel) =>
            {
                await File.WriteAllTextAsync(Path.Combine(Folder, ScopeGate.StopFileName), "", cancel);
                await Task.Delay(Timeout.Infinite, cancel);
                return true;
            }
        );
        Assert.Equal("the audit was stopped", document.StoppedEarly);
    }

    [Fact]
    public async Task AnExcludedHostIsNeverConnectedToAndAnImportedStrangerNeither()
    {
        var excluded = Listen(1);
        var outside = Listen(9, excluded, third: 1);
        var inside = Listen(2, excluded);
        var list = Path.Combine(_root, "list");
        await File.WriteAllTextAsync(
            list,
            $"127.9.0.1:{excluded}\n127.9.1.9:{outside}\n127.9.0.2:{inside}\n127.9.0.3:{excluded}\n",
            Cancel
        );

        var document = await RunAsync(
            "127.9.0.0/30",
            [excluded],
            Open,
            more: "exclusions: [127.9.0.1]",
            imports: [list]
        );

        Assert.Equal(["127.9.0.2"], document.Findings.Select(finding => finding.Address));
        // Nothing listens at the fourth: it was named, tried, and is no open port.
        Assert.Equal((2L, 2L, 1L), (document.Totals.Addresses, document.Totals.Ports, document.Totals.OpenPorts));
        Assert.Equal([0, 0, 1], _servers.Select(server => server.Connections));
        Assert.Equal(
            [("excluded", 1L), ("not-in-scope", 1L)],
            document.Refusals.Select(refusal => (refusal.Rule, refusal.Count)).Order()
        );
        var log = await File.ReadAllLinesAsync(Path.Combine(Folder, DecisionLog.FileName), Cancel);
        Assert.Single(
            log,
            line =>
                line.Contains("lead-refused", StringComparison.Ordinal)
                && line.Contains("127.9.1.9", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task WhatTheHoursInterruptIsAskedAgainWhenTheyBegin()
    {
        var port = Listen(1);
        var clock = new ShiftedClock(new TimeOnly(12, 0));
        var asked = 0;
        var document = await RunAsync(
            "127.9.0.1/32",
            [port],
            async (target, cancel) =>
            {
                if (Interlocked.Increment(ref asked) == 1)
                {
                    // The hours end between two connections of one ladder, and come back after longer than a host has.
                    clock.Move(TimeSpan.FromHours(8));
                    _ = Task.Delay(1_500, cancel).ContinueWith(_ => clock.Move(TimeSpan.Zero), TaskScheduler.Default);
                    await _probes!.Dialer.DialAsync(target, Rung.NullQuery, cancel);
                }
                return true;
            },
            more: "timeWindow: { zone: UTC, from: 08:00, until: 18:00 }",
            hostSeconds: 1,
            clock: clock
        );
        Assert.Equal(2, asked);
        Assert.Equal(1, document.Totals.OpenSystems);
        Assert.Null(document.StoppedEarly);
        Assert.DoesNotContain(
            "host-time-over",
            await File.ReadAllTextAsync(Path.Combine(Folder, DecisionLog.FileName), Cancel),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task ArchivesPortsAreAskedForDicomFirstAndTheOtherProtocolFollows()
    {
        var (dicom, web) = (Listen(1), Listen(1));
        await RunAsync("127.9.0.0/30", [dicom, web], Open, webPorts: [web]);
        Assert.Equal(
            new[] { ("dicom", dicom), ("dicom", web), ("web", web) }.Order(),
            _probes!.Began.Select(probe => (probe.Protocol, probe.Target.Port)).Order()
        );
        Assert.Equal(
            ["dicom", "web"],
            _probes.Began.Where(probe => probe.Target.Port == web).Select(probe => probe.Protocol)
        );
    }

    [Theory]
    [InlineData(false, "--resume")]
    [InlineData(true, "another scope")]
    public async Task AFolderWithAnotherAuditIsRefused(bool isResumed, string said)
    {
        var port = Listen(1);
        await RunAsync("127.9.0.0/30", [port], Open);
        var refused = await Assert.ThrowsAsync<AuditException>(() =>
            RunAsync("127.9.0.0/29", [port], Open, isResumed: isResumed)
        );
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
        Directory.Delete(_root, recursive: true);
    }

    private static Task<bool?> Open(ProbeTarget target, CancellationToken cancel) => Task.FromResult<bool?>(true);

    private int Listen(int last, int port = 0, int third = 0)
    {
        _servers.Add(new CountingServer(Loopback.At(last, third), CountingServer.ReadToEndAsync, port));
        return _servers[^1].Port;
    }

    private Task<AuditDocument> RunAsync(
        string networks,
        IReadOnlyList<int> ports,
        Func<ProbeTarget, CancellationToken, Task<bool?>> queryOpen,
        string more = "",
        int workers = 8,
        int hostSeconds = 60,
        bool isResumed = false,
        IReadOnlyList<string>? imports = null,
        int[]? webPorts = null,
        TimeProvider? clock = null,
        CancellationToken? cancel = null
    )
    {
        _events.Clear();
        // A scope's text holds the time of its making: an audit goes on with the same file.
        var key = $"{networks} {more}";
        if (!_scopes.TryGetValue(key, out var scope))
        {
            scope = _scopes[key] = TestScopes.Of(
                networks,
                string.Join(',', ports.Distinct()),
                more: $"rate: {{ connectionsPerSecond: 5000, perNetwork24PerSecond: 5000, hostSeconds: {hostSeconds} }}\n{more}",
                clock: clock
            );
        }
        return AuditRun.RunAsync(
            scope,
            new AuditOptions
            {
                Folder = Folder,
                WorkersMax = workers,
                IsResumed = isResumed,
                Imports = imports ?? [],
            },
            clock ?? TimeProvider.System,
            new Sink(_events),
            (dialer, _) =>
            {
                _probes = new ProbeDouble(dialer, queryOpen);
                _probes.WebPorts.UnionWith(webPorts ?? []);
                return _probes;
            },
            cancel ?? Cancel
        );
    }

    /// <summary>Tells another time of day; waiting takes as long as ever.</summary>
    private sealed class ShiftedClock(TimeOnly time) : TimeProvider
    {
        private readonly TimeSpan _base = time.ToTimeSpan() - System.GetUtcNow().TimeOfDay;
        private long _shift;

        public override DateTimeOffset GetUtcNow() =>
            System.GetUtcNow() + _base + new TimeSpan(Interlocked.Read(ref _shift));

        public void Move(TimeSpan shift) => Interlocked.Exchange(ref _shift, shift.Ticks);
    }

    private sealed class Sink(ConcurrentQueue<AuditEvent> events) : IProgress<AuditEvent>
    {
        public void Report(AuditEvent value) => events.Enqueue(value);
    }
}
