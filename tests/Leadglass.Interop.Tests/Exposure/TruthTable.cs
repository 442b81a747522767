using System.Text;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>One product in one setting: what is so, what the audit says, what nmap says.</summary>
public sealed record TruthRow(Truth Truth, Verdict? AtNull, Verdict? AtHighest, string Nmap)
{
    /// <summary>What is wrong with the verdicts; empty where all agree.</summary>
    public IEnumerable<string> Mistakes()
    {
        var name = $"{Truth.Product}, {Truth.Setting} ({Truth.Address})";
        foreach (var (at, verdict) in ((string, Verdict?)[])[("rung 4", AtNull), ("highest rung", AtHighest)])
        {
            if (verdict is null)
            {
                yield return $"{name} at {at}: no finding";
                continue;
            }

            if (Differs(Truth.Query, verdict.QueryOpen))
            {
                yield return $"{name} at {at}: query is {Truth.Query}, found {Verdict.Word(verdict.QueryOpen)}";
            }

            if (Differs(Truth.Retrieve, verdict.RetrieveOpen))
            {
                yield return $"{name} at {at}: retrieval is {Truth.Retrieve}, found {Verdict.Word(verdict.RetrieveOpen)}";
            }
        }

        if (AtHighest is { } highest && highest.RecordsVisible != Truth.AreRecordsVisible)
        {
            yield return $"{name}: records visible is {Shown(Truth.AreRecordsVisible)}, found {Shown(highest.RecordsVisible)}";
        }

        if (AtNull is { } null4 && Truth.AreRecordsVisible == false && null4.RecordsVisible == true)
        {
            yield return $"{name} at rung 4: records visible claimed";
        }

        if (Truth is { IsCanned: false, AreRecordsVisible: true } && AtHighest?.Studies != Truth.Studies)
        {
            yield return $"{name}: {Truth.Studies} studies, counted {AtHighest?.Studies}";
        }
    }

    /// <summary>Whether nmap calls it insecure.</summary>
    public bool IsInsecureToNmap => Nmap.Contains("insecure", StringComparison.Ordinal);

    /// <summary>As a row of the document.</summary>
    public string ToMarkdown() =>
        $"| {Truth.Product}, {Truth.Setting} | {Truth.Echo.Shown} | {Truth.Find.Shown} | {Truth.Get.Shown} "
        + $"| {Truth.Qido.Shown} | {Truth.Wado.Shown} | {Word(Truth.Query)} / {Word(Truth.Retrieve)} "
        + $"| {Verdict.Word(AtNull?.QueryOpen)} / {Verdict.Word(AtNull?.RetrieveOpen)} "
        + $"| {Shown(AtHighest?.RecordsVisible)}, {AtHighest?.Studies?.ToString() ?? "-"} of {Truth.Studies} | {Nmap} |";

    private static bool Differs(Known known, bool? found) =>
        found
        != known switch
        {
            Known.Open => true,
            Known.Closed => false,
            _ => null,
        };

    private static string Word(Known known) =>
        known switch
        {
            Known.Open => "open",
            Known.Closed => "closed",
            _ => "title required",
        };

    private static string Shown(bool? value) =>
        value switch
        {
            true => "yes",
            false => "no",
            null => "unknown",
        };
}

/// <summary><c>docs/exposure-truth.md</c>: written by the long form of the test, held by every form.</summary>
public static class TruthDocument
{
    private const string Heading =
        "| product, setting | C-ECHO | C-FIND | C-GET | query by web | retrieval by web | so query / retrieval are "
        + "| rung 4 says | highest rung: records visible, studies | nmap says |";

    public static string Path { get; } =
        System.IO.Path.Combine(Leadglass.Testing.SharedData.CheckoutRoot, "docs", "exposure-truth.md");

    /// <summary>The rows that the document has now.</summary>
    public static IReadOnlyList<string> Rows() =>
        File.Exists(Path)
            ?
            [
                .. File.ReadLines(Path)
                    .SkipWhile(l => l != Heading)
                    .Skip(2)
                    .TakeWhile(l => l.StartsWith("| ", StringComparison.Ordinal)),
            ]
            : [];

    /// <summary>The whole document.</summary>
    public static string Compose(IReadOnlyList<TruthRow> rows, string versions)
    {
        var text = new StringBuilder();
        text.Append(
            """
            # What is so, what the audit says, what nmap says

            Written by `ProductTruthTests` with `LEADGLASS_LONG=1 LEADGLASS_WRITE_TRUTH=1`; every run of the tests compares it with what
            it finds. Each product stands on a host of its own in a network of its own, on the ports it has in a hospital, with three
            studies of patients who do not exist.

            - **What is so** was found in the same run by tools that are not ours, from another address than the product's: `echoscu`,
              `findscu` and `getscu` under our calling AE titles and every called title that the audit may use, asking for everything and for a
              study that is there; `curl` for the web. Their exit codes count for nothing: DCMTK's `findscu` ends with 0 after an abort.
              What is read is the status, the abort or the rejection that they print, and what they were given.
            - **title required** means that the server turned the called AE title away before anything could be asked. Whether a stranger would be
              served under the right one nobody can know who does not guess; `unknown` is the only right answer there, and stands nowhere else.
            - **nmap** ran `dicom-ping` on the ports that its own rule names, and `http-title`, `http-auth` and `ssl-cert`. `dicom-brute` did not run: it
              guesses AE titles. "Any AET is accepted (insecure)" means that an association was accepted, which Orthanc and DCMTK's storescp do for anybody
              whom they then refuse everything; no script of nmap asks a query.
            - **CTN**: a connection that is closed before a byte was sent ends `simple_storage`, whoever makes it. It stands behind a relay here
              that waits for the first byte, and shows why devices are to be marked as such in a scope. It answers any query with rows that
              it makes up and holds nothing, so that "records visible" counts what a stranger is shown.


            """
        );
        text.Append(versions).Append("\n\n").Append(Heading).Append('\n');
        text.Append('|').Append(string.Concat(Enumerable.Repeat("---|", 10))).Append('\n');
        foreach (var row in rows)
        {
            text.Append(row.ToMarkdown()).Append('\n');
        }

        return text.Append('\n').Append(InSum(rows)).ToString();
    }

    private static string InSum(IReadOnlyList<TruthRow> rows)
    {
        var open = rows.Where(row => row.Truth.Query == Known.Open).ToList();
        var insecure = rows.Where(row => row.IsInsecureToNmap).ToList();
        return $"""
            Of {rows.Count} settings {open.Count} answer a stranger's query, {rows.Count(r =>
                r.Truth.Query == Known.Closed
            )} refuse it, and of {rows.Count(r => r.Truth.Query == Known.TitleRequired)} nobody can know without
            guessing; the audit said so of each. `dicom-ping` called {insecure.Count} insecure, of which {insecure.Count(
                r => r.Truth.Query != Known.Open
            )} refuse every query, and said nothing of the kind of
            {open.Count(r => !r.IsInsecureToNmap)} of the {open.Count} that answer.

            """;
    }
}
