using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>One climb at one endpoint: from the first A-ASSOCIATE-RQ to the null retrieve, then the counting.</summary>
internal sealed partial class DicomLadder
{
    private const int TitlesMax = 16;

    /// <summary>Where no more than identification is allowed, on a device perhaps, one title of the scope is tried.</summary>
    private const int TitlesOfDeviceMax = 1;

    private const int PublishedTitlesMax = 3;

    /// <summary>go-netdicom, which the honeypot dicompot is built on.</summary>
    private const string HoneypotImplementation = "1.2.826.0.1.3680043.9.7133.1.1";

    private readonly DicomEndpoint _endpoint;
    private readonly ProbePlan _plan;
    private readonly ProductHint? _hint;
    private readonly Rung _highestOfProof;
    private readonly Dictionary<Rung, RungAnswer> _answers = [];
    private readonly HashSet<Rung> _proven = [];
    private readonly SortedSet<string> _oddities = new(StringComparer.Ordinal);
    private AAssociateAccept? _accept;
    private IReadOnlyList<string> _acceptedClasses = [];
    private string? _calledAeTitle;
    private string _openCallingAeTitle = DicomProbe.CallingAeTitle;
    private AeTitleCheck _check;
    private bool? _recordsVisible;
    private bool _isStudyRootOpen;
    private ExposedRecords? _records;
    private IReadOnlyList<string> _identifyingFields = [];

    public DicomLadder(DicomEndpoint endpoint, ProbePlan plan, ProductHint? hint)
    {
        _endpoint = endpoint;
        _plan = plan;
        _hint = hint;
        _highestOfProof = plan.HighestRung < Rung.NullRetrieve ? plan.HighestRung : Rung.NullRetrieve;
    }

    /// <summary>A called title to try.</summary>
    /// <param name="Value">The title.</param>
    /// <param name="IsKnown">The scope says that it is right for this host.</param>
    private readonly record struct CalledTitle(string Value, bool IsKnown);

    /// <summary>Climbs as high as plan and server allow.</summary>
    public async ValueTask<DicomObservation> ClimbAsync(CancellationToken cancel)
    {
        var titles = Titles();
        var first = await FirstAnswerAsync(titles[0].Value, cancel);
        if (first.Kind != AnswerKind.NotConnected)
        {
            Note(Rung.Connect, Answer.Open, "connected", "something listens");
        }

        if (!first.IsDicom)
        {
            return NotDicom(first);
        }

        Note(Rung.Identify, Answer.Open, first.Response, "a DICOM upper layer answers");
        await TryTitlesAsync(titles, first, cancel);
        if (_isStudyRootOpen && _plan.HighestRung >= Rung.CountRecords)
        {
            await CountAsync(cancel);
        }

        return Observation(speaksDicom: true);
    }

    /// <summary>Asks in clear, and inside TLS where what came suggests that.</summary>
    private async ValueTask<AssociationAnswer> FirstAnswerAsync(string called, CancellationToken cancel)
    {
        var request = Request(DicomProbe.CallingAeTitle, called);
        var clear = await _endpoint.AskAsync(request, _highestOfProof, cancel);
        if (!SuggestsTls(clear.Kind))
        {
            return clear;
        }

        _endpoint.IsTls = true;
        var inTls = await _endpoint.AskAsync(request, _highestOfProof, cancel);
        if (inTls.IsDicom || _endpoint.Tls is not null)
        {
            return inTls;
        }

        _endpoint.IsTls = false;
        return clear;
    }

    /// <summary>
    /// A TLS alert asks for it. A close or silence may mean it too; but a device, of which no more than rung 1 is allowed,
    /// is spared a TLS hello that it did not ask for.
    /// </summary>
    private bool SuggestsTls(AnswerKind kind) =>
        kind == AnswerKind.Tls || (_plan.HighestRung > Rung.Identify && kind is AnswerKind.Closed or AnswerKind.Silent);

    private List<CalledTitle> Titles()
    {
        var known = _plan
            .CalledAeTitles.Where(title => AeTitle.TryParse(title, out _))
            .Distinct(StringComparer.Ordinal)
            .Take(_highestOfProof > Rung.Identify ? TitlesMax : TitlesOfDeviceMax);
        return
        [
            .. known.Select(title => new CalledTitle(title, _plan.OwnAeTitles.Contains(title, StringComparer.Ordinal))),
            new(DicomProbe.UnknownCalledAeTitle, false),
        ];
    }

    /// <summary>The published titles, where the plan allows and a title is what is missing.</summary>
    private IEnumerable<CalledTitle> PublishedTitles() =>
        _plan.TriesPublishedTitles && _check == AeTitleCheck.Called && _hint is not null
            ? _hint
                .PublishedAeTitles.Where(title => AeTitle.TryParse(title, out _))
                .Except(_plan.CalledAeTitles, StringComparer.Ordinal)
                .Take(PublishedTitlesMax)
                .Select(title => new CalledTitle(title, false))
            : [];

    private async ValueTask TryTitlesAsync(List<CalledTitle> titles, AssociationAnswer first, CancellationToken cancel)
    {
        AssociationAnswer? answer = first;
        foreach (var title in titles)
        {
            answer ??= await _endpoint.AskAsync(
                Request(DicomProbe.CallingAeTitle, title.Value),
                _highestOfProof,
                cancel
            );
            if (!await TryTitleAsync(title, answer, cancel))
            {
                return;
            }

            answer = null;
        }

        foreach (var title in PublishedTitles())
        {
            answer = await _endpoint.AskAsync(Request(DicomProbe.CallingAeTitle, title.Value), _highestOfProof, cancel);
            if (!await TryTitleAsync(title, answer, cancel))
            {
                return;
            }
        }
    }

    /// <summary>Goes on from the answer under one title; false when no other title is worth trying.</summary>
    private async ValueTask<bool> TryTitleAsync(CalledTitle title, AssociationAnswer answer, CancellationToken cancel)
    {
        switch (answer.Kind)
        {
            case AnswerKind.Accepted:
                await ProveAsync(answer.Association!, title, DicomProbe.CallingAeTitle, cancel);
                return !_isAnyOpen && _highestOfProof >= Rung.NullQuery;
            case AnswerKind.Rejected:
                return await TakeRejectionAsync(title, answer, cancel);
            case AnswerKind.Aborted:
                NoteUnproven(answer.Response, Answer.Unknown, "aborted instead of an answer to the association");
                return false;
            default:
                NoteUnproven(answer.Response, Answer.Unknown, "no further association came about");
                return false;
        }
    }

    private async ValueTask<bool> TakeRejectionAsync(
        CalledTitle title,
        AssociationAnswer answer,
        CancellationToken cancel
    )
    {
        var reject = answer.Reject!;
        var (verdict, reason) = ResponseTable.Of(reject, title.IsKnown);
        NoteUnproven(answer.Response, verdict, reason);
        if (reject.Result == RejectResult.Transient)
        {
            return false;
        }

        if (reject.Source != RejectSource.ServiceUser)
        {
            return true;
        }

        if (reject.Reason == AAssociateReject.CalledAeTitleNotRecognized.Reason)
        {
            _check = AeTitleCheck.Called;
            return true;
        }

        if (reject.Reason != AAssociateReject.CallingAeTitleNotRecognized.Reason)
        {
            return true;
        }

        _check = AeTitleCheck.Calling;
        var request = Request(DicomProbe.SecondCallingAeTitle, title.Value);
        var second = await _endpoint.AskAsync(request, _highestOfProof, cancel);
        if (second.Association is { } association)
        {
            await ProveAsync(association, title, DicomProbe.SecondCallingAeTitle, cancel);
        }

        return false;
    }

    private AAssociateRequest Request(string calling, string called) =>
        ProbeProposal.UpTo(_highestOfProof, calling, called);
}
