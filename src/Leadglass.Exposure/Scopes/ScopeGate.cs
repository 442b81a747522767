using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Leadglass.Exposure;

/// <summary>What leads to an address beside walking the networks.</summary>
public enum LeadKind
{
    /// <summary>A name of the scope resolved to it.</summary>
    Name,

    /// <summary>A server pointed to it.</summary>
    Redirect,

    /// <summary>A list from another scanner named it.</summary>
    Import,
}

/// <summary>
/// Stands before every connection: asks the scope, and writes down what was decided. Connects of the first rung and refusals on the
/// walk are summed by rule and network; every probe above, and every refused name, redirect and import, has a line of its own.
/// Safe for use from many threads; an admitted connect allocates nothing.
/// </summary>
public sealed class ScopeGate : IAsyncDisposable
{
    /// <summary>A file of this name in the audit's folder stops it.</summary>
    public const string StopFileName = "STOP";

    private const int OwnLinesMax = 20_000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly DecisionLog _log;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly long[] _counts = new long[Enum.GetValues<ScopeRule>().Length];
    private readonly ConcurrentDictionary<IPAddress, ImmutableArray<ScopeName>> _named = [];
    private AddressSet _proved;
    private long _lookedAtTicks;
    private int _standing = (int)ScopeRule.Admitted;
    private int _ownLines;
    private volatile bool _isStopped;

    /// <summary>A gate for one run.</summary>
    public ScopeGate(ScanScope scope, DecisionLog log, TimeProvider clock)
    {
        (Scope, _log, _clock) = (scope, log, clock);
        _proved = scope.OwnAddresses;
        Look(clock.GetUtcNow());
        _timer = clock.CreateTimer(static gate => ((ScopeGate)gate!).OnTimer(), this, LookEvery, LookEvery);
    }

    /// <summary>The scope.</summary>
    public ScanScope Scope { get; }

    /// <summary>
    /// Whether anything may be probed now: <see cref="ScopeRule.Admitted"/>, or why nothing may. Looked at anew each second, the
    /// file <c>STOP</c> too.
    /// </summary>
    public ScopeRule Standing
    {
        get
        {
            var now = _clock.GetUtcNow();
            if (Math.Abs(now.UtcTicks - Interlocked.Read(ref _lookedAtTicks)) >= LookEvery.Ticks || _isStopped)
            {
                Look(now);
            }

            return (ScopeRule)Volatile.Read(ref _standing);
        }
    }

    /// <summary>Whether the scope still holds: neither over nor stopped. Outside its hours it holds, and waits.</summary>
    public bool IsStillValid => Standing is ScopeRule.Admitted or ScopeRule.OutsideTimeWindow;

    /// <summary>Cancelled when the audit is stopped or outlives its scope.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>How many connections were admitted and refused, by rule. Rules that nothing met are left out.</summary>
    public IReadOnlyDictionary<ScopeRule, long> Counts =>
        Enum.GetValues<ScopeRule>()
            .Select(rule => (Rule: rule, Count: Interlocked.Read(ref _counts[(int)rule])))
            .Where(entry => entry.Count > 0)
            .ToDictionary(entry => entry.Rule, entry => entry.Count);

    /// <summary>When the scope's hours begin again; now when they hold.</summary>
    public DateTimeOffset OpensAt => Scope.TimeWindow?.NextOpening(_clock.GetUtcNow()) ?? _clock.GetUtcNow();

    /// <summary>Stops the audit for good.</summary>
    public void Stop()
    {
        _isStopped = true;
        Look(_clock.GetUtcNow());
    }

    /// <summary>Decides on one connection, and counts or records the decision.</summary>
    public GateDecision Decide(IPAddress address, int port, Rung rung)
    {
        var (rule, network) = Judge(address, port, rung);
        Interlocked.Increment(ref _counts[(int)rule]);
        if (rung == Rung.Connect || Interlocked.Increment(ref _ownLines) > OwnLinesMax)
        {
            _log.Sum(rule, rung, network?.Addresses ?? Around(address));
        }
        else
        {
            Record(rule == ScopeRule.Admitted ? "admitted" : "refused", rule, address, port, rung);
        }

        return new GateDecision(rule);
    }

    /// <summary>
    /// Decides whether an address that something else than the walk leads to is taken up; each connection to it is decided on again.
    /// A refusal has a line of its own.
    /// </summary>
    /// <param name="port">The port, or 0 where none is named yet.</param>
    public GateDecision DecideLead(LeadKind kind, IPAddress address, int port, string? name = null)
    {
        var (rule, network) = Judge(address, port, Rung.Connect);
        if (rule == ScopeRule.OutsideTimeWindow)
        {
            // It waits for the hours like any other.
            rule = ScopeRule.Admitted;
        }

        Interlocked.Increment(ref _counts[(int)rule]);
        if (rule == ScopeRule.Admitted || Interlocked.Increment(ref _ownLines) > OwnLinesMax)
        {
            _log.Sum(rule, Rung.Connect, network?.Addresses ?? Around(address));
        }
        else
        {
            _log.Record(
                "lead-refused",
                ("lead", CodeOf(kind)),
                ("name", name ?? string.Empty),
                ("address", address.ToString()),
                ("port", port.ToString(CultureInfo.InvariantCulture)),
                ("rule", rule.Code)
            );
        }

        return new GateDecision(rule);
    }

    /// <summary>
    /// Records a redirect that was not followed. A name is text that the server chose, and may be a patient's: only addresses and
    /// the scope's own names are written.
    /// </summary>
    /// <param name="host">Where it points.</param>
    public void RecordRedirect(ProbeTarget from, string? host)
    {
        if (Interlocked.Increment(ref _ownLines) > OwnLinesMax)
        {
            return;
        }

        var shown = IPAddress.TryParse(host, out var address)
            ? address.ToString()
            : Scope.Names.FirstOrDefault(name => name.Host.Equals(host, StringComparison.OrdinalIgnoreCase))?.Host
                ?? "a name";
        _log.Record("lead-refused", ("lead", CodeOf(LeadKind.Redirect)), ("from", from.ToString()), ("host", shown));
    }

    /// <summary>What a probe may do at a target. Asked once for each; the decision is recorded.</summary>
    /// <param name="isThorough">Whether counting goes on to the end.</param>
    public ProbePlan PlanFor(ProbeTarget target, bool isThorough)
    {
        var rung = Rung.Connect;
        var titles = new List<string>();
        var own = new List<string>();
        if (AddressNumber.TryOf(target.Address, out var number) && Scope.NetworkTable.TryFind(number, out var network))
        {
            rung = Limit(number, network).Rung;
            var named = _named.GetValueOrDefault(target.Address, []);
            own.AddRange(named.SelectMany(name => name.CalledAeTitles));
            if (network.Addresses.Count == 1)
            {
                own.AddRange(network.CalledAeTitles);
            }

            titles.AddRange(own.Concat(network.CalledAeTitles).Distinct(StringComparer.Ordinal));
        }

        if (Interlocked.Increment(ref _ownLines) <= OwnLinesMax)
        {
            Record("planned", ScopeRule.Admitted, target.Address, target.Port, rung);
        }

        return new ProbePlan(rung, titles, Scope.TriesPublishedTitles, isThorough) { OwnAeTitles = own };
    }

    /// <summary>
    /// Resolves the scope's names, once for a run, and gives those addresses that the scope holds. An answer that leads out of it is
    /// recorded and left out, as is a name that does not resolve.
    /// </summary>
    public async Task<IReadOnlyList<ProbeAddress>> ResolveNamesAsync(INameResolver resolver, CancellationToken cancel)
    {
        var found = new List<ProbeAddress>();
        foreach (var name in Scope.Names)
        {
            if (!IsStillValid)
            {
                break;
            }

            var answers = await resolver.ResolveAsync(name.Host, cancel);
            if (answers.Count == 0)
            {
                _log.Record("name-not-resolved", ("name", name.Host));
            }

            foreach (var address in answers)
            {
                if (DecideLead(LeadKind.Name, address, 0, name.Host).IsAdmitted)
                {
                    _named.AddOrUpdate(address, [name], (_, names) => names.Contains(name) ? names : names.Add(name));
                    found.Add(new ProbeAddress(address, name.Host));
                }
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>Takes over what was proved, and records it.</summary>
    internal void TakeProofs(IReadOnlyCollection<ProofResult> results)
    {
        foreach (var result in results)
        {
            _log.Record(
                result.Holds ? "control-proved" : "control-not-proved",
                ("place", result.Claim.Place),
                ("finding", result.Finding)
            );
        }

        Volatile.Write(
            ref _proved,
            AddressSet.Of(results.SelectMany(result => result.Covered).Concat(Scope.OwnAddresses.Ranges))
        );
    }

    private static string CodeOf(LeadKind kind) =>
        kind switch
        {
            LeadKind.Name => "name",
            LeadKind.Redirect => "redirect",
            _ => "import",
        };

    private (ScopeRule Rule, ScopeNetwork? Network) Judge(IPAddress address, int port, Rung rung)
    {
        if (!AddressNumber.TryOf(address, out var number) || AddressKinds.Of(number) == AddressKind.Never)
        {
            return (ScopeRule.NeverProbed, null);
        }

        if (!Scope.NetworkTable.TryFind(number, out var network))
        {
            return (ScopeRule.NotInScope, null);
        }

        if (Scope.ExclusionSet.Contains(number))
        {
            return (ScopeRule.Excluded, network);
        }

        if (port != 0 && !Scope.Ports.Contains(port))
        {
            return (ScopeRule.PortNotListed, network);
        }

        var (highest, limit) = Limit(number, network);
        return (rung > highest ? limit : Standing, network);
    }

    // The lowest of all limits, and the rule that sets it.
    private (Rung Rung, ScopeRule Rule) Limit(UInt128 number, ScopeNetwork network)
    {
        var limit = (Rung: Scope.HighestRung, Rule: ScopeRule.AboveScope);
        var isPublic = AddressKinds.Of(number) == AddressKind.Public && !Scope.OwnAddresses.Contains(number);
        Lower(
            network.HighestRung ?? (isPublic ? ScanScope.UnprovedPublicRung : Scope.HighestRung),
            ScopeRule.AboveNetwork
        );
        if (Scope.Authorisation.RecordsBasis is null)
        {
            Lower(Rung.CountEndpoints, ScopeRule.NoRecordsBasis);
        }

        if (isPublic && !Volatile.Read(ref _proved).Contains(number))
        {
            Lower(ScanScope.UnprovedPublicRung, ScopeRule.NotProved);
        }

        if (Scope.DeviceSet.Contains(number))
        {
            Lower(ScanScope.DeviceRung, ScopeRule.Device);
        }

        return limit;

        void Lower(Rung rung, ScopeRule rule)
        {
            if (rung < limit.Rung)
            {
                limit = (rung, rule);
            }
        }
    }

    private void OnTimer()
    {
        try
        {
            Look(_clock.GetUtcNow());
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // Without its log the audit may not go on.
            _isStopped = true;
            _stopping.Cancel();
        }
    }

    private void Look(DateTimeOffset now)
    {
        var before = (ScopeRule)Volatile.Read(ref _standing);
        if (!_isStopped && before != ScopeRule.Stopped && _log.Folder is { } folder)
        {
            _isStopped = File.Exists(Path.Combine(folder, StopFileName));
        }

        var standing =
            _isStopped ? ScopeRule.Stopped
            : now < Scope.ValidFrom ? ScopeRule.NotBegun
            : now >= Scope.ValidUntil ? ScopeRule.Expired
            : Scope.TimeWindow?.Holds(now) == false ? ScopeRule.OutsideTimeWindow
            : ScopeRule.Admitted;
        Interlocked.Exchange(ref _lookedAtTicks, now.UtcTicks);
        if (Interlocked.Exchange(ref _standing, (int)standing) != (int)standing)
        {
            _log.Record("standing", ("rule", standing.Code));
        }

        if (standing is ScopeRule.Stopped or ScopeRule.Expired && !_stopping.IsCancellationRequested)
        {
            _stopping.Cancel();
        }
    }

    private void Record(string what, ScopeRule rule, IPAddress address, int port, Rung rung) =>
        _log.Record(
            what,
            ("rule", rule.Code),
            ("address", address.ToString()),
            ("port", port.ToString(CultureInfo.InvariantCulture)),
            ("rung", RungLabel.Of(rung))
        );

    // The network of a refused address that no network of the scope holds.
    private static AddressRange Around(IPAddress address)
    {
        if (!AddressNumber.TryOf(address, out var number))
        {
            AddressNumber.TryOf(address.MapToIPv4(), out number);
        }

        var hostBits = AddressNumber.IsV4(number) ? (UInt128)0xff : ulong.MaxValue;
        return new AddressRange(number & ~hostBits, number | hostBits);
    }
}
