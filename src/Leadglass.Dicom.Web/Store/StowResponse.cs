namespace Leadglass.Dicom.Web;

/// <summary>The answer to a store request: its status and the Store Instances Response Module (PS3.18 10.5.3, Annex I).</summary>
public sealed class StowResponse
{
    private readonly string _root;

    /// <param name="root">The services' URL, without slash at its end, for Retrieve URL (0008,1190).</param>
    /// <param name="outcomes">One for each part that was to be an instance, in their order.</param>
    public StowResponse(string root, IReadOnlyList<StowOutcome> outcomes)
    {
        _root = root;
        Outcomes = outcomes;
        Status = StatusOf(outcomes);
    }

    /// <summary>What became of each.</summary>
    public IReadOnlyList<StowOutcome> Outcomes { get; }

    /// <summary>
    /// 200: all are stored; 202: some, or some with a warning; else none, for one reason: 503 resources, 403 rights, or
    /// 409, which stands for mixtures too.
    /// </summary>
    public int Status { get; }

    /// <summary>The body.</summary>
    public DataSet ToDataSet()
    {
        var response = new DataSet();
        response.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        List<DataSet> stored = [];
        List<DataSet> failed = [];
        List<DataSet> other = [];
        foreach (var outcome in Outcomes)
        {
            (
                outcome switch
                {
                    { Failure: null } => stored,
                    { SopInstance: null } => other,
                    _ => failed,
                }
            ).Add(Item(outcome));
        }

        SetUnlessNone(response, DicomTag.ReferencedSOPSequence, stored);
        SetUnlessNone(response, DicomTag.FailedSOPSequence, failed);
        SetUnlessNone(response, DicomTag.OtherFailuresSequence, other);
        var studies = Outcomes.Where(outcome => outcome.Failure is null).Select(outcome => outcome.Study).Distinct();
        if (studies.ToArray() is [{ } study])
        {
            response.SetString(DicomTag.RetrieveURL, $"{_root}/studies/{study.Value}");
        }
        else
        {
            // Type 2: of several studies none is the one.
            response.SetEmpty(DicomTag.RetrieveURL);
        }

        return response;
    }

    /// <summary>How many of each, and nothing of them.</summary>
    public override string ToString() =>
        $"{Status}: {Outcomes.Count(outcome => outcome.Failure is null)} of {Outcomes.Count} stored";

    private static int StatusOf(IReadOnlyList<StowOutcome> outcomes)
    {
        var failures = outcomes.Where(outcome => outcome.Failure is not null).ToArray();
        if (failures.Length < outcomes.Count)
        {
            return failures.Length == 0 && outcomes.All(outcome => outcome.Warning is null) ? 200 : 202;
        }

        return outcomes.Count == 0 ? 400
            : Array.TrueForAll(failures, outcome => outcome.Failure is StowReason.OutOfResources) ? 503
            : Array.TrueForAll(failures, outcome => outcome.Failure is StowReason.NotAuthorized) ? 403
            : 409;
    }

    private static void SetUnlessNone(DataSet response, DicomTag tag, List<DataSet> items)
    {
        if (items.Count > 0)
        {
            response.SetItems(tag, items);
        }
    }

    private DataSet Item(StowOutcome outcome)
    {
        var item = new DataSet();
        if (outcome.SopClass is { } sopClass)
        {
            item.SetString(DicomTag.ReferencedSOPClassUID, sopClass.Value);
        }

        if (outcome.SopInstance is { } instance)
        {
            item.SetString(DicomTag.ReferencedSOPInstanceUID, instance.Value);
        }

        if (outcome.Failure is { } failure)
        {
            item.SetUInt16(DicomTag.FailureReason, failure);
        }
        else if (outcome is { Study: { } study, Series: { } series, SopInstance: { } uid })
        {
            // What waits for review can not be retrieved under its UID.
            var isRetrievable = outcome.Warning is null;
            if (isRetrievable)
            {
                item.SetString(
                    DicomTag.RetrieveURL,
                    $"{_root}/studies/{study.Value}/series/{series.Value}/instances/{uid.Value}"
                );
            }
            else
            {
                item.SetEmpty(DicomTag.RetrieveURL);
            }
        }

        if (outcome.Warning is { } warning)
        {
            item.SetUInt16(DicomTag.WarningReason, warning);
        }

        if (outcome.Comment is { } comment)
        {
            item.SetString(DicomTag.ErrorComment, comment);
        }

        return item;
    }
}
