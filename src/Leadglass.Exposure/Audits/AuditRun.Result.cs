using System.Reflection;

namespace Leadglass.Exposure;

/// <content>What it says of itself: how far it is, and what came of it.</content>
public sealed partial class AuditRun
{
    private AuditPhase PhaseNow() =>
        _gate.Standing == ScopeRule.OutsideTimeWindow ? AuditPhase.Waiting
        : Probed < _space.Steps && _options.Imports.Count == 0 ? AuditPhase.Discovering
        : AuditPhase.Probing;

    private AuditEvent EventOf(AuditPhase phase)
    {
        var (systems, open) = _record.Systems;
        var total = _options.Imports.Count == 0 ? _space.Steps : Interlocked.Read(ref _imported);
        return new AuditEvent(
            phase,
            _options.Imports.Count == 0 ? Probed : total,
            total,
            _rate.PerSecond,
            _options.Imports.Count == 0 ? _rate.LeftFor(total - Probed) : null,
            _record.OpenPorts,
            _backlog.Count,
            systems,
            open
        );
    }

    // By rule, earlier runs included.
    private Dictionary<string, long> Refused()
    {
        var refused = _record.RefusedBefore.ToDictionary(entry => entry.Key, entry => entry.Value);
        foreach (var (rule, count) in _gate.Counts.Where(entry => entry.Key != ScopeRule.Admitted))
        {
            refused[rule.Code] = refused.GetValueOrDefault(rule.Code) + count;
        }
        return refused;
    }

    private async Task<AuditDocument> FinishAsync(string? stopped)
    {
        var refused = Refused();
        _record.At(Position, refused);
        var findings = _record.Findings;
        var isWalked = _options.Imports.Count == 0;
        _log.Record(stopped is null ? "audit-finished" : "audit-stopped", ("reason", stopped ?? ""));
        var document = new AuditDocument
        {
            Tool =
                $"Leadglass {typeof(AuditRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}",
            Scope = AuditDeclaration.Of(_scope),
            Started = _record.Identity.Started,
            Finished = _clock.GetUtcNow(),
            Mode = ModeOf(_options),
            Shard = _options.Shard.ToString(),
            StoppedEarly = stopped,
            DecisionLogHead = _log.Close(),
            Totals = AuditTotals.Of(
                findings,
                isWalked ? Position.Addresses : _record.LeadHosts,
                isWalked ? Position.Tried : _record.Leads,
                _record.OpenPorts
            ),
            GivenUp = _record.GivenUp,
            Refusals =
            [
                .. refused
                    .OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .Select(entry => new RefusalCount(entry.Key, entry.Value)),
            ],
            Findings = findings,
        };
        // It is written even where the audit was cancelled.
        await document.WriteAsync(Path.Combine(_options.Folder, AuditDocument.FileName), CancellationToken.None);
        _progress?.Report(EventOf(AuditPhase.Finished));
        return document;
    }
}
