namespace Leadglass.Exposure;

/// <summary>The probes of an audit.</summary>
internal interface IHostProbes
{
    /// <inheritdoc cref="DicomProbe.ObserveAsync"/>
    ValueTask<DicomObservation> DicomAsync(
        ProbeTarget target,
        ProbePlan plan,
        ProductHint? hint,
        CancellationToken cancel
    );

    /// <summary>Climbs the ladder over HTTP.</summary>
    ValueTask<WebObservation> WebAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel);

    /// <summary>What product a host is taken for.</summary>
    ProductIdentification Identify(ExposedSystem system);

    /// <summary>What to tell the probe of DICOM about a host, by what it showed so far.</summary>
    ProductHint? HintFor(IReadOnlyList<DicomObservation> dicom, IReadOnlyList<WebObservation> web);
}
