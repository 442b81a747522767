namespace Leadglass.Exposure;

/// <summary>
/// Climbs the ladder of proof at one endpoint over the DICOM upper layer: in clear first, inside TLS where clear fails in a
/// way that suggests it, and never above the plan's highest rung.
/// </summary>
/// <param name="dialer">The one way to a connection.</param>
/// <param name="time">The clock of all times and time-outs.</param>
public sealed class DicomProbe(IProbeDialer dialer, TimeProvider time)
{
    /// <summary>The calling AE title of every probe.</summary>
    public const string CallingAeTitle = "LEADGLASS-AUDIT";

    /// <summary>The second calling AE title: a server that treats it otherwise checks calling titles.</summary>
    public const string SecondCallingAeTitle = "LEADGLASS-AUD2";

    /// <summary>The called AE title that nobody has.</summary>
    public const string UnknownCalledAeTitle = "LEADGLASS-ANY";

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
        var dialled = await dialer.DialAsync(target, Rung.Connect, cancel);
        if (dialled.Connection is { } connection)
        {
            await connection.DisposeAsync();
        }

        var reason = dialled.Outcome switch
        {
            DialOutcome.Connected => "something listens; what it speaks was not asked",
            DialOutcome.Refused => "nothing listens there",
            DialOutcome.Silent => "no answer in time",
            _ => "the host cannot be reached",
        };
        return new DicomObservation
        {
            Target = target,
            SpeaksDicom = false,
            Rungs = [new(Rung.Connect, Answer.Unknown, dialled.Outcome.ToString(), reason, time.GetUtcNow())],
        };
    }
}
