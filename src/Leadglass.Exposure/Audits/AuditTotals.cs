namespace Leadglass.Exposure;

/// <summary>An audit in numbers, each with its unit; studies and images with how far they can be trusted.</summary>
public sealed record AuditTotals
{
    internal const string NotCounted = "not-counted";

    /// <summary>Addresses that were tried.</summary>
    public required long Addresses { get; init; }

    /// <summary>Pairs of address and port that were tried.</summary>
    public required long Ports { get; init; }

    /// <summary>Pairs of address and port where something listens.</summary>
    public required long OpenPorts { get; init; }

    /// <summary>Hosts that speak DICOM or DICOMweb, each counted once.</summary>
    public required int Systems { get; init; }

    /// <summary>Systems that answer a stranger's query or retrieval.</summary>
    public required int OpenSystems { get; init; }

    /// <summary>Open systems whose answer would hold records.</summary>
    public required int SystemsWithVisibleRecords { get; init; }

    /// <summary>Systems of which neither open nor closed can be said.</summary>
    public required int UnknownSystems { get; init; }

    /// <summary>Studies that were counted.</summary>
    public required long Studies { get; init; }

    /// <summary><c>exact</c>, <c>exact-over-dated</c>, <c>estimate</c>, <c>lower-bound</c>, or <c>not-counted</c>: the weakest of all that went in.</summary>
    public required string StudiesKind { get; init; }

    /// <summary>Images that were counted.</summary>
    public required long Images { get; init; }

    /// <inheritdoc cref="StudiesKind"/>
    public required string ImagesKind { get; init; }

    /// <summary>Sums up findings.</summary>
    /// <param name="findings">One for each system.</param>
    /// <param name="addresses">Addresses that were tried.</param>
    /// <param name="ports">Pairs that were tried.</param>
    /// <param name="openPorts">Pairs where something listens.</param>
    public static AuditTotals Of(IReadOnlyCollection<Finding> findings, long addresses, long ports, long openPorts)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var (studies, studiesKind) = Sum(findings, CountUnit.Studies);
        var (images, imagesKind) = Sum(findings, CountUnit.Images);
        return new AuditTotals
        {
            Addresses = addresses,
            Ports = ports,
            OpenPorts = openPorts,
            Systems = findings.Count,
            OpenSystems = findings.Count(finding => finding.IsOpen),
            SystemsWithVisibleRecords = findings.Count(finding => finding.IsOpen && finding.RecordsVisible is true),
            UnknownSystems = findings.Count(finding => !finding.IsOpen && finding.QueryOpen is null),
            Studies = studies,
            StudiesKind = studiesKind,
            Images = images,
            ImagesKind = imagesKind,
        };
    }

    private static (long Value, string Kind) Sum(IEnumerable<Finding> findings, CountUnit unit)
    {
        var sum = 0L;
        string[] kinds = [NotCounted, "exact", "exact-over-dated", "estimate", "lower-bound"];
        var weakest = 0;
        var isSomeUncounted = false;
        foreach (var finding in findings)
        {
            if (finding.Records?.Totals.FirstOrDefault(total => total.Unit == unit) is not { } count)
            {
                isSomeUncounted |= finding.QueryOpen is true || finding.RecordsVisible is true;
                continue;
            }
            sum = long.MaxValue - sum < count.Value ? long.MaxValue : sum + count.Value;
            var kind = count.Kind switch
            {
                CountKind.Exact => 1,
                CountKind.ExactOverDated => 2,
                CountKind.Estimate => 3,
                _ => 4,
            };
            weakest = Math.Max(weakest, kind);
        }
        // An open system that nobody counted holds what it holds: the sum is not all.
        return (sum, kinds[weakest > 0 && isSomeUncounted ? kinds.Length - 1 : weakest]);
    }
}
