using System.Net;

namespace Leadglass.Exposure;

/// <summary>
/// All probes of one host, one port after another, within the host's time. Whatever a host does ends here: what it showed
/// until then is kept, and the next host is visited.
/// </summary>
internal sealed class HostVisit(IPAddress address, ScopeGate gate, DecisionLog log, IHostProbes probes, bool isThorough)
{
    private readonly List<DicomObservation> _dicom = [];
    private readonly List<WebObservation> _web = [];
    private readonly SortedSet<int> _ports = [];
    private List<int> _probed = [];

    /// <summary>Told of a port that was given up, and why.</summary>
    public Action<ProbeTarget, string>? GivenUp { get; init; }

    /// <summary>The host.</summary>
    public IPAddress Address => address;

    /// <summary>What it showed so far.</summary>
    public ExposedSystem System => new(address, [.. _dicom], [.. _web]);

    /// <summary>Whether nothing that it showed is of use.</summary>
    public bool IsEmpty => _dicom.Count == 0 && _web.Count == 0;

    /// <summary>All ports that were probed.</summary>
    public IReadOnlyCollection<int> Ports => _ports;

    /// <summary>The ports that were probed since this was asked last.</summary>
    public IReadOnlyList<int> TakeProbed()
    {
        var probed = _probed;
        _probed = [];
        return probed;
    }

    /// <summary>Probes one port.</summary>
    /// <param name="late">Cancelled when the host's time is over.</param>
    /// <param name="cancel">Cancelled when the audit stops.</param>
    /// <returns>Whether the port is done; not so where the scope's hours ended meanwhile, and then it is asked again.</returns>
    public async Task<bool> ProbeAsync(int port, string? name, CancellationToken late, CancellationToken cancel)
    {
        var target = new ProbeTarget(address, port, name);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late, cancel);
        try
        {
            await ProbeAsync(target, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            Record("host-time-over", target);
        }
        catch (OutOfScopeException) when (gate.Standing != ScopeRule.Admitted)
        {
            return false;
        }
        catch (OutOfScopeException)
        {
            // The gate wrote it down.
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A host that breaks a probe ends its own port, and nothing else.
            Record("probe-failed", target, failure.GetType().Name);
        }
        _ports.Add(port);
        _probed.Add(port);
        return true;
    }

    /// <summary>
    /// Asks again where a called AE title was missing, if the host's product is known now and the scope allows its published
    /// titles.
    /// </summary>
    public async Task AskAgainAsync(CancellationToken late, CancellationToken cancel)
    {
        if (probes.HintFor(_dicom, _web) is not { } hint)
        {
            return;
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late, cancel);
        for (var i = 0; i < _dicom.Count && !either.IsCancellationRequested; i++)
        {
            if (_dicom[i] is not { SpeaksDicom: true, AeTitleCheck: AeTitleCheck.Called, CalledAeTitle: null } before)
            {
                continue;
            }
            var plan = gate.PlanFor(before.Target, isThorough);
            if (!plan.TriesPublishedTitles)
            {
                return;
            }
            try
            {
                var again = await probes.DicomAsync(before.Target, plan, hint, either.Token);
                _dicom[i] = again.SpeaksDicom ? again : before;
            }
            catch (Exception) when (!cancel.IsCancellationRequested)
            {
                // What was seen before stands.
                Record("probe-failed", before.Target);
            }
        }
    }

    private async Task ProbeAsync(ProbeTarget target, CancellationToken cancel)
    {
        var plan = gate.PlanFor(target, isThorough);
        if (plan.HighestRung < Rung.Identify)
        {
            return;
        }
        if (KnownPorts.IsWeb(target.Port))
        {
            if (!await WebAsync(target, plan, cancel))
            {
                Keep(await probes.DicomAsync(target, plan, hint: null, cancel));
            }
            return;
        }
        var seen = await probes.DicomAsync(target, plan, hint: null, cancel);
        if (!Keep(seen) && !IsSparedOfWeb(target, plan) && !await WebAsync(target, plan, cancel) && IsMutualTls(seen))
        {
            // A closed endpoint of what is behind it, if the host turns out to be an archive.
            _dicom.Add(seen);
        }
    }

    /// <summary>A device, of which no more than identification is allowed, is not asked for HTTP where DICOM is at home.</summary>
    private static bool IsSparedOfWeb(ProbeTarget target, ProbePlan plan) =>
        plan.HighestRung <= Rung.Identify && KnownPorts.IsDicom(target.Port);

    private static bool IsMutualTls(DicomObservation seen) => seen.Tls is { RequiresClientCertificate: true };

    /// <summary>Keeps what speaks DICOM, or refuses whoever has no certificate at a port that DICOM is known by.</summary>
    private bool Keep(DicomObservation seen)
    {
        var isDicom = seen.SpeaksDicom || (IsMutualTls(seen) && KnownPorts.IsDicom(seen.Target.Port));
        if (isDicom)
        {
            _dicom.Add(seen);
        }
        return isDicom;
    }

    private async ValueTask<bool> WebAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel)
    {
        var seen = await probes.WebAsync(target, plan, cancel);
        if (seen.SpeaksHttp)
        {
            _web.Add(seen);
        }
        return seen.SpeaksHttp;
    }

    private void Record(string what, ProbeTarget target, string kind = "")
    {
        log.Record(what, ("target", target.ToString()), ("kind", kind));
        GivenUp?.Invoke(target, what);
    }
}
