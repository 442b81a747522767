using System.Globalization;
using System.Net;

namespace Leadglass.Exposure;

/// <summary>What a terminal shows after an audit: the totals, and a table of systems with the worst first.</summary>
public static class AuditSummary
{
    /// <summary>As many systems as the table shows; the document has all.</summary>
    public const int RowsMax = 40;

    /// <summary>The lines of the summary.</summary>
    /// <param name="document">The audit.</param>
    /// <param name="language"><c>de</c> is German, anything else English.</param>
    public static IEnumerable<string> Lines(AuditDocument document, string language)
    {
        ArgumentNullException.ThrowIfNull(document);
        var words = language == "de" ? Words.German : Words.English;
        foreach (var line in Head(document.Totals, words))
        {
            yield return line;
        }
        Finding[] worstFirst = [.. WorstFirst(document.Findings).Take(RowsMax)];
        if (worstFirst.Length > 0)
        {
            yield return "";
            foreach (var line in Table([words.Columns, .. worstFirst.Select(finding => Row(finding, words))]))
            {
                yield return line;
            }
        }
        if (document.Findings.Count > RowsMax)
        {
            yield return string.Create(words.Culture, $"{document.Findings.Count - RowsMax:N0} {words.More}");
        }
        if (worstFirst.FirstOrDefault(finding => finding.IsOpen) is { } worst)
        {
            yield return "";
            yield return $"{EndPoint(worst)}: {(language == "de" ? worst.Sentence.De : worst.Sentence.En)}";
        }
        if (document.StoppedEarly is { } reason)
        {
            yield return "";
            yield return $"{words.Stopped}: {Printable(reason)}";
        }
    }

    /// <summary>Findings in the order in which somebody should look at them.</summary>
    public static IEnumerable<Finding> WorstFirst(IEnumerable<Finding> findings) =>
        findings
            .OrderByDescending(finding => finding.Severity.Score ?? -1)
            .ThenByDescending(finding => finding.Severity.Extent?.Product ?? -1)
            .ThenByDescending(finding => finding.QueryOpen is null)
            .ThenBy(finding => finding.Address, StringComparer.Ordinal);

    private static IEnumerable<string> Head(AuditTotals totals, Words words)
    {
        yield return string.Create(
            words.Culture,
            $"{words.Systems}: {totals.Systems:N0}   {words.Open}: {totals.OpenSystems:N0}   {words.WithRecords}: {totals.SystemsWithVisibleRecords:N0}   {words.Unknown}: {totals.UnknownSystems:N0}"
        );
        if (totals.StudiesKind != AuditTotals.NotCounted)
        {
            yield return string.Create(
                words.Culture,
                $"{words.Studies}: {totals.Studies:N0} ({words.Kinds[totals.StudiesKind]})   {words.Images}: {totals.Images:N0} ({words.Kinds[totals.ImagesKind]})"
            );
        }
    }

    private static string[] Row(Finding finding, Words words)
    {
        var studies = finding.Records?.Totals.FirstOrDefault(total => total.Unit == CountUnit.Studies);
        var atLeast = studies?.Kind is null or CountKind.Exact ? "" : "≥ ";
        return
        [
            finding.Severity.Score?.ToString("0.0", CultureInfo.InvariantCulture) ?? "?",
            EndPoint(finding),
            finding.Protocol,
            Printable($"{finding.Product.Name} {finding.Product.Version}".TrimEnd()),
            words.Of(finding.QueryOpen),
            words.Of(finding.RetrieveOpen),
            studies is null ? "" : atLeast + studies.Value.ToString("N0", words.Culture),
        ];
    }

    private static IEnumerable<string> Table(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable
            .Range(0, rows[0].Length)
            .Select(column => rows.Max(row => row[column].Length))
            .ToArray();
        return rows.Select(row =>
            string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()
        );
    }

    private static string EndPoint(Finding finding) =>
        IPAddress.TryParse(finding.Address, out var address)
            ? new IPEndPoint(address, finding.Port).ToString()
            : Printable(finding.Address);

    /// <summary>A product's version is the server's word: none of its bytes steers a terminal.</summary>
    private static string Printable(string text)
    {
        const int most = 48;
        var shown = text.Length > most ? text[..most] : text;
        return string.Create(
            shown.Length,
            shown,
            static (span, from) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? '?' : from[i];
                }
            }
        );
    }

    private sealed record Words(CultureInfo Culture)
    {
        public static Words English { get; } = new(Grouped(","));

        public static Words German { get; } =
            new(Grouped("."))
            {
                Systems = "Systeme",
                Open = "offen",
                WithRecords = "mit sichtbaren Daten",
                Unknown = "unbekannt",
                Studies = "Studien",
                Images = "Bilder",
                Columns = ["CVSS", "Adresse", "Protokoll", "Produkt", "Abfrage", "Abruf", "Studien"],
                More = "weitere stehen in audit.json",
                Stopped = "vorzeitig beendet",
                Answers = ["offen", "zu", "unbekannt"],
                Kinds = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["exact"] = "genau",
                    ["exact-over-dated"] = "genau über datierte Studien",
                    ["estimate"] = "geschätzt",
                    ["lower-bound"] = "mindestens",
                    [AuditTotals.NotCounted] = "nicht gezählt",
                },
            };

        public string Systems { get; private init; } = "systems";
        public string Open { get; private init; } = "open";
        public string WithRecords { get; private init; } = "with visible records";
        public string Unknown { get; private init; } = "unknown";
        public string Studies { get; private init; } = "studies";
        public string Images { get; private init; } = "images";
        public string[] Columns { get; private init; } =
        ["CVSS", "address", "protocol", "product", "query", "retrieve", "studies"];
        public string More { get; private init; } = "more are in audit.json";
        public string Stopped { get; private init; } = "stopped early";
        public string[] Answers { get; private init; } = ["open", "closed", "unknown"];
        public Dictionary<string, string> Kinds { get; private init; } =
            new(StringComparer.Ordinal)
            {
                ["exact"] = "exact",
                ["exact-over-dated"] = "exact over dated studies",
                ["estimate"] = "estimated",
                ["lower-bound"] = "at least",
                [AuditTotals.NotCounted] = "not counted",
            };

        public string Of(bool? answer) =>
            Answers[
                answer is null ? 2
                : answer.Value ? 0
                : 1
            ];

        private static CultureInfo Grouped(string separator)
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberGroupSeparator = separator;
            culture.NumberFormat.NumberDecimalSeparator = separator == "." ? "," : ".";
            return culture;
        }
    }
}
