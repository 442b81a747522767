namespace Leadglass.Exposure;

/// <summary>Tells products by their fingerprints.</summary>
public sealed class Products
{
    private readonly FingerprintFile _fingerprints;

    /// <summary>Tells products by these fingerprints.</summary>
    public Products(FingerprintFile fingerprints)
    {
        _fingerprints = fingerprints;
    }

    /// <summary>By the fingerprints that come with the program.</summary>
    public static Products BuiltIn { get; } = new(FingerprintFile.BuiltIn);

    /// <summary>What a host is taken for by what its endpoints showed; unknown where no sign fits.</summary>
    public ProductIdentification Identify(DicomObservation? dicom, WebObservation? web) =>
        Identify(dicom is null ? [] : [dicom], web is null ? [] : [web]);

    /// <summary>The same for a host with several endpoints.</summary>
    public ProductIdentification Identify(IReadOnlyList<DicomObservation> dicom, IReadOnlyList<WebObservation> web) =>
        new Identifying(_fingerprints, dicom, web).Identify();

    /// <summary>What to tell a probe of DICOM about a product; null for one that is unknown or publishes no AE title.</summary>
    public ProductHint? HintFor(ProductIdentification identification)
    {
        var known = _fingerprints.Products.FirstOrDefault(one => one.Id == identification.ProductId);
        return known is { AeTitles.Count: > 0 } ? new ProductHint(known.Name, known.AeTitles) : null;
    }
}
