namespace Leadglass.Exposure;

/// <summary>Which of a product's steps fit what was found, and whether logs are to be secured.</summary>
internal static class FindingAdvice
{
    /// <summary>A closed system gets the steps that make it better, but not those that close it.</summary>
    public static IEnumerable<FoundStep> StepsFor(Finding finding, ProductAdvice advice)
    {
        var situations = Situations(finding);
        var isClosed = !IsGiving(finding) && finding.QueryOpen is false;
        return (
            isClosed
                ? advice.Steps.Where(step => step.Situations.Any(situations.Contains))
                : advice.StepsFor(situations)
        ).Select(step => new FoundStep(step.Text.English, step.Text.German, step.Setting, step.Source));
    }

    /// <summary>Logs tell who has been there: of use where somebody could have been.</summary>
    public static IEnumerable<FoundLog> LogsFor(Finding finding, ProductAdvice advice) =>
        IsGiving(finding) ? advice.Logs.Select(log => new FoundLog(log.Path, log.Text.English, log.Text.German)) : [];

    private static bool IsGiving(Finding finding) =>
        finding.IsOpen || finding.AdministrationOpen || finding.RecordsVisible is true;

    private static HashSet<AdviceSituation> Situations(Finding finding)
    {
        var situations = new HashSet<AdviceSituation>();
        foreach (var endpoint in finding.Endpoints)
        {
            foreach (var (situation, holds) in endpoint.IsDimse ? OfDicom(endpoint) : OfWeb(endpoint))
            {
                if (holds)
                {
                    situations.Add(situation);
                }
            }
        }
        return situations;
    }

    private static IEnumerable<(AdviceSituation Situation, bool Holds)> OfDicom(FoundEndpoint endpoint) =>
        [
            (AdviceSituation.DicomQueryOpen, endpoint.QueryOpen is true),
            (AdviceSituation.DicomRetrieveOpen, endpoint.RetrieveOpen is true),
            (AdviceSituation.AeTitlesUnchecked, endpoint.AeTitleCheck is AeTitleCheck.None),
            (AdviceSituation.DicomInClear, !endpoint.IsTls),
        ];

    private static IEnumerable<(AdviceSituation Situation, bool Holds)> OfWeb(FoundEndpoint endpoint) =>
        [
            (
                AdviceSituation.WebOpen,
                endpoint.QueryOpen is true || endpoint.RetrieveOpen is true || endpoint.RecordsVisible is true
            ),
            (AdviceSituation.AdministrationOpen, endpoint.AdministrationOpen),
            (AdviceSituation.WebInClear, !endpoint.IsTls),
        ];
}
