using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using System.Runtime.ExceptionServices;

namespace Leadglass.Exposure;

/// <summary>
/// One audit, in stages that do not wait for one another: discovery finds open ports; workers probe one host each, one port
/// after another; findings are written as they come. A host that is slow, silent or hostile costs one worker its time.
/// </summary>
public sealed partial class AuditRun : IScanSink
{
    // A host that listens at more ports than that is no archive; each finding is written whole when another port is probed.
    private const int PortsOfHostMax = 128;

    // Systems whose answers are kept in memory in case that another of their ports is found.
    private const int VisitsMax = 20_000;

    private static readonly TimeSpan RecordEvery = TimeSpan.FromSeconds(1);

    private readonly ScanScope _scope;
    private readonly AuditOptions _options;
    private readonly TimeProvider _clock;
    private readonly IProgress<AuditEvent>? _progress;
    private readonly ScopeGate _gate;
    private readonly DecisionLog _log;
    private readonly AuditRecord _record;
    private readonly IHostProbes _probes;
    private readonly ProbeDialer _dialer;
    private readonly ScanSpace _space;
    private readonly HostBacklog _backlog = new();
    private readonly ScanRate _rate;
    private readonly Dictionary<IPAddress, string> _names = [];
    private readonly ConcurrentDictionary<IPAddress, HostVisit> _visits = new();
    private readonly ConcurrentDictionary<(IPAddress Address, int Port), byte> _listening = new();
    private readonly ConcurrentDictionary<(IPAddress Address, int Port), string> _givenUp = new();
    private readonly ConcurrentDictionary<IPAddress, HostClock> _clocks = new();
    private ConnectScan? _scan;
    private long _imported;

    private AuditRun(
        ScanScope scope,
        AuditOptions options,
        TimeProvider clock,
        IProgress<AuditEvent>? progress,
        ScopeGate gate,
        DecisionLog log,
        AuditRecord record,
        Func<IProbeDialer, ScopeGate, IHostProbes> probes
    )
    {
        (_scope, _options, _clock, _progress, _log, _record) = (scope, options, clock, progress, log, record);
        _gate = gate;
        _dialer = new ProbeDialer(
            (target, rung) =>
                _gate.Decide(target.Address, target.Port, rung) is { IsAdmitted: false } refused
                    ? refused.Reason
                    : null,
            LimitsOf(scope.Rate),
            clock,
            () => _gate.Standing is var standing && standing == ScopeRule.Admitted ? null : standing.Reason
        )
        {
            Connected = target => _listening.TryAdd((target.Address, target.Port), 0),
            ShareUsedUp = target => GiveUp(target, "host-share-used"),
            Waiting = (host, isWaiting) =>
            {
                if (!_clocks.TryGetValue(host, out var hostClock))
                {
                    return;
                }
                if (isWaiting)
                {
                    hostClock.Pause();
                }
                else
                {
                    hostClock.Resume();
                }
            },
        };
        _probes = probes(_dialer, gate);
        _space = new ScanSpace(scope.Targets, scope.Ports.Ports, options.Shard, record.Identity.Seed);
        _rate = new ScanRate(clock);
    }

    bool IScanSink.HasRoom => _backlog.HasRoom;

    bool IScanSink.MayProbe => _gate.Standing == ScopeRule.Admitted;

    private ScanPosition Position => _scan?.State.Done ?? _record.Position;

    private long Probed => _scan?.State.Finished ?? _record.Position.Step;

    /// <summary>
    /// Makes an audit and writes its document. An audit that is cancelled, stopped, or outlives its scope ends its associations,
    /// keeps what it found and says so in the document.
    /// </summary>
    /// <param name="progress">Told about twice a second and at each finding; from any thread.</param>
    /// <param name="cancel">Ends it politely.</param>
    /// <exception cref="AuditException">It cannot begin.</exception>
    /// <exception cref="IOException">Its files cannot be written.</exception>
    /// <exception cref="ProductFileException">The fingerprints have mistakes.</exception>
    public static Task<AuditDocument> RunAsync(
        ScanScope scope,
        AuditOptions options,
        TimeProvider clock,
        IProgress<AuditEvent>? progress,
        CancellationToken cancel
    )
    {
        AuditPreparation.Begin();
        // A user's file with mistakes ends here, before anything is sent.
        var fingerprints = options.FingerprintFile is { } file ? FingerprintFile.Read(file) : null;
        return RunAsync(
            scope,
            options,
            clock,
            progress,
            (dialer, gate) => new AuditProbes(dialer, gate, fingerprints, clock),
            cancel
        );
    }

    /// <summary>The same with other probes.</summary>
    internal static async Task<AuditDocument> RunAsync(
        ScanScope scope,
        AuditOptions options,
        TimeProvider clock,
        IProgress<AuditEvent>? progress,
        Func<IProbeDialer, ScopeGate, IHostProbes> probes,
        CancellationToken cancel
    )
    {
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
        await using var gate = new ScopeGate(scope, log, clock);
        return await new AuditRun(scope, options, clock, progress, gate, log, record, probes).RunAsync(
            isResumed,
            cancel
        );
    }

    void IScanSink.Found(IPAddress address, int port) => Found(address, port, isSeen: true);

    private void Found(IPAddress address, int port, bool isSeen)
    {
        foreach (var each in _record.Found(address, port, isSeen))
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
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancel, _gate.Stopping);
        var stop = new AuditStop(source);
        var watching = WatchAsync(stop);
        await ProveAndResolveAsync(stop);
        var workers = Enumerable.Range(0, Math.Clamp(_options.WorkersMax, 1, 256)).Select(_ => WorkAsync(stop));
        await Task.WhenAll([DiscoverAsync(stop), .. workers]);
        var isWhole = !stop.Token.IsCancellationRequested;
        await stop.StopAsync();
        await watching;
        if (stop.Failure is not null)
        {
            ExceptionDispatchInfo.Throw(stop.Failure);
        }
        return await FinishAsync(
            isWhole ? null
            : cancel.IsCancellationRequested ? "it was stopped"
            : _gate.Standing.Reason
        );
    }

    private async Task DiscoverAsync(AuditStop stop)
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
        catch (Exception failure)
        {
            await stop.EndedAsync(failure);
        }
    }

    private async Task WorkAsync(AuditStop stop)
    {
        try
        {
            await foreach (var address in _backlog.HostsAsync(stop.Token))
            {
                var visit = VisitOf(address);
                do
                {
                    await ProbeAsync(visit, stop.Token);
                } while (!_backlog.TryGiveUp(address));
            }
        }
        catch (Exception failure)
        {
            await stop.EndedAsync(failure);
        }
    }

    private async Task ProbeAsync(HostVisit visit, CancellationToken cancel)
    {
        using var hostClock = new HostClock(_dialer.Limits.HostTime, _clock);
        _clocks[visit.Address] = hostClock;
        try
        {
            while (_backlog.Next(visit.Address) is { } port)
            {
                if (visit.Ports.Count >= PortsOfHostMax)
                {
                    _record.Done(visit.Address, port, isListening: true, "too-many-ports");
                    continue;
                }
                while (!await ProbeAsync(visit, port, hostClock, cancel))
                {
                    // The hours ended meanwhile: it is asked again when they begin.
                }
            }
            await OpenHoursAsync(cancel);
            hostClock.Resume();
            await visit.AskAgainAsync(hostClock.Late, cancel);
        }
        finally
        {
            _clocks.TryRemove(visit.Address, out _);
            // What a stopped audit saw of a host counts too, though the port it was at is not done.
            Keep(visit);
        }
    }

    private async Task<bool> ProbeAsync(HostVisit visit, int port, HostClock hostClock, CancellationToken cancel)
    {
        await OpenHoursAsync(cancel);
        hostClock.Resume();
        try
        {
            var name = _names.GetValueOrDefault(visit.Address);
            var isDone = await visit.ProbeAsync(port, name, hostClock.Late, cancel);
            cancel.ThrowIfCancellationRequested();
            return isDone;
        }
        finally
        {
            hostClock.Pause();
        }
    }

    // A host whose next port is found later is one system: what it showed is kept for it, or asked again.
    private HostVisit VisitOf(IPAddress address) =>
        _visits.TryRemove(address, out var before)
            ? before
            : new HostVisit(address, _gate, _log, _probes, _options.IsThorough) { GivenUp = GiveUp };

    private void GiveUp(ProbeTarget target, string reason) => _givenUp.TryAdd((target.Address, target.Port), reason);

    private void Keep(HostVisit visit)
    {
        var system = visit.System;
        if (system.ToFinding(_probes.Identify(system), _scope) is { } finding)
        {
            if (_record.Keep(finding))
            {
                _progress?.Report(EventOf(PhaseNow()) with { Found = finding });
            }
        }
        foreach (var port in visit.TakeProbed())
        {
            _record.Done(
                visit.Address,
                port,
                _listening.TryRemove((visit.Address, port), out _),
                _givenUp.TryRemove((visit.Address, port), out var reason) ? reason : null
            );
        }
        if (visit.IsEmpty)
        {
            return;
        }
        if (_visits.Count < VisitsMax)
        {
            _visits[visit.Address] = visit;
        }
        else
        {
            _record.Forget(visit.Address, visit.Ports);
        }
    }

    private async Task OpenHoursAsync(CancellationToken cancel)
    {
        while (_gate.Standing == ScopeRule.OutsideTimeWindow)
        {
            await Task.Delay(RecordEvery, _clock, cancel);
        }
    }

    private async Task WatchAsync(AuditStop stop)
    {
        var written = _record.Position;
        using var timer = new PeriodicTimer(RecordEvery / 2, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                _rate.Note(Probed);
                if (Position != written)
                {
                    written = Position;
                    _record.At(written, Refused());
                }
                _progress?.Report(EventOf(PhaseNow()));
            }
        }
        catch (Exception failure)
        {
            await stop.EndedAsync(failure);
        }
    }

    private static string ModeOf(AuditOptions options) => options.IsThorough ? "thorough" : "polite";

    private static ConnectionLimits LimitsOf(ScopeRate rate) =>
        new()
        {
            PerSecond = rate.ConnectionsPerSecond,
            PerNetworkPerSecond = rate.PerNetwork24PerSecond,
            InFlightMax = rate.InFlight,
            ConnectTime = TimeSpan.FromMilliseconds(rate.TimeoutMilliseconds),
            ConnectionTime = TimeSpan.FromSeconds(rate.ConnectionSeconds),
            HostTime = TimeSpan.FromSeconds(rate.HostSeconds),
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
