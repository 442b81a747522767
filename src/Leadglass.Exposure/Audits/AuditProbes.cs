using System.Net;

namespace Leadglass.Exposure;

/// <summary>The probes of a real audit: DICOM and HTTP over the one dialer, and the products' fingerprints.</summary>
internal sealed class AuditProbes(IProbeDialer dialer, Products products, TimeProvider clock) : IHostProbes
{
    private readonly DicomProbe _dicom = new(dialer, clock);

    public ValueTask<DicomObservation> DicomAsync(
        ProbeTarget target,
        ProbePlan plan,
        ProductHint? hint,
        CancellationToken cancel
    ) => _dicom.ObserveAsync(target, plan, hint, cancel);

    public ValueTask<WebObservation> WebAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel) =>
        ValueTask.FromResult(new WebObservation { Target = target, SpeaksHttp = false });

    public ProductHint? HintFor(IReadOnlyList<DicomObservation> dicom, IReadOnlyList<WebObservation> web) =>
        products.HintFor(products.Identify(dicom, web));

    public ProductIdentification Identify(ExposedSystem system) => products.Identify(system.Dicom, system.Web);
}
