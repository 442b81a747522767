namespace Leadglass.Exposure;

/// <summary>
/// One count per unit for a host that was counted at several endpoints. They show the same records, so that counts are never
/// added up: the most trustworthy stands, and where another one proves that there are more, it is a lower bound.
/// </summary>
internal static class BestCounts
{
    public static ExposedRecords? Of(IEnumerable<FoundEndpoint> endpoints)
    {
        ExposedRecords[] counted = [.. endpoints.Select(endpoint => endpoint.Records).OfType<ExposedRecords>()];
        if (counted.Length == 0)
        {
            return null;
        }
        RecordCount[] totals =
        [
            .. counted
                .SelectMany(records => records.Totals)
                .GroupBy(total => total.Unit)
                .OrderBy(unit => unit.Key)
                .Select(unit => Best([.. unit])),
        ];
        // Modalities are of the source that counted the most studies by modality: a mix of two would count twice.
        var modalities = counted.MaxBy(records => records.Modalities.Values.Sum())!.Modalities;
        return new ExposedRecords(
            totals,
            modalities,
            counted.Min(records => records.FirstYear),
            counted.Max(records => records.LastYear),
            counted.Select(records => records.StoppedEarly).FirstOrDefault(reason => reason is not null)
        );
    }

    private static RecordCount Best(IReadOnlyList<RecordCount> counts)
    {
        var best = counts.OrderBy(count => Trust(count.Kind)).ThenByDescending(count => count.Value).First();
        var proven = counts.MaxBy(Proven)!;
        return Proven(proven) > best.Value
            ? proven with
            {
                Kind = CountKind.LowerBound,
                Value = Proven(proven),
                Low = null,
                High = null,
            }
            : best;
    }

    /// <summary>So many there are at least.</summary>
    private static long Proven(RecordCount count) => count.Kind == CountKind.Estimate ? count.Low ?? 0 : count.Value;

    private static int Trust(CountKind kind) =>
        kind switch
        {
            CountKind.Exact => 0,
            CountKind.ExactOverDated => 1,
            CountKind.Estimate => 2,
            _ => 3,
        };
}
