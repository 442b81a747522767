using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>Rungs 1 to 4 over associations that were accepted.</summary>
internal sealed partial class DicomLadder
{
    /// <summary>How often an association that the server ended is asked for again.</summary>
    private const int RenewalsMax = 3;

    /// <summary>A server that needs longer for a null query is not asked a second one to compare.</summary>
    private static readonly TimeSpan ComparableWithin = TimeSpan.FromSeconds(2);

    private bool _isAnyOpen;

    /// <summary>The terms on which something is asked, and the association under them.</summary>
    private sealed class Terms(ProbeAssociation association, AAssociateRequest request) : IAsyncDisposable
    {
        public ProbeAssociation? Association { get; set; } = association;

        public AAssociateRequest Request { get; } = request;

        public bool IsEchoAnswered { get; set; }

        /// <summary>The null query was answered in the patient root. Only then a retrieval that aborts is tried there too.</summary>
        public bool IsPatientRootOpen { get; set; }

        public int Renewals { get; set; }

        public bool IsGivenUp { get; set; }

        public ValueTask DisposeAsync() => Association?.DisposeAsync() ?? default;
    }

    private async ValueTask ProveAsync(
        ProbeAssociation association,
        CalledTitle title,
        string calling,
        CancellationToken cancel
    )
    {
        await using var terms = new Terms(association, Request(calling, title.Value));
        var queryTook = TimeSpan.Zero;
        Identify(association, title);
        if (_highestOfProof >= Rung.Echo)
        {
            await EchoAsync(terms, cancel);
        }

        if (_highestOfProof >= Rung.NullQuery)
        {
            var began = _endpoint.Time.GetTimestamp();
            await NullQueryAsync(terms, title, cancel);
            queryTook = _endpoint.Time.GetElapsedTime(began);
        }

        if (_highestOfProof >= Rung.NullRetrieve)
        {
            await NullRetrieveAsync(terms, cancel);
        }

        await CloseAsync(terms, cancel);
        if (_isAnyOpen && calling == DicomProbe.CallingAeTitle && queryTook < ComparableWithin)
        {
            await CompareTitlesAsync(cancel);
        }
    }

    private void Identify(ProbeAssociation association, CalledTitle title)
    {
        _calledAeTitle ??= title.Value;
        _accept = association.Accept;
        _acceptedClasses =
        [
            .. association
                .Contexts.Select(context => context.SopClassUid)
                .Where(uid => uid is not (ProbeProposal.Invented or ProbeProposal.StorageAsReceiver))
                .Union(_acceptedClasses, StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
        if (association.Find(ProbeProposal.Invented) is not null)
        {
            _oddities.Add("accepts-invented-sop-class");
        }

        if (association.InventsContexts)
        {
            _oddities.Add("accepts-what-was-not-proposed");
        }

        if (
            _highestOfProof >= Rung.NullQuery
            && association.Accept.UserInformation.ImplementationClassUid == HoneypotImplementation
            && association.Find(ProbeProposal.StudyRootFind) is null
        )
        {
            _oddities.Add("honeypot-implementation-without-query");
        }
    }

    private async ValueTask EchoAsync(Terms terms, CancellationToken cancel)
    {
        var outcome = await AskAsync(terms, ProbeProposal.Verification, (a, c) => a.EchoAsync(c, cancel), cancel);
        terms.IsEchoAnswered = outcome.IsSuccess;
        NoteBest(Rung.Echo, outcome.Response, ResponseTable.Of(Rung.Echo, outcome, false));
    }

    private async ValueTask NullQueryAsync(Terms terms, CalledTitle title, CancellationToken cancel)
    {
        var outcome = await AskAsync(
            terms,
            ProbeProposal.StudyRootFind,
            (a, c) => a.NullQueryAsync(c, NullKeys.Study(), cancel),
            cancel
        );
        var verdict = ResponseTable.Of(Rung.NullQuery, outcome, terms.IsEchoAnswered);
        var isStudyRoot = true;
        if (verdict.Answer != Answer.Open && IsWorthPatientRoot(outcome, terms, ProbeProposal.PatientRootFind))
        {
            var other = await AskAsync(
                terms,
                ProbeProposal.PatientRootFind,
                (a, c) => a.NullQueryAsync(c, NullKeys.Patient(), cancel),
                cancel
            );
            var otherVerdict = ResponseTable.Of(Rung.NullQuery, other, terms.IsEchoAnswered);
            if (Rank(otherVerdict.Answer) > Rank(verdict.Answer))
            {
                (outcome, verdict, isStudyRoot) = (other, otherVerdict, false);
            }
        }

        NoteBest(Rung.NullQuery, outcome.Response, verdict);
        NoteOddities(outcome);
        if (verdict.Answer == Answer.Open)
        {
            _isAnyOpen = true;
            _calledAeTitle = title.Value;
            _openCallingAeTitle = terms.Request.CallingAeTitle;
            _isStudyRootOpen |= isStudyRoot;
            terms.IsPatientRootOpen = !isStudyRoot;
        }
    }

    private async ValueTask NullRetrieveAsync(Terms terms, CancellationToken cancel)
    {
        var outcome = await AskAsync(
            terms,
            ProbeProposal.StudyRootGet,
            (a, c) => a.NullRetrieveAsync(c, NullKeys.Study(), cancel),
            cancel
        );
        var verdict = ResponseTable.Of(Rung.NullRetrieve, outcome, terms.IsEchoAnswered);
        if (
            verdict.Answer != Answer.Open
            && IsWorthPatientRoot(outcome, terms, ProbeProposal.PatientRootGet)
            && (outcome.Ending != DimseEnding.Aborted || terms.IsPatientRootOpen)
        )
        {
            var other = await AskAsync(
                terms,
                ProbeProposal.PatientRootGet,
                (a, c) => a.NullRetrieveAsync(c, NullKeys.Patient(), cancel),
                cancel
            );
            var otherVerdict = ResponseTable.Of(Rung.NullRetrieve, other, terms.IsEchoAnswered);
            if (Rank(otherVerdict.Answer) > Rank(verdict.Answer))
            {
                (outcome, verdict) = (other, otherVerdict);
            }
        }

        NoteBest(Rung.NullRetrieve, outcome.Response, verdict);
        NoteOddities(outcome);
    }

    /// <summary>
    /// A server may offer the patient root alone, and refuse the other by a status, at the negotiation, or by an abort: then
    /// another association is worth it where the patient root was accepted. One that is silent or breaks off is not asked twice.
    /// </summary>
    private static bool IsWorthPatientRoot(DimseOutcome outcome, Terms terms, string patientRoot) =>
        outcome.Ending switch
        {
            DimseEnding.Status or DimseEnding.NotAccepted => true,
            DimseEnding.Aborted => terms.Association?.Find(patientRoot) is not null,
            _ => false,
        };

    private void NoteOddities(DimseOutcome outcome)
    {
        switch (outcome)
        {
            case { Ending: DimseEnding.Match, HasDataSet: true } or { Ending: DimseEnding.StoreRequest }:
                _recordsVisible = true;
                _oddities.Add("ignores-keys");
                break;
            case { Ending: DimseEnding.Malformed or DimseEnding.TooMuch }:
                _oddities.Add("breaks-protocol");
                break;
        }
    }

    /// <summary>Carries out one operation, on a new association where the server ended the last one.</summary>
    private async ValueTask<DimseOutcome> AskAsync(
        Terms terms,
        string sopClassUid,
        Func<ProbeAssociation, ProbeContext, ValueTask<DimseOutcome>> operation,
        CancellationToken cancel
    )
    {
        if (terms.IsGivenUp)
        {
            return new DimseOutcome(DimseEnding.NotTried);
        }

        if (terms.Association is { IsOver: true } ended)
        {
            await ended.DisposeAsync();
            terms.Association = null;
            if (terms.Renewals++ < RenewalsMax)
            {
                terms.Association = (await _endpoint.AskAsync(terms.Request, _highestOfProof, cancel)).Association;
            }
        }

        if (terms.Association is not { } association)
        {
            return new DimseOutcome(DimseEnding.NotTried);
        }

        if (association.Find(sopClassUid) is not { } context)
        {
            return association.NotAccepted(sopClassUid, terms.Request);
        }

        var outcome = await operation(association, context);
        terms.IsGivenUp = outcome.IsHopeless;
        return outcome;
    }

    private static async ValueTask CloseAsync(Terms terms, CancellationToken cancel)
    {
        if (terms.Association is { } association)
        {
            await association.ReleaseAsync(cancel);
            await association.DisposeAsync();
            terms.Association = null;
        }
    }

    /// <summary>
    /// One more association with the other calling title and the called title that nobody has: whoever treats it otherwise
    /// checks titles.
    /// </summary>
    private async ValueTask CompareTitlesAsync(CancellationToken cancel)
    {
        var request = Request(DicomProbe.SecondCallingAeTitle, DicomProbe.UnknownCalledAeTitle);
        var answer = await _endpoint.AskAsync(request, _highestOfProof, cancel);
        if (answer.Association is { } association)
        {
            await using var terms = new Terms(association, request);
            var outcome = await AskAsync(
                terms,
                ProbeProposal.StudyRootFind,
                (a, c) => a.NullQueryAsync(c, NullKeys.Study(), cancel),
                cancel
            );
            var isRefused = ResponseTable.Of(Rung.NullQuery, outcome, true).Answer == Answer.Closed && _isStudyRootOpen;
            _check = isRefused ? AeTitleCheck.Calling : AeTitleCheck.None;
            await CloseAsync(terms, cancel);
        }
        else if (answer.Reject is { Result: RejectResult.Permanent, Source: RejectSource.ServiceUser } reject)
        {
            _check = reject.Reason switch
            {
                7 => AeTitleCheck.Called,
                3 => AeTitleCheck.Calling,
                _ => _check,
            };
        }
    }
}
