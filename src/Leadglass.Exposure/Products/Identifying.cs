namespace Leadglass.Exposure;

/// <summary>Weighs the signs of one host.</summary>
internal sealed class Identifying(
    FingerprintFile fingerprints,
    IReadOnlyList<DicomObservation> dicom,
    IReadOnlyList<WebObservation> web
)
{
    // Less than an even chance is not said of a product; what it is built on may still be.
    private const double ProductLeast = 0.5;
    private const double ToolkitSupport = 0.1;
    private const double ContradictionFactor = 0.6;

    private readonly List<ShownSign> _shown = ShownSign.Of(dicom, web);

    /// <summary>What the host is taken for.</summary>
    public ProductIdentification Identify()
    {
        var candidates = fingerprints
            .Products.Select(Weigh)
            .Where(one => one.Score > 0)
            .OrderByDescending(one => one.Score)
            .ToList();
        var own = candidates.Where(one => one.Product.Kind is ProductKind.Archive).ToList();
        var chosen =
            own.FirstOrDefault(one => one.Score >= ProductLeast)
            ?? candidates.Find(one => one.Product.Kind is ProductKind.Toolkit or ProductKind.Honeypot)
            ?? candidates.Find(one => one.Product.Kind is ProductKind.Vendor);
        var identification = chosen is null ? ProductIdentification.Unknown : Said(chosen, candidates);
        return new Likelihoods(dicom, web, candidates).AddTo(
            identification with
            {
                Evidence = [.. identification.Evidence, .. Hints(chosen, own)],
            }
        );
    }

    private Candidate Weigh(Fingerprint product)
    {
        var matched = product
            .Signs.SelectMany(sign =>
                _shown.Where(shown => shown.Fits(sign)).Select(shown => new MatchedSign(sign, shown))
            )
            .GroupBy(one => one.Sign.Kind, StringComparer.Ordinal)
            .Select(kind => kind.MaxBy(one => one.Sign.Weight)!)
            .ToList();
        // A port is where somebody put something: it speaks only beside a sign of the product or of what it is built on.
        var isBuiltOnShown = product.BuiltOn is not null && HasSignOf(product.BuiltOn);
        if (matched.All(one => one.Sign.Kind == "port") && !isBuiltOnShown)
        {
            matched = [];
        }

        if (matched.Count == 0)
        {
            return new Candidate(product, 0, matched, IsOnItsToolkit: false);
        }

        var doubt = matched.Aggregate(1.0, (left, one) => left * (1 - one.Sign.Weight));
        return new Candidate(
            product,
            1 - (isBuiltOnShown ? doubt * (1 - ToolkitSupport) : doubt),
            matched,
            isBuiltOnShown
        );
    }

    private bool HasSignOf(string id) =>
        fingerprints.Products.FirstOrDefault(one => one.Id == id) is { } toolkit
        && toolkit.Signs.Any(sign => sign.Kind != "port" && _shown.Any(shown => shown.Fits(sign)));

    private static ProductIdentification Said(Candidate chosen, List<Candidate> candidates)
    {
        var against = candidates.Where(other => Contradicts(other, chosen)).ToList();
        List<string> evidence = [.. chosen.Matched.Select(one => one.Sentence)];
        if (chosen.IsOnItsToolkit)
        {
            evidence.Add($"DICOM is spoken by {chosen.Product.BuiltOn}, on which {chosen.Product.Name} is built");
        }

        evidence.AddRange(
            against.Select(other => $"against it, for {other.Product.Name}: {other.Matched[0].Sentence}")
        );
        return new ProductIdentification
        {
            Product = chosen.Product.Name,
            ProductId = chosen.Product.Id,
            Vendor = chosen.Product.Vendor,
            Version = chosen.Matched.Select(one => one.Version).FirstOrDefault(version => version is not null),
            Confidence = Math.Round(chosen.Score * (against.Count > 0 ? ContradictionFactor : 1), 2),
            Evidence = evidence,
        };
    }

    // Another product, neither below nor above the chosen one, that shows more than a port.
    private static bool Contradicts(Candidate other, Candidate chosen) =>
        other.Product.Id != chosen.Product.Id
        && other.Product.Id != chosen.Product.BuiltOn
        && other.Product.BuiltOn != chosen.Product.Id
        && other.Matched.Any(one => one.Sign.Kind is not ("port" or WebSigns.Root or WebSigns.Server))
        && !SharesImplementation(other, chosen);

    // Two products told by one and the same UID or name do not contradict each other: the sign is ambiguous.
    private static bool SharesImplementation(Candidate other, Candidate chosen) =>
        other.Matched.TrueForAll(one => chosen.Matched.Exists(mine => mine.Shown == one.Shown));

    private static IEnumerable<string> Hints(Candidate? chosen, List<Candidate> own) =>
        own.Where(one => one.Product.Id != chosen?.Product.Id && one.Score < ProductLeast && one.IsOnItsToolkit)
            .Select(one => $"may be {one.Product.Name}: {one.Matched[0].Sentence}, which is too little to say so");
}

/// <summary>A product with what speaks for it.</summary>
internal sealed record Candidate(Fingerprint Product, double Score, List<MatchedSign> Matched, bool IsOnItsToolkit);

/// <summary>A sign that was seen.</summary>
internal sealed record MatchedSign(FingerprintSign Sign, ShownSign Shown)
{
    /// <summary>The version that the sign tells; null without one.</summary>
    public string? Version => Sign.TellsVersion ? VersionOf(Shown.Value[Sign.Value.Length..]) : null;

    /// <summary>One sentence of it.</summary>
    public string Sentence => $"{Shown.Kind} \"{Shown.Value}\" at port {Shown.Port}";

    // 367 is 3.6.7: names of sixteen characters have no place for the dots.
    private static string? VersionOf(string rest)
    {
        var text = rest.Trim(' ', '_', '-', '/');
        var isPlain =
            text.Length is > 0 and <= 16
            && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '+');
        return !isPlain ? null
            : text.Length == 3 && text.All(char.IsAsciiDigit) ? string.Join('.', text.AsEnumerable())
            : text;
    }
}

/// <summary>What an endpoint showed.</summary>
internal sealed record ShownSign(string Kind, string Value, int Port)
{
    public static List<ShownSign> Of(IReadOnlyList<DicomObservation> dicom, IReadOnlyList<WebObservation> web)
    {
        List<ShownSign> shown = [];
        foreach (var one in dicom.Where(one => one.SpeaksDicom))
        {
            Add(shown, "dicom-uid", one.ImplementationClassUid, one.Target.Port);
            Add(shown, "dicom-version", one.ImplementationVersionName, one.Target.Port);
            // A title tells something only where others are turned away.
            Add(
                shown,
                "called-ae",
                one.AeTitleCheck == AeTitleCheck.Called ? one.CalledAeTitle : null,
                one.Target.Port
            );
            Add(
                shown,
                "port",
                one.Target.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                one.Target.Port
            );
        }

        foreach (var one in web.Where(one => one.SpeaksHttp))
        {
            foreach (var (kind, value) in one.Signs)
            {
                Add(shown, kind, value, one.Target.Port);
            }

            Add(
                shown,
                "port",
                one.Target.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                one.Target.Port
            );
        }

        return shown;
    }

    public bool Fits(FingerprintSign sign) =>
        sign.Kind == Kind
        && sign.Match switch
        {
            SignMatch.Equal => Value.Equals(sign.Value, StringComparison.OrdinalIgnoreCase),
            SignMatch.Contains => Value.Contains(sign.Value, StringComparison.OrdinalIgnoreCase),
            _ => Value.StartsWith(sign.Value, StringComparison.OrdinalIgnoreCase) && EndsAtComponent(sign.Value),
        };

    private bool EndsAtComponent(string prefix) =>
        Kind != "dicom-uid" || Value.Length == prefix.Length || prefix.EndsWith('.') || Value[prefix.Length] == '.';

    private static void Add(List<ShownSign> shown, string kind, string? value, int port)
    {
        if (!string.IsNullOrEmpty(value))
        {
            shown.Add(new ShownSign(kind, value, port));
        }
    }
}
