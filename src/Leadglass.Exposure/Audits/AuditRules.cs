using System.Net;

namespace Leadglass.Exposure;

/// <summary>What must hold in an audit document beyond its grammar, since reports and comparisons build on it.</summary>
internal static class AuditRules
{
    private const int TextMax = 4096;
    private const int ListMax = 4096;
    private const int FindingsMax = 1_000_000;

    private static readonly string[] Protocols = ["dicom", "dicom-tls", "dicomweb", "dicomweb-tls"];

    /// <summary>The first thing that cannot be, in words that quote nothing; null where all holds.</summary>
    public static string? FirstMistake(AuditDocument document)
    {
        if (document.FormatVersion is < 1 or > AuditDocument.FormatVersionCurrent)
        {
            return $"its format is {document.FormatVersion}; this program reads up to {AuditDocument.FormatVersionCurrent}";
        }
        if (document.Findings.Count > FindingsMax)
        {
            return $"it has more than {FindingsMax} findings";
        }
        if (
            document.GivenUp is not { Count: >= 0, Ports: { Count: <= GivenUp.ListedMax } listed }
            || HasNull(listed)
            || !listed.All(port => IsShort(port.Address) && IsShort(port.Reason))
        )
        {
            return "its list of ports that were given up is too long or has a gap";
        }
        if (document.Finished < document.Started)
        {
            return "it ended before it began";
        }
        string?[] texts =
        [
            document.Tool,
            document.Mode,
            document.Shard,
            document.StoppedEarly,
            document.DecisionLogHead,
            .. Texts(document.Scope),
        ];
        if (!Array.TrueForAll(texts, IsShort) || document.Refusals.Count > ListMax || HasNull(document.Refusals))
        {
            return "a text or a list at its head is too long or has a gap";
        }
        var addresses = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, finding) in document.Findings.Index())
        {
            var mistake =
                Mistake(finding) ?? (addresses.Add(finding.Address) ? null : "its address has a finding already");
            if (mistake is not null)
            {
                return $"finding {index + 1}: {mistake}";
            }
        }
        return Sums(document);
    }

    private static string? Mistake(Finding? finding) =>
        finding switch
        {
            null => "there is none",
            _ when HasGap(finding) => "a list has a gap",
            _ when !IPAddress.TryParse(finding.Address, out _) => "its address is none",
            { Port: < 1 or > 65_535 } => "its port is none",
            _ when !Protocols.Contains(finding.Protocol, StringComparer.Ordinal) => "its protocol is not known",
            { Rung: < 0 or > 6 } => "its rung is not on the ladder",
            { Severity.Score: < 0 or > 10 } => "its score is not between 0 and 10",
            { Endpoints.Count: 0 or > ListMax } => "it has no endpoint, or too many",
            { Records.Totals: var totals } when totals.Any(total => total.Value < 0) => "a count is below zero",
            _ when !Texts(finding).All(IsShort) => "a text is too long",
            _ => null,
        };

    private static string? Sums(AuditDocument document)
    {
        var totals = document.Totals;
        var findings = document.Findings;
        if (totals.Addresses < 0 || totals.Ports < 0 || totals.OpenPorts < 0)
        {
            return "a total is below zero";
        }
        var sums = AuditTotals.Of(findings, totals.Addresses, totals.Ports, totals.OpenPorts);
        return totals == sums ? null : "its totals are not those of its findings";
    }

    private static IEnumerable<string?> Texts(AuditScope scope) =>
        [
            scope.Name,
            scope.Digest,
            scope.AuthorisedBy,
            scope.Basis,
            scope.Contact,
            scope.RecordsBasis,
            scope.HighestRung,
        ];

    private static IEnumerable<string?> Texts(Finding finding) =>
        [
            finding.RungLabel,
            finding.Product.Name,
            finding.Product.Version,
            finding.Sentence.En,
            finding.Sentence.De,
            finding.Severity.Vector,
            finding.Severity.Basis,
            .. finding.Advice.SelectMany(step => new[] { step.En, step.De, step.Setting, step.Source }),
            .. finding.LogsToSecure.SelectMany(log => new[] { log.Path, log.En, log.De }),
        ];

    // The reader of JSON checks members for null, not elements of lists.
    private static bool HasGap(Finding finding) =>
        HasNull(finding.Advice)
        || HasNull(finding.LogsToSecure)
        || HasNull(finding.IdentifyingFields)
        || HasNull(finding.HoneypotSigns)
        || HasNull(finding.DemoSigns)
        || HasNull(finding.Product.Evidence)
        || HasGap(finding.Records)
        || HasNull(finding.Endpoints)
        || finding.Endpoints.Any(endpoint =>
            HasNull(endpoint.Rungs)
            || HasNull(endpoint.AcceptedSopClasses)
            || HasNull(endpoint.IdentifyingFields)
            || HasNull(endpoint.Oddities)
            || HasNull(endpoint.Signs.Values)
            || HasGap(endpoint.Records)
        );

    private static bool HasGap(ExposedRecords? records) => records is not null && HasNull(records.Totals);

    private static bool HasNull(IEnumerable<object?> elements) => elements.Contains(null);

    private static bool IsShort(string? text) => text is null || text.Length <= TextMax;
}
