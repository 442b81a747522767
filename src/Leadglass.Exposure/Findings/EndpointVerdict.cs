namespace Leadglass.Exposure;

/// <summary>From the rungs tried at one endpoint to what it gives a stranger.</summary>
internal static class EndpointVerdict
{
    public static FoundEndpoint Of(DicomObservation observation)
    {
        var query = AnswerAt(observation.Rungs, Rung.NullQuery);
        return new FoundEndpoint
        {
            Port = observation.Target.Port,
            Protocol =
                observation.IsTls || observation.Tls is { RequiresClientCertificate: true } ? "dicom-tls" : "dicom",
            Name = observation.Target.Name,
            QueryOpen = query,
            RecordsVisible = Visible(observation.RecordsVisible, observation.Records, query),
            RetrieveOpen = AnswerAt(observation.Rungs, Rung.NullRetrieve),
            EchoOpen = AnswerAt(observation.Rungs, Rung.Echo),
            Tls = observation.Tls,
            AeTitleCheck = observation.AeTitleCheck,
            CalledAeTitle = observation.CalledAeTitle,
            ImplementationClassUid = observation.ImplementationClassUid,
            ImplementationVersionName = observation.ImplementationVersionName,
            AcceptedSopClasses = observation.AcceptedSopClasses,
            Rungs = Found(observation.Rungs),
            Records = observation.Records,
            IdentifyingFields = observation.IdentifyingFields,
            Oddities = observation.Oddities,
        };
    }

    public static FoundEndpoint Of(WebObservation observation)
    {
        var query = AnswerAt(observation.Rungs, Rung.NullQuery);
        return new FoundEndpoint
        {
            Port = observation.Target.Port,
            Protocol = observation.IsTls ? "dicomweb-tls" : "dicomweb",
            Name = observation.Target.Name,
            QueryOpen = query,
            RecordsVisible = Visible(observation.RecordsVisible, observation.Records, query),
            RetrieveOpen = AnswerAt(observation.Rungs, Rung.NullRetrieve),
            AdministrationOpen = observation.IsAdministrationOpen,
            Tls = observation.Tls,
            Root = observation.Root,
            Signs = observation.Signs,
            Rungs = Found(observation.Rungs),
            Records = observation.Records,
            IdentifyingFields = observation.IdentifyingFields,
            Oddities = observation.Oddities,
        };
    }

    /// <summary>The highest rung that gave an answer; whatever speaks was identified, rung 1.</summary>
    public static Rung Highest(IReadOnlyList<RungAnswer> rungs) =>
        rungs
            .Where(answer => answer.Answer != Answer.Unknown)
            .Select(answer => answer.Rung)
            .Append(Rung.Identify)
            .Max();

    /// <summary>
    /// Open where any try was answered, closed where all were refused. A refusal beside a try that could not be told leaves
    /// open what that one would have shown.
    /// </summary>
    private static bool? AnswerAt(IReadOnlyList<RungAnswer> rungs, Rung rung)
    {
        Answer[] answers = [.. rungs.Where(answer => answer.Rung == rung).Select(answer => answer.Answer)];
        return answers.Contains(Answer.Open) ? true
            : answers.Length == 0 || answers.Contains(Answer.Unknown) ? null
            : false;
    }

    private static bool? Visible(bool? shown, ExposedRecords? records, bool? query)
    {
        var counted = records?.Totals.FirstOrDefault(total => total.Unit is CountUnit.Studies or CountUnit.Images);
        return (query, counted) switch
        {
            // A total that is told beside a refused query shows no record.
            (false, _) => false,
            (true, { Value: > 0 }) => true,
            (true, { Value: 0, Kind: CountKind.Exact }) => shown ?? false,
            _ => shown,
        };
    }

    private static IReadOnlyList<FoundRung> Found(IReadOnlyList<RungAnswer> rungs) =>
        [
            .. rungs
                .OrderBy(answer => answer.Rung)
                .Select(answer => new FoundRung(
                    answer.Rung.Number(),
                    RungLabel.Of(answer.Rung),
                    answer.Answer,
                    answer.Response,
                    answer.Reason,
                    answer.At
                )),
        ];
}
