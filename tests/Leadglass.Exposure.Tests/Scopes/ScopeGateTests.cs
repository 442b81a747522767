using System.Net;

namespace Leadglass.Exposure.Tests;

/// <summary>What may be probed: a table of scopes and targets, and each refusal with its rule.</summary>
public sealed class ScopeGateTests
{
    private const string Records = "recordsBasis";
    private readonly SetClock _clock = new();

    public static TheoryData<string, string, Rung, ScopeRule> Table { get; } =
        new()
        {
            // networks | rung of the scope | more
            { "10.0.0.0/24", "10.0.0.9:104", Rung.NullRetrieve, ScopeRule.Admitted },
            { "10.0.0.0/24", "10.0.1.0:104", Rung.Connect, ScopeRule.NotInScope },
            { "10.0.0.0/24", "9.255.255.255:104", Rung.Connect, ScopeRule.NotInScope },
            { "10.0.0.0/24", "10.0.0.9:105", Rung.Connect, ScopeRule.PortNotListed },
            { "10.0.0.0/24", "10.0.0.9:104", Rung.CountEndpoints, ScopeRule.AboveScope },
            { "10.0.0.0/24", "[::ffff:10.0.0.9]:104", Rung.Connect, ScopeRule.NeverProbed },
            { "10.0.0.0/24", "224.0.0.1:104", Rung.Connect, ScopeRule.NeverProbed },
            { "10.0.0.0/24", "255.255.255.255:104", Rung.Connect, ScopeRule.NeverProbed },
            { "10.0.0.0/24", "0.0.0.0:104", Rung.Connect, ScopeRule.NeverProbed },
            { "10.0.0.0/24", "[::]:104", Rung.Connect, ScopeRule.NeverProbed },
            { "10.0.0.0/24", "[64:ff9b::a00:9]:104", Rung.Connect, ScopeRule.NeverProbed },
            { "10.0.0.0/24", "[2002:a00:9::1]:104", Rung.Connect, ScopeRule.NeverProbed },
            { "10.0.0.0/24 - exclusions: [10.0.0.8/30]", "10.0.0.9:104", Rung.Connect, ScopeRule.Excluded },
            { "10.0.0.0/24 - exclusions: [10.0.0.8/30]", "10.0.0.12:104", Rung.Connect, ScopeRule.Admitted },
            { "10.0.0.0/24 - devices: [10.0.0.9]", "10.0.0.9:104", Rung.Identify, ScopeRule.Admitted },
            { "10.0.0.0/24 - devices: [10.0.0.9]", "10.0.0.9:104", Rung.Echo, ScopeRule.Device },
            { "10.0.0.0/24 - devices: [10.0.0.9]", "10.0.0.10:104", Rung.Echo, ScopeRule.Admitted },
            { "203.0.113.0/24", "203.0.113.9:104", Rung.Echo, ScopeRule.Admitted },
            { "203.0.113.0/24", "203.0.113.9:104", Rung.NullQuery, ScopeRule.AboveNetwork },
            {
                "{ addresses: 203.0.113.0/24; highestRung: 4 } - proofOfControl: [{reverse: 203.0.113.0/24}]",
                "203.0.113.9:104",
                Rung.NullQuery,
                ScopeRule.NotProved
            },
            { "{ addresses: 10.0.0.0/24; highestRung: 1 }", "10.0.0.9:104", Rung.Echo, ScopeRule.AboveNetwork },
            {
                "10.0.0.0/24, { addresses: 10.0.0.8/30; highestRung: 1 }",
                "10.0.0.9:104",
                Rung.Echo,
                ScopeRule.AboveNetwork
            },
            {
                "10.0.0.0/24, { addresses: 10.0.0.8/30; highestRung: 1 }",
                "10.0.0.7:104",
                Rung.Echo,
                ScopeRule.Admitted
            },
            { "fd00::/64", "[fd00::9]:104", Rung.NullRetrieve, ScopeRule.Admitted },
            { "fd00::/64", "[fd00:0:0:1::9]:104", Rung.Connect, ScopeRule.NotInScope },
            { "127.0.0.0/8, ::1", "[::1]:104", Rung.NullRetrieve, ScopeRule.Admitted },
        };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Each_connection_follows_a_rule(string networksAndMore, string target, Rung rung, ScopeRule rule)
    {
        var parts = networksAndMore.Split(" - ");
        var scope = TestScopes.Of(parts[0], "104", more: parts.Length > 1 ? parts[1] : "", clock: _clock);
        var endpoint = IPEndPoint.Parse(target);
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(scope, log, _clock);
        var decision = gate.Decide(endpoint.Address, endpoint.Port, rung);
        Assert.Equal(rule, decision.Rule);
        Assert.Equal(rule == ScopeRule.Admitted, decision.IsAdmitted);
        Assert.Equal(1, gate.Counts[rule]);
    }

    [Fact]
    public async Task Records_are_received_only_on_a_basis_of_their_own()
    {
        var text = TestScopes.Text("10.0.0.0/24", "104", "5b");
        var with = text.Replace("  basis:", $"  {Records}: order\n  basis:", StringComparison.Ordinal);
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(Read(with), log, _clock);
        Assert.Equal(ScopeRule.Admitted, gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.CountRecords).Rule);
        Assert.Equal(ScopeRule.AboveScope, gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.IdentifyingFields).Rule);
        Assert.Throws<ScopeException>(() => Read(text));
    }

    [Fact]
    public async Task An_audit_that_outlives_its_scope_stops()
    {
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(TestScopes.Of("10.0.0.0/24", "104", clock: _clock), log, _clock);
        Assert.True(gate.IsStillValid);
        _clock.Now = gate.Scope.ValidUntil;
        Assert.Equal(ScopeRule.Expired, gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.Connect).Rule);
        Assert.False(gate.IsStillValid);
        Assert.True(gate.Stopping.IsCancellationRequested);
    }

    [Fact]
    public async Task A_file_named_stop_ends_it()
    {
        using var scratch = new Testing.Processes.ScratchFolder("scope-stop");
        using var log = await DecisionLog.OpenAsync(scratch.FullPath, _clock, TestContext.Current.CancellationToken);
        await using var gate = new ScopeGate(TestScopes.Of("10.0.0.0/24", "104", clock: _clock), log, _clock);
        Assert.True(gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.Connect).IsAdmitted);
        await File.WriteAllTextAsync(scratch.File("STOP"), "", TestContext.Current.CancellationToken);
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(ScopeRule.Stopped, gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.Connect).Rule);
        Assert.True(gate.Stopping.IsCancellationRequested);
        File.Delete(scratch.File("STOP"));
        _clock.Now += TimeSpan.FromSeconds(2);
        Assert.False(gate.IsStillValid);
    }

    [Fact]
    public async Task Outside_its_hours_nothing_is_probed_and_the_audit_waits()
    {
        var scope = TestScopes.Of(
            "10.0.0.0/24",
            "104",
            more: "timeWindow: {zone: Europe/Berlin, from: 22:00, until: 05:00, weekdays: [mon]}",
            clock: _clock
        );
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(scope, log, _clock);
        Assert.Equal(ScopeRule.OutsideTimeWindow, gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.Connect).Rule);
        Assert.True(gate.IsStillValid);
        Assert.True(gate.DecideLead(LeadKind.Import, IPAddress.Parse("10.0.0.1"), 104).IsAdmitted);
        // Monday 22:00 in Berlin in winter.
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 21, 0, 0, TimeSpan.Zero), gate.OpensAt);
        _clock.Now = gate.OpensAt;
        Assert.True(gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.Connect).IsAdmitted);
        // Tuesday morning belongs to Monday's window.
        _clock.Now += TimeSpan.FromHours(6.9);
        Assert.True(gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.Connect).IsAdmitted);
        _clock.Now += TimeSpan.FromHours(0.1);
        Assert.False(gate.Decide(IPAddress.Parse("10.0.0.1"), 104, Rung.Connect).IsAdmitted);
    }

    [Fact]
    public async Task An_answer_of_the_dns_does_not_lead_out_of_the_scope()
    {
        var scope = TestScopes.Of(
            "10.0.0.0/24",
            "104",
            more: "names: [{host: pacs.hospital.example, calledAeTitles: [BY-NAME]}, gone.hospital.example]\nexclusions: [10.0.0.7]",
            clock: _clock
        );
        using var scratch = new Testing.Processes.ScratchFolder("scope-names");
        using (var log = await DecisionLog.OpenAsync(scratch.FullPath, _clock, TestContext.Current.CancellationToken))
        {
            await using var gate = new ScopeGate(scope, log, _clock);
            var found = await gate.ResolveNamesAsync(
                new Answers("10.0.0.5", "192.0.2.66", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.6", "10.0.0.7"),
                TestContext.Current.CancellationToken
            );
            Assert.Equal([new ProbeAddress(IPAddress.Parse("10.0.0.5"), "pacs.hospital.example")], found);
            Assert.False(gate.Decide(IPAddress.Parse("192.0.2.66"), 104, Rung.Connect).IsAdmitted);
            Assert.Equal(
                ["BY-NAME"],
                gate.PlanFor(new ProbeTarget(found[0].Address, 104), isThorough: false).CalledAeTitles
            );
        }

        var lines = await File.ReadAllLinesAsync(
            scratch.File(DecisionLog.FileName),
            TestContext.Current.CancellationToken
        );
        foreach (
            var (address, rule) in ((string, string)[])
                [
                    ("192.0.2.66", "not-in-scope"),
                    ("127.0.0.1", "not-in-scope"),
                    ("169.254.169.254", "not-in-scope"),
                    ("::ffff:10.0.0.6", "never-probed"),
                    ("10.0.0.7", "excluded"),
                ]
        )
        {
            Assert.Contains(
                lines,
                line =>
                    line.Contains(
                        $"\"event\":\"lead-refused\",\"lead\":\"name\",\"name\":\"pacs.hospital.example\",\"address\":\"{address}\",\"port\":\"0\",\"rule\":\"{rule}\"",
                        StringComparison.Ordinal
                    )
            );
        }

        Assert.Contains(
            lines,
            line => line.Contains("\"name-not-resolved\",\"name\":\"gone.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task An_imported_list_and_a_redirect_do_not_lead_out_of_the_scope()
    {
        using var scratch = new Testing.Processes.ScratchFolder("scope-leads");
        using (var log = await DecisionLog.OpenAsync(scratch.FullPath, _clock, TestContext.Current.CancellationToken))
        {
            await using var gate = new ScopeGate(
                TestScopes.Of("10.0.0.0/24", "104", more: "names: [pacs.hospital.example]", clock: _clock),
                log,
                _clock
            );
            Assert.True(gate.DecideLead(LeadKind.Import, IPAddress.Parse("10.0.0.5"), 104).IsAdmitted);
            Assert.False(gate.DecideLead(LeadKind.Import, IPAddress.Parse("10.0.1.5"), 104).IsAdmitted);
            Assert.False(gate.DecideLead(LeadKind.Import, IPAddress.Parse("10.0.0.5"), 22).IsAdmitted);
            var from = new ProbeTarget(IPAddress.Parse("10.0.0.5"), 104);
            gate.RecordRedirect(from, "192.0.2.66");
            gate.RecordRedirect(from, "PACS.hospital.example");
            gate.RecordRedirect(from, "mustermann-erika-19700101.example");
        }

        var text = await File.ReadAllTextAsync(
            scratch.File(DecisionLog.FileName),
            TestContext.Current.CancellationToken
        );
        Assert.Contains(
            "\"lead\":\"import\",\"name\":\"\",\"address\":\"10.0.1.5\",\"port\":\"104\",\"rule\":\"not-in-scope\"",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\"address\":\"10.0.0.5\",\"port\":\"22\",\"rule\":\"port-not-listed\"",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("\"from\":\"10.0.0.5:104\",\"host\":\"192.0.2.66\"", text, StringComparison.Ordinal);
        Assert.Contains("\"from\":\"10.0.0.5:104\",\"host\":\"pacs.hospital.example\"", text, StringComparison.Ordinal);
        Assert.Contains("\"from\":\"10.0.0.5:104\",\"host\":\"a name\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("mustermann", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_title_is_a_hosts_own_where_its_network_has_one_address_or_a_name_leads_to_it()
    {
        var scope = TestScopes.Of(
            "{ addresses: 10.0.0.0/24; calledAeTitles: [SHARED] }, { addresses: 10.0.0.9/32; calledAeTitles: [ALONE] }",
            "104",
            more: "names: [{host: pacs.hospital.example, calledAeTitles: [BY-NAME]}]",
            clock: _clock
        );
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(scope, log, _clock);
        await gate.ResolveNamesAsync(new Answers("10.0.0.5"), TestContext.Current.CancellationToken);
        var plans = new[] { "10.0.0.1", "10.0.0.5", "10.0.0.9" }
            .Select(address => gate.PlanFor(new ProbeTarget(IPAddress.Parse(address), 104), isThorough: false))
            .ToArray();
        Assert.Equal(
            ["SHARED", "BY-NAME SHARED", "ALONE"],
            plans.Select(plan => string.Join(' ', plan.CalledAeTitles))
        );
        Assert.Equal(["", "BY-NAME", "ALONE"], plans.Select(plan => string.Join(' ', plan.OwnAeTitles)));
    }

    [Fact]
    public async Task A_plan_says_what_holds_at_the_target()
    {
        var scope = TestScopes.Of(
            "{ addresses: 10.0.0.0/24; calledAeTitles: [WIDE] }, { addresses: 10.0.0.8/30; highestRung: 2; calledAeTitles: [NARROW] }",
            "104",
            more: "devices: [10.0.0.9]\ntriesPublishedTitles: true",
            clock: _clock
        );
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(scope, log, _clock);
        var plans = new[] { "10.0.0.1", "10.0.0.8", "10.0.0.9", "10.9.9.9" }
            .Select(address => gate.PlanFor(new ProbeTarget(IPAddress.Parse(address), 104), isThorough: true))
            .ToArray();
        Assert.Equal(
            [Rung.NullRetrieve, Rung.Echo, Rung.Identify, Rung.Connect],
            plans.Select(plan => plan.HighestRung)
        );
        Assert.Equal(["WIDE", "NARROW", "NARROW", ""], plans.Select(plan => string.Join(' ', plan.CalledAeTitles)));
        Assert.All(plans, plan => Assert.Empty(plan.OwnAeTitles));
        Assert.All(plans, plan => Assert.True(plan is { TriesPublishedTitles: true, IsThorough: true }));
    }

    [Fact]
    public async Task An_admitted_connect_allocates_nothing()
    {
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(TestScopes.Of("10.0.0.0/8", "104", clock: _clock), log, _clock);
        var address = IPAddress.Parse("10.1.2.3");
        gate.Decide(address, 104, Rung.Connect);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            gate.Decide(address, 104, Rung.Connect);
        }

        // What a first pass sets up once is not the connects': less than a byte for each.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 9_999);
    }

    [Fact]
    public async Task A_program_may_look_at_itself_and_at_nobody_else()
    {
        var scope = ScanScope.OfOwnListeners([new IPEndPoint(IPAddress.Loopback, 2762)], Rung.NullRetrieve, _clock);
        using var log = DecisionLog.WithoutFile(_clock);
        await using var gate = new ScopeGate(scope, log, _clock);
        Assert.True(gate.Decide(IPAddress.Loopback, 2762, Rung.NullRetrieve).IsAdmitted);
        Assert.Equal(ScopeRule.NotInScope, gate.Decide(IPAddress.Parse("127.0.0.2"), 2762, Rung.Connect).Rule);
        Assert.Equal(ScopeRule.PortNotListed, gate.Decide(IPAddress.Loopback, 2763, Rung.Connect).Rule);
        Assert.Equal(ScopeRule.AboveScope, gate.Decide(IPAddress.Loopback, 2762, Rung.CountEndpoints).Rule);
        Assert.Throws<ScopeException>(() =>
            ScanScope.OfOwnListeners([new IPEndPoint(IPAddress.Parse("203.0.113.1"), 2762)], Rung.Echo, _clock)
        );
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            ScanScope.OfOwnListeners([new IPEndPoint(IPAddress.Loopback, 2762)], Rung.CountRecords, _clock)
        );
    }

    private ScanScope Read(string text) =>
        ScopeReader.Parse(System.Text.Encoding.UTF8.GetBytes(text), "scope.yaml", _clock);

    private sealed class Answers(params string[] addresses) : INameResolver
    {
        public Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel) =>
            Task.FromResult<IReadOnlyList<IPAddress>>(
                host.StartsWith("gone", StringComparison.Ordinal) ? [] : [.. addresses.Select(IPAddress.Parse)]
            );
    }
}
