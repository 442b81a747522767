namespace Leadglass.Exposure;

/// <summary>Rungs 5b and 6, on the terms under which the null query was answered.</summary>
internal sealed partial class DicomLadder
{
    private async ValueTask CountAsync(CancellationToken cancel)
    {
        using var count = new StudyCount(
            token => OpenAsync(Rung.CountRecords, token),
            _endpoint.Time,
            _plan.IsThorough
        );
        _records = await count.CountAsync(cancel);
        NoteCount(count, _records);
        if (_plan.HighestRung >= Rung.IdentifyingFields)
        {
            await LookForIdentifyingFieldsAsync(count.Holding, cancel);
        }
    }

    private string NoAssociation =>
        _endpoint.IsForbidden ? "the scope does not allow it any more" : "no further association came about";

    private void NoteCount(StudyCount count, ExposedRecords records)
    {
        if (count.HasShownMatches)
        {
            _recordsVisible = true;
            Note(Rung.CountRecords, Answer.Open, "matches", "a stranger is shown studies");
        }
        else if (count.IsAnswered)
        {
            Note(
                Rung.CountRecords,
                Answer.Unknown,
                "0000",
                "no dated study is shown, for want of any or of permission"
            );
        }
        else if (_endpoint.IsForbidden)
        {
            Note(Rung.CountRecords, Answer.Unknown, "not asked", NoAssociation);
        }
        else
        {
            Note(
                Rung.CountRecords,
                Answer.Unknown,
                records.StoppedEarly ?? "not answered",
                "no query by date was answered"
            );
        }
    }

    private async ValueTask LookForIdentifyingFieldsAsync(DateRange? holding, CancellationToken cancel)
    {
        var fields = new FilledFields();
        var association = await OpenAsync(Rung.IdentifyingFields, cancel);
        if (association is null)
        {
            Note(Rung.IdentifyingFields, Answer.Unknown, "not asked", NoAssociation);
            return;
        }

        await using var owned = association;
        var context = association.Find(ProbeProposal.StudyRootFind)!;
        var outcome = await association.QueryAsync(context, FilledFields.Keys(holding), fields, cancel);
        await association.ReleaseAsync(cancel);
        if (!fields.HasSeenStudy)
        {
            Note(Rung.IdentifyingFields, Answer.Unknown, outcome.Outcome.Response, "no study was shown");
            return;
        }

        _recordsVisible = true;
        _identifyingFields = fields.Filled;
        var (answer, reason) =
            _identifyingFields.Count > 0
                ? (Answer.Open, "a study is shown with identifying fields filled")
                : (Answer.Closed, "the study looked at is shown without identifying fields");
        Note(Rung.IdentifyingFields, answer, outcome.Outcome.Response, reason);
    }

    /// <summary>An association for queries alone; null where none with the study root came about.</summary>
    private async ValueTask<ProbeAssociation?> OpenAsync(Rung rung, CancellationToken cancel)
    {
        var request = ProbeProposal.ForCounting(_openCallingAeTitle, _calledAeTitle!);
        var association = (await _endpoint.AskAsync(request, rung, cancel)).Association;
        if (association?.Find(ProbeProposal.StudyRootFind) is not null)
        {
            return association;
        }

        if (association is not null)
        {
            await association.DisposeAsync();
        }

        return null;
    }
}
