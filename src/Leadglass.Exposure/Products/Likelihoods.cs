namespace Leadglass.Exposure;

/// <summary>
/// How likely it is that nobody's records lie here: a honeypot, or a system for demonstration. No sign alone says so;
/// several that agree do, and each is listed.
/// </summary>
internal sealed class Likelihoods(
    IReadOnlyList<DicomObservation> dicom,
    IReadOnlyList<WebObservation> web,
    IReadOnlyList<Candidate> candidates
)
{
    private const int FewStudies = 20;

    private static readonly double[] OfHoneypot = [0, 0.15, 0.35, 0.65, 0.85, 0.95];
    private static readonly double[] OfDemo = [0, 0.25, 0.6, 0.85];

    /// <summary>The identification with both likelihoods.</summary>
    public ProductIdentification AddTo(ProductIdentification identification)
    {
        var honeypot = HoneypotSigns().Distinct(StringComparer.Ordinal).ToList();
        var demo = DemoSigns().Distinct(StringComparer.Ordinal).ToList();
        return identification with
        {
            HoneypotSigns = honeypot,
            HoneypotLikelihood = OfHoneypot[Math.Min(honeypot.Count, OfHoneypot.Length - 1)],
            DemoSigns = demo,
            DemoLikelihood = OfDemo[Math.Min(demo.Count, OfDemo.Length - 1)],
        };
    }

    private IEnumerable<string> HoneypotSigns()
    {
        foreach (var known in candidates.Where(one => one.Product.Kind == ProductKind.Honeypot))
        {
            yield return $"{known.Matched[0].Sentence} is what known honeypots show, and others built like them";
        }

        foreach (var oddity in dicom.SelectMany(one => one.Oddities).Concat(web.SelectMany(one => one.Oddities)))
        {
            yield return $"it does what no honest archive does: {oddity}";
        }

        if (TakesEverything())
        {
            yield return "it takes any AE title and accepts every service that was proposed";
        }

        if (ProductsThatDisagree() is { } pair)
        {
            yield return $"one port claims to be {pair.First}, another {pair.Second}";
        }

        if (Studies() == 0)
        {
            yield return "it is open and empty";
        }
    }

    private IEnumerable<string> DemoSigns()
    {
        foreach (var one in web)
        {
            foreach (var kind in one.Signs.GetValueOrDefault(WebSigns.SaysDemo)?.Split(' ') ?? [])
            {
                yield return $"its {kind} says so";
            }
        }

        if (dicom.Any(one => one.AeTitleCheck == AeTitleCheck.Called && KnownSign.SaysDemo(one.CalledAeTitle ?? "")))
        {
            yield return "its AE title says so";
        }

        if (Studies() is > 0 and <= FewStudies)
        {
            yield return $"it holds at most {FewStudies} studies";
        }
    }

    private bool TakesEverything() =>
        dicom.Any(one =>
            one.AeTitleCheck == AeTitleCheck.None
            && one.AcceptedSopClasses.Count >= 4
            && one.Rungs.Any(rung => rung is { Rung: Rung.NullQuery, Answer: Answer.Open })
            && one.Rungs.Any(rung => rung is { Rung: Rung.NullRetrieve, Answer: Answer.Open })
        );

    private (string First, string Second)? ProductsThatDisagree()
    {
        var sure = candidates
            .Where(one => one.Product.Kind == ProductKind.Archive && one.Score >= 0.7)
            .Where(one =>
                one.Matched.Exists(sign => sign.Sign.Kind is not ("port" or WebSigns.Root or WebSigns.Server))
            )
            .ToList();
        var first = sure.FirstOrDefault();
        var second = sure.Find(one =>
            one.Product.Id != first?.Product.Id
            && one.Product.BuiltOn != first?.Product.Id
            && one.Product.Id != first?.Product.BuiltOn
        );
        return first is null || second is null ? null : (first.Product.Name, second.Product.Name);
    }

    // Exact totals only: a lower bound of nothing says nothing.
    private long? Studies() =>
        dicom
            .Select(one => one.Records)
            .Concat(web.Select(one => one.Records))
            .SelectMany(records => records?.Totals ?? [])
            .Where(total => total is { Unit: CountUnit.Studies, Kind: CountKind.Exact })
            .Select(total => (long?)total.Value)
            .Max();
}
