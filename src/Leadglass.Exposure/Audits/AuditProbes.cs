using System.Net;

namespace Leadglass.Exposure;

/// <summary>The probes of a real audit: DICOM and HTTP over the one dialer, and the products' fingerprints.</summary>
internal sealed class AuditProbes(IProbeDialer dialer, ScopeGate gate, FingerprintFile fingerprints, TimeProvider clock)
    : IHostProbes
{
    private readonly DicomProbe _dicom = new(dialer, clock);
    private readonly WebProbe _web = new(
        dialer,
        clock,
        new WebProbeOptions
        {
            Contact = gate.Scope.Authorisation.Contact,
            RedirectRefused = gate.RecordRedirect,
            Fingerprints = fingerprints,
        }
    );
    private readonly Products _products = new(fingerprints);

    public ValueTask<DicomObservation> DicomAsync(
        ProbeTarget target,
        ProbePlan plan,
        ProductHint? hint,
        CancellationToken cancel
    ) => _dicom.ObserveAsync(target, plan, hint, cancel);

    public ValueTask<WebObservation> WebAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel) =>
        _web.ObserveAsync(target, plan, cancel);

    public ProductHint? HintFor(IReadOnlyList<DicomObservation> dicom, IReadOnlyList<WebObservation> web) =>
        _products.HintFor(_products.Identify(dicom, web));

    public ProductIdentification Identify(ExposedSystem system) => _products.Identify(system.Dicom, system.Web);
}
