namespace Leadglass.Exposure;

/// <summary>From what was shown to a severity: nothing is rated that was not answered.</summary>
internal static class SeverityRules
{
    private const string Stranger = "AV:N/AC:L/PR:N/UI:N/S:U/";
    private const string StorageSopClasses = "1.2.840.10008.5.1.4.1.1.";

    private static readonly CvssBase Administration = CvssBase.Of(Stranger + "C:H/I:H/A:H");
    private static readonly CvssBase QueryAndStore = CvssBase.Of(Stranger + "C:H/I:L/A:N");
    private static readonly CvssBase Query = CvssBase.Of(Stranger + "C:H/I:N/A:N");

    // Whoever retrieves needs a UID first, which is no secret, but not to be guessed either: a higher attack complexity.
    private static readonly CvssBase Retrieve = CvssBase.Of("AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N");
    private static readonly CvssBase Echo = CvssBase.Of(Stranger + "C:L/I:N/A:N");
    private static readonly CvssBase Nothing = CvssBase.Of(Stranger + "C:N/I:N/A:N");

    public static Severity Of(IReadOnlyList<FoundEndpoint> endpoints, bool? queryOpen, ExposureExtent? extent)
    {
        foreach (var (basis, rating, shows) in Cases)
        {
            if (endpoints.FirstOrDefault(shows) is { } endpoint)
            {
                return Rated(basis, rating) with { Port = endpoint.Port, Extent = extent };
            }
        }
        return queryOpen is false
            ? Rated("nothing", Nothing)
            : new Severity
            {
                Basis = "unknown",
                Rating = "unknown",
                Extent = extent,
            };
    }

    /// <summary>The second axis, where studies were counted.</summary>
    public static ExposureExtent? ExtentOf(ExposedRecords? records, bool isIdentifying)
    {
        if (records?.Totals.FirstOrDefault(total => total.Unit == CountUnit.Studies) is not { } studies)
        {
            return null;
        }
        var amount = studies.Value switch
        {
            <= 0 => 0,
            < 100 => 1,
            < 10_000 => 2,
            < 1_000_000 => 3,
            _ => 4,
        };
        var years = (records.LastYear - records.FirstYear) switch
        {
            null or <= 0 => 1,
            < 5 => 2,
            _ => 3,
        };
        var identifiability = isIdentifying ? 2 : 1;
        var product = amount * identifiability * years;
        var rating = product switch
        {
            0 => "none",
            <= 3 => "small",
            <= 8 => "medium",
            <= 15 => "large",
            _ => "very-large",
        };
        return new ExposureExtent(amount, identifiability, years, product, rating);
    }

    private static IEnumerable<(string Basis, CvssBase Rating, Func<FoundEndpoint, bool> Shows)> Cases =>
        [
            ("administration", Administration, endpoint => endpoint.AdministrationOpen),
            (
                "query-and-store-accepted",
                QueryAndStore,
                endpoint => endpoint.QueryOpen is true && AcceptsStorage(endpoint)
            ),
            ("query", Query, endpoint => endpoint.QueryOpen is true || endpoint.RecordsVisible is true),
            ("retrieve", Retrieve, endpoint => endpoint.RetrieveOpen is true),
            ("echo", Echo, endpoint => endpoint.EchoOpen is true),
        ];

    private static bool AcceptsStorage(FoundEndpoint endpoint) =>
        endpoint.AcceptedSopClasses.Any(uid => uid.StartsWith(StorageSopClasses, StringComparison.Ordinal));

    private static Severity Rated(string basis, CvssBase rating) =>
        new()
        {
            Basis = basis,
            Vector = rating.ToString(),
            Score = rating.Score,
            Rating = rating.Rating,
        };
}
