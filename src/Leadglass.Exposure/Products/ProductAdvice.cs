namespace Leadglass.Exposure;

/// <summary>A situation that a step of advice is for.</summary>
public enum AdviceSituation
{
    /// <summary>Always.</summary>
    Always,

    /// <summary>A stranger's query over DICOM is answered.</summary>
    DicomQueryOpen,

    /// <summary>A stranger's retrieval over DICOM is answered.</summary>
    DicomRetrieveOpen,

    /// <summary>AE titles of strangers are taken.</summary>
    AeTitlesUnchecked,

    /// <summary>DICOM goes in clear.</summary>
    DicomInClear,

    /// <summary>A stranger's query, retrieval or count over HTTP is answered.</summary>
    WebOpen,

    /// <summary>An administration interface answers without sign-in.</summary>
    AdministrationOpen,

    /// <summary>HTTP goes in clear.</summary>
    WebInClear,
}

/// <summary>One step that closes an exposure.</summary>
/// <param name="Situations">When it is of use: in any of these.</param>
/// <param name="Text">What to do.</param>
/// <param name="Setting">The setting as it should stand: <c>"AuthenticationEnabled": true</c>; null where there is none.</param>
/// <param name="Source">Where this is documented.</param>
public sealed record AdviceStep(
    IReadOnlyList<AdviceSituation> Situations,
    LocalizedText Text,
    string? Setting,
    string? Source
);

/// <summary>A log that may tell who was there, to be put away before it is overwritten.</summary>
/// <param name="Path">Where it lies by default; null where the product has no fixed place.</param>
/// <param name="Text">What it holds and how to secure it.</param>
public sealed record LogToSecure(string? Path, LocalizedText Text);

/// <summary>How to close a product, and what to secure of it.</summary>
/// <param name="ProductId">The product among the fingerprints; <c>generic</c> for any.</param>
/// <param name="Steps">In the order in which to take them.</param>
/// <param name="Logs">Logs to secure first.</param>
public sealed record ProductAdvice(string ProductId, IReadOnlyList<AdviceStep> Steps, IReadOnlyList<LogToSecure> Logs)
{
    /// <summary>The steps for some situations, in order.</summary>
    public IEnumerable<AdviceStep> StepsFor(IReadOnlySet<AdviceSituation> situations) =>
        Steps.Where(step => step.Situations.Any(one => one == AdviceSituation.Always || situations.Contains(one)));
}
