namespace Leadglass.Exposure;

/// <summary>
/// Climbs the ladder of proof at one endpoint over the DICOM upper layer: in clear first, inside TLS where clear fails in a
/// way that suggests it, and never above the plan's highest rung.
/// </summary>
public sealed class DicomProbe
{
    /// <summary>The calling AE title of every probe.</summary>
    public const string CallingAeTitle = "LEADGLASS-AUDIT";

    /// <summary>The second calling AE title: a server that treats it otherwise checks calling titles.</summary>
    public const string SecondCallingAeTitle = "LEADGLASS-AUD2";

    /// <summary>The called AE title that nobody has.</summary>
    public const string UnknownCalledAeTitle = "LEADGLASS-ANY";

    private readonly IProbeDialer _dialer;
    private readonly TimeProvider _time;
    private readonly DicomProbeTimes _times;
    private readonly Func<CarrierProcess?> _startCarrier;

    /// <param name="dialer">The one way to a connection.</param>
    /// <param name="time">The clock of all times and time-outs.</param>
    public DicomProbe(IProbeDialer dialer, TimeProvider time)
        : this(dialer, time, new DicomProbeTimes(), CarrierProcess.Start) { }

    internal DicomProbe(
        IProbeDialer dialer,
        TimeProvider time,
        DicomProbeTimes times,
        Func<CarrierProcess?> startCarrier
    )
    {
        _dialer = dialer;
        _time = time;
        _times = times;
        _startCarrier = startCarrier;
    }

    /// <summary>
    /// Probes one endpoint. What a server does, however hostile, ends in an observation: rungs that could not be told are
    /// <see cref="Answer.Unknown"/> with their reason.
    /// </summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="plan">What may be done there.</param>
    /// <param name="hint">The product, where it is known already; its published titles are tried last if the plan allows.</param>
    /// <param name="cancel">Ends the probe; an association that is up is aborted.</param>
    /// <exception cref="OutOfScopeException">The scope does not allow this target. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<DicomObservation> ObserveAsync(
        ProbeTarget target,
        ProbePlan plan,
        ProductHint? hint,
        CancellationToken cancel
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.HighestRung == Rung.Connect
            ? await ConnectAsync(target, cancel)
            : await new DicomLadder(
                new DicomEndpoint(_dialer, _time, _times, _startCarrier, target),
                plan,
                hint
            ).ClimbAsync(cancel);
    }

    private async ValueTask<DicomObservation> ConnectAsync(ProbeTarget target, CancellationToken cancel)
    {
        var dialled = await _dialer.DialAsync(target, Rung.Connect, cancel);
        if (dialled.Connection is { } connection)
        {
            await connection.DisposeAsync();
        }

        var (answer, response, reason) = dialled.Outcome switch
        {
            DialOutcome.Connected => (Answer.Open, "connected", "something listens"),
            DialOutcome.Refused => (Answer.Closed, "refused", "nothing listens there"),
            _ => (Answer.Unknown, "time-out", "no connection came about"),
        };
        return new DicomObservation
        {
            Target = target,
            SpeaksDicom = false,
            Rungs = [new(Rung.Connect, answer, response, reason, _time.GetUtcNow())],
        };
    }
}
