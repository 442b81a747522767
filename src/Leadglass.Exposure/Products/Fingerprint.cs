namespace Leadglass.Exposure;

/// <summary>What kind of thing a fingerprint is of.</summary>
public enum ProductKind
{
    /// <summary>An archive.</summary>
    Archive,

    /// <summary>A library or toolkit on which products are built: what it says of itself does not tell the product.</summary>
    Toolkit,

    /// <summary>A maker whose UID root is known, and no more.</summary>
    Vendor,

    /// <summary>A honeypot.</summary>
    Honeypot,
}

/// <summary>How the value of a sign is compared.</summary>
public enum SignMatch
{
    /// <summary>The same, upper and lower case apart.</summary>
    Equal,

    /// <summary>Begins with it; for UIDs at a whole component.</summary>
    Prefix,

    /// <summary>Contains it.</summary>
    Contains,
}

/// <summary>One sign of a product.</summary>
/// <param name="Kind"><c>dicom-uid</c>, <c>dicom-version</c>, <c>called-ae</c>, <c>port</c>, or a kind of <see cref="WebObservation.Signs"/>.</param>
/// <param name="Match">How it is compared.</param>
/// <param name="Value">What it is compared with.</param>
/// <param name="Weight">Over 0, at most 0.95: how sure this sign alone makes.</param>
/// <param name="TellsVersion">Whether what follows the prefix is the version.</param>
public sealed record FingerprintSign(string Kind, SignMatch Match, string Value, double Weight, bool TellsVersion);

/// <summary>What is known of one product.</summary>
public sealed record Fingerprint
{
    /// <summary>Lower-case word: <c>orthanc</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who makes it.</summary>
    public string? Vendor { get; init; }

    /// <summary>What kind of thing.</summary>
    public required ProductKind Kind { get; init; }

    /// <summary>The toolkit it is built on, whose signs it shows too; null when it speaks for itself.</summary>
    public string? BuiltOn { get; init; }

    /// <summary>The signs.</summary>
    public required IReadOnlyList<FingerprintSign> Signs { get; init; }

    /// <summary>AE titles that its maker publishes as defaults.</summary>
    public IReadOnlyList<string> AeTitles { get; init; } = [];

    /// <summary>Where DICOMweb answers by default: <c>/dicom-web</c>, each beginning with a slash and ending without.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>Where this is known from.</summary>
    public required string Source { get; init; }
}
