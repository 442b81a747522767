using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>Rung 5a: totals that servers tell by themselves, without a row of anybody.</summary>
internal sealed class WebCount(WebConversation conversation, WebFindings findings)
{
    private const string Statistics = "/statistics";

    private static readonly (string Property, CountUnit Unit)[] OfOrthanc =
    [
        ("CountPatients", CountUnit.Patients),
        ("CountStudies", CountUnit.Studies),
        ("CountSeries", CountUnit.Series),
        ("CountInstances", CountUnit.Images),
    ];

    private static readonly (string Path, CountUnit Unit)[] OfDcm4Chee =
    [
        ("patients/count", CountUnit.Patients),
        ("studies/count", CountUnit.Studies),
        ("series/count", CountUnit.Series),
        ("instances/count", CountUnit.Images),
    ];

    /// <summary>Asks the count endpoint that fits what was found; notes nothing where there is none.</summary>
    public async ValueTask CountAsync(WebRoot? openRoot, CancellationToken cancel)
    {
        List<RecordCount> totals = [];
        if (
            findings.IsAdministrationOpen
            || findings.Signs.Values.Any(one => one.StartsWith("Orthanc", StringComparison.Ordinal))
        )
        {
            await AskOrthancAsync(totals, cancel);
        }
        else if (openRoot is { } root && root.Path.StartsWith("/dcm4chee-arc/", StringComparison.Ordinal))
        {
            await AskDcm4CheeAsync(root, totals, cancel);
        }

        if (totals.Count == 0 && openRoot is { } open)
        {
            await AskHeaderAsync(open, totals, cancel);
        }

        if (totals.Count > 0)
        {
            findings.Records = new ExposedRecords(
                totals,
                new Dictionary<string, long>(StringComparer.Ordinal),
                FirstYear: null,
                LastYear: null,
                StoppedEarly: null
            );
            // Totals alone do not show records; together with an answered query they say whether it would yield any.
            if (findings.AnswerOf(Rung.NullQuery) == Answer.Open)
            {
                findings.RecordsVisible = findings.RecordsVisible == true || totals.Exists(one => one.Value > 0);
            }
        }
    }

    private async ValueTask AskOrthancAsync(List<RecordCount> totals, CancellationToken cancel)
    {
        using var answer = await AskAsync(HttpMethod.Get, Statistics, cancel);
        using var facts = Facts(answer);
        foreach (var (property, unit) in OfOrthanc)
        {
            if (facts?.Number(property) is { } count)
            {
                totals.Add(new RecordCount(unit, CountKind.Exact, count, $"GET {Statistics}"));
            }
        }

        Note(answer, totals.Count > 0);
    }

    private async ValueTask AskDcm4CheeAsync(WebRoot root, List<RecordCount> totals, CancellationToken cancel)
    {
        foreach (var (path, unit) in OfDcm4Chee)
        {
            using var answer = await AskAsync(HttpMethod.Get, $"{root.Path}/{path}", cancel);
            using var facts = Facts(answer);
            var count = facts?.Number("count");
            if (count is not null)
            {
                totals.Add(new RecordCount(unit, CountKind.Exact, count.Value, $"GET {root.Shown}/{path}"));
            }

            if (unit == CountUnit.Studies)
            {
                Note(answer, count is not null);
            }
        }
    }

    // HEAD brings the header of the answer without its rows.
    private async ValueTask AskHeaderAsync(WebRoot root, List<RecordCount> totals, CancellationToken cancel)
    {
        using var answer = await AskAsync(HttpMethod.Head, $"{root.Path}/studies?limit=1", cancel);
        if (
            answer.Status is 200 or 204 or 206
            && long.TryParse(answer.TotalCount, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        )
        {
            totals.Add(
                new RecordCount(
                    CountUnit.Studies,
                    CountKind.Exact,
                    count,
                    $"HEAD {root.Shown}/studies, total in its header"
                )
            );
            Note(answer, isCounted: true);
        }
    }

    private void Note(WebAnswer answer, bool isCounted)
    {
        var (verdict, reason) = (isCounted, answer.Status) switch
        {
            (true, _) => (Answer.Open, "The server tells its totals."),
            (_, 401 or 403) => (Answer.Closed, "The server refuses to tell its totals."),
            _ => (Answer.Unknown, "No totals came."),
        };
        findings.Note(Rung.CountEndpoints, verdict, answer.Response, reason);
    }

    private ValueTask<WebAnswer> AskAsync(HttpMethod method, string path, CancellationToken cancel) =>
        conversation.AskAsync(
            method,
            path,
            "application/json",
            Rung.CountEndpoints,
            WebLimits.PageBytesMax,
            isEnough: null,
            cancel
        );

    private static JsonFacts? Facts(WebAnswer answer) =>
        answer is { Status: 200, IsEncoded: false, CutBy: null } ? JsonFacts.Parse(answer.BodyMemory) : null;
}
