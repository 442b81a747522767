using System.Net;

namespace Leadglass.Exposure;

/// <summary>The probes of a real audit: DICOM and HTTP over the one dialer, and the products' fingerprints.</summary>
internal sealed class AuditProbes(
    IProbeDialer dialer,
    ScopeGate gate,
    FingerprintFile? fingerprints,
    TimeProvider clock
) : IHostProbes
{
    private readonly DicomProbe _dicom = new(dialer, clock);

    // The built-in fingerprints are still being read when the first hosts are found.
    private readonly Lazy<Products> _products = new(() => new Products(fingerprints ?? FingerprintFile.BuiltIn));
    private readonly Lazy<WebProbe> _web = new(() =>
        new WebProbe(
            dialer,
            clock,
            new WebProbeOptions
            {
                Contact = gate.Scope.Authorisation.Contact,
                RedirectRefused = gate.RecordRedirect,
                Fingerprints = fingerprints ?? FingerprintFile.BuiltIn,
            }
        )
    );

    public ValueTask<DicomObservation> DicomAsync(
        ProbeTarget target,
        ProbePlan plan,
        ProductHint? hint,
        CancellationToken cancel
    ) => _dicom.ObserveAsync(target, plan, hint, cancel);

    public ValueTask<WebObservation> WebAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel) =>
        _web.Value.ObserveAsync(target, plan, cancel);

    public ProductHint? HintFor(IReadOnlyList<DicomObservation> dicom, IReadOnlyList<WebObservation> web) =>
        _products.Value.HintFor(_products.Value.Identify(dicom, web));

    public ProductIdentification Identify(ExposedSystem system) => _products.Value.Identify(system.Dicom, system.Web);
}
