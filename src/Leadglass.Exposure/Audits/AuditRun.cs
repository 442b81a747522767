using System.Net;
using System.Reflection;

namespace Leadglass.Exposure;

/// <summary>
/// One audit, in stages that do not wait for one another: discovery finds open ports; workers probe one host each, one port
/// after another; findings are written as they come. A host that is slow, silent or hostile costs one worker its time.
/// </summary>
public sealed class AuditRun : IScanSink
{
    private static readonly TimeSpan RecordEvery = TimeSpan.FromSeconds(1);

    private readonly ScanScope _scope;
    private readonly AuditOptions _options;
    private readonly TimeProvider _clock;
    private readonly IProgress<AuditEvent>? _progress;
    private readonly ScopeGate _gate;
    private readonly DecisionLog _log;
    private readonly AuditRecord _record;
    private readonly AuditProbes _probes;
    private readonly ProbeDialer _dialer;
    private readonly ScanSpace _space;
    private readonly HostBacklog _backlog = new();
    private readonly ScanRate _rate;
    private readonly Dictionary<IPAddress, string> _names = [];
    private ConnectScan? _scan;
    private long _imported;

    private AuditRun(
        ScanScope scope,
        AuditOptions options,
        TimeProvider clock,
        IProgress<AuditEvent>? progress,
        DecisionLog log,
        AuditRecord record,
        Products products
    )
    {
        (_scope, _options, _clock, _progress, _log, _record) = (scope, options, clock, progress, log, record);
        _gate = new ScopeGate(scope, log, clock);
        _dialer = new ProbeDialer(
            (target, rung) =>
                _gate.Decide(target.Address, target.Port, rung) is { IsAdmitted: false } refused ? refused.Reason : null,
            LimitsOf(scope.Rate, options),
            clock
        );
        _probes = new AuditProbes(_dialer, scope, products, clock);
        _space = new ScanSpace(scope.Targets, scope.Ports.Ports, options.Shard, record.Identity.Seed);
        _rate = new ScanRate(clock);
    }

    bool IScanSink.HasRoom => _backlog.HasRoom;

    bool IScanSink.MayProbe => _gate.Standing == ScopeRule.Admitted;

    private ScanPosition Position => _scan?.State.Done ?? _record.Position;

    /// <summary>
    /// Makes an audit and writes its document. An audit that is cancelled, stopped, or outlives its scope ends its associations,
    /// keeps what it found and says so in the document.
    /// </summary>
    /// <param name="progress">Told about twice a second and at each finding; from any thread.</param>
    /// <param name="cancel">Ends it politely.</param>
    /// <exception cref="AuditException">It cannot begin.</exception>
    /// <exception cref="IOException">Its files cannot be written.</exception>
    public static async Task<AuditDocument> RunAsync(
        ScanScope scope,
        AuditOptions options,
        TimeProvider clock,
        IProgress<AuditEvent>? progress,
        CancellationToken cancel
    )
    {
        var products = new Products(FingerprintFile.Read(options.FingerprintFile));
        var imports = await ImportedList.DigestAsync(options.Imports, cancel);
        var isResumed = AuditFolder.Open(options.Folder, options.IsResumed);
        using var log = await OpenLogAsync(options.Folder, clock, cancel);
        using var record = await AuditRecord.OpenAsync(
            options.Folder,
            isResumed,
            new ScanIdentity
            {
                ScopeDigest = scope.Digest,
                Mode = ModeOf(options),
                Shard = options.Shard.ToString(),
                Imports = imports,
                Seed = AuditRecord.NewSeed(),
                Started = clock.GetUtcNow(),
            },
            cancel
        );
        var run = new AuditRun(scope, options, clock, progress, log, record, products);
        using (run._gate)
        {
            return await run.RunAsync(isResumed, cancel);
        }
    }

    void IScanSink.Found(IPAddress address, int port) => Found(address, port);

    private void Found(IPAddress address, int port)
    {
        foreach (var each in _record.Found(address, port))
        {
            _backlog.Add(address, each);
        }
    }

    private async Task<AuditDocument> RunAsync(bool isResumed, CancellationToken cancel)
    {
        _log.Record(
            isResumed ? "audit-resumed" : "audit-started",
            ("scope", _scope.Digest),
            ("mode", ModeOf(_options)),
            ("shard", _options.Shard.ToString())
        );
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, _gate.Stopping);
        var watching = WatchAsync(stop.Token);
        string? stopped = null;
        try
        {
            await ProveAndResolveAsync(stop.Token);
            var workers = Task.WhenAll(
                Enumerable.Range(0, Math.Clamp(_options.WorkersMax, 1, 256)).Select(_ => WorkAsync(stop.Token))
            );
            var discovering = DiscoverAsync(stop);
            await Task.WhenAll(discovering, workers);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            stopped = cancel.IsCancellationRequested ? "it was stopped" : _gate.Standing.Reason;
        }
        finally
        {
            await stop.CancelAsync();
            await watching;
        }
        return await FinishAsync(stopped);
    }

    private async Task ProveAndResolveAsync(CancellationToken cancel)
    {
        foreach (var found in await _gate.ResolveNamesAsync(new SystemNameResolver(), cancel))
        {
            _names.TryAdd(found.Address, found.Name);
        }
    }

    private async Task DiscoverAsync(CancellationTokenSource stop)
    {
        try
        {
            foreach (var (address, ports) in _record.Unfinished)
            {
                await RoomAsync(stop.Token);
                foreach (var port in ports)
                {
                    _backlog.Add(address, port);
                }
            }
            if (_options.Imports.Count > 0)
            {
                await ImportAsync(stop.Token);
            }
            else
            {
                await NamedAsync(stop.Token);
                _scan = new ConnectScan(_space, _dialer, this, _record.Position);
                await _scan.RunAsync(stop.Token);
            }
            _backlog.Complete();
        }
        catch
        {
            // The workers would wait for hosts that nobody finds.
            await stop.CancelAsync();
            throw;
        }
    }

    // Addresses of names in networks that are too large to be walked.
    private async Task NamedAsync(CancellationToken cancel)
    {
        foreach (var address in _names.Keys.Where(address => !_scope.IsWalkedTo(address)))
        {
            await RoomAsync(cancel);
            foreach (var port in _scope.Ports.Ports)
            {
                Found(address, port);
            }
        }
    }

    private async Task ImportAsync(CancellationToken cancel)
    {
        foreach (var path in _options.Imports)
        {
            await foreach (var entry in ImportedList.ReadAsync(path, cancel))
            {
                if (!_options.Shard.Holds(entry.Address))
                {
                    continue;
                }
                IReadOnlyList<int> ports = entry.Port is { } port ? [port] : _scope.Ports.Ports;
                foreach (var each in ports)
                {
                    Interlocked.Increment(ref _imported);
                    if (_gate.DecideLead(LeadKind.Import, entry.Address, each).IsAdmitted)
                    {
                        await RoomAsync(cancel);
                        Found(entry.Address, each);
                    }
                }
            }
        }
    }

    private async Task RoomAsync(CancellationToken cancel)
    {
        while (!_backlog.HasRoom)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _clock, cancel);
        }
    }

    private async Task WorkAsync(CancellationToken cancel)
    {
        await foreach (var address in _backlog.HostsAsync(cancel))
        {
            await VisitAsync(address, cancel);
        }
    }

    private async Task VisitAsync(IPAddress address, CancellationToken cancel)
    {
        var visit = _probes.Visit(address, _gate, _log, _options.IsThorough);
        using var late = new CancellationTokenSource(_options.HostTime, _clock);
        var name = _names.GetValueOrDefault(address);
        try
        {
            while (true)
            {
                if (_backlog.Next(address, static () => { }) is not { } port)
                {
                    break;
                }
                await OpenHoursAsync(cancel);
                await visit.ProbeAsync(port, name, late.Token, cancel);
            }
            await visit.AskAgainAsync(late.Token, cancel);
        }
        finally
        {
            // What a stopped audit saw of a host is a finding too; the host is not done then.
            Keep(visit, isDone: !cancel.IsCancellationRequested);
        }
    }

    private void Keep(HostVisit visit, bool isDone)
    {
        var finding = _probes.ToFinding(visit.System);
        _record.Done(visit.Address, finding, isDone);
        if (finding is not null)
        {
            _progress?.Report(EventOf(AuditPhase.Discovering) with { Found = finding });
        }
    }

    private async Task OpenHoursAsync(CancellationToken cancel)
    {
        while (_gate.Standing == ScopeRule.OutsideTimeWindow)
        {
            await Task.Delay(RecordEvery, _clock, cancel);
        }
    }

    private async Task WatchAsync(CancellationToken cancel)
    {
        var written = _record.Position;
        using var timer = new PeriodicTimer(RecordEvery / 2, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
            {
                _rate.Note(Position.Step);
                if (Position != written)
                {
                    written = Position;
                    _record.At(written);
                }
                _progress?.Report(EventOf(PhaseNow()));
            }
        }
        catch (OperationCanceledException)
        {
            // The audit is over.
        }
    }

    private AuditPhase PhaseNow() =>
        _gate.Standing == ScopeRule.OutsideTimeWindow ? AuditPhase.Waiting
        : Position.Step < _space.Steps && _options.Imports.Count == 0 ? AuditPhase.Discovering
        : AuditPhase.Probing;

    private AuditEvent EventOf(AuditPhase phase)
    {
        var (systems, open) = _record.Systems;
        var total = _options.Imports.Count == 0 ? _space.Steps : Interlocked.Read(ref _imported);
        return new AuditEvent(
            phase,
            _options.Imports.Count == 0 ? Position.Step : total,
            total,
            _rate.PerSecond,
            _options.Imports.Count == 0 ? _rate.LeftFor(total - Position.Step) : null,
            _record.OpenPorts,
            _backlog.Count,
            systems,
            open
        );
    }

    private async Task<AuditDocument> FinishAsync(string? stopped)
    {
        _record.At(Position);
        var findings = _record.Findings;
        var isWalked = _options.Imports.Count == 0;
        var document = new AuditDocument
        {
            Tool = $"Leadglass {typeof(AuditRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}",
            Scope = _probes.Declaration,
            Started = _record.Identity.Started,
            Finished = _clock.GetUtcNow(),
            Mode = ModeOf(_options),
            Shard = _options.Shard.ToString(),
            StoppedEarly = stopped,
            Totals = AuditTotals.Of(
                findings,
                isWalked ? Position.Addresses : _record.OpenHosts,
                isWalked ? Position.Tried : _record.OpenPorts,
                _record.OpenPorts
            ),
            Refusals =
            [
                .. _gate
                    .Counts.Where(entry => entry.Key != ScopeRule.Admitted)
                    .OrderBy(entry => entry.Key)
                    .Select(entry => new RefusalCount(entry.Key.Code, entry.Value)),
            ],
            Findings = findings,
        };
        _log.Record(stopped is null ? "audit-finished" : "audit-stopped", ("reason", stopped ?? ""));
        // It is written even where the audit was cancelled.
        await document.WriteAsync(Path.Combine(_options.Folder, AuditDocument.FileName), CancellationToken.None);
        _progress?.Report(EventOf(AuditPhase.Finished));
        return document;
    }

    private static string ModeOf(AuditOptions options) => options.IsThorough ? "thorough" : "polite";

    private static ConnectionLimits LimitsOf(ScopeRate rate, AuditOptions options) =>
        new()
        {
            PerSecond = rate.ConnectionsPerSecond,
            PerNetworkPerSecond = rate.PerNetwork24PerSecond,
            InFlightMax = rate.InFlight,
            ConnectTime = TimeSpan.FromMilliseconds(rate.TimeoutMilliseconds),
            HostTime = options.HostTime,
        };

    private static async Task<DecisionLog> OpenLogAsync(string folder, TimeProvider clock, CancellationToken cancel)
    {
        try
        {
            return await DecisionLog.OpenAsync(folder, clock, cancel);
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException)
        {
            throw new AuditException(failure.Message, failure);
        }
    }
}
