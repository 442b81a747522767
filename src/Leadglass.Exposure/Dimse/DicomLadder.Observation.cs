using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>What is written down.</summary>
internal sealed partial class DicomLadder
{
    /// <summary>Of several tries the one that is open counts, then one that could not be told, then a refusal.</summary>
    private static int Rank(Answer answer) =>
        answer switch
        {
            Answer.Open => 2,
            Answer.Unknown => 1,
            _ => 0,
        };

    private void Note(Rung rung, Answer answer, string response, string reason) =>
        _answers[rung] = new RungAnswer(rung, answer, response, reason, _endpoint.Time.GetUtcNow());

    /// <summary>One answer for each rung over all titles that were accepted.</summary>
    private void NoteBest(Rung rung, string response, Verdict verdict)
    {
        if (!_proven.Add(rung) && Rank(_answers[rung].Answer) >= Rank(verdict.Answer))
        {
            return;
        }

        Note(rung, verdict.Answer, response, verdict.Reason);
    }

    /// <summary>What is to be said of the rungs above, as long as nothing better is known: no association came about.</summary>
    private void NoteUnproven(string response, Answer answer, string reason)
    {
        for (var rung = Rung.Echo; rung <= _highestOfProof; rung++)
        {
            if (
                !_proven.Contains(rung)
                && (!_answers.TryGetValue(rung, out var known) || Rank(answer) < Rank(known.Answer))
            )
            {
                Note(rung, answer, response, reason);
            }
        }
    }

    private DicomObservation NotDicom(AssociationAnswer answer)
    {
        if (answer.Kind == AnswerKind.NotConnected)
        {
            var isRefused = answer.Dialled == DialOutcome.Refused;
            var reason = isRefused ? "nothing listens there" : "no connection came about";
            Note(Rung.Connect, isRefused ? Answer.Closed : Answer.Unknown, answer.Response, reason);
        }
        else if (_endpoint.Tls?.RequiresClientCertificate == true)
        {
            const string Required = "TLS certificate required";
            Note(
                Rung.Identify,
                Answer.Unknown,
                Required,
                "what speaks inside TLS is shown to holders of a certificate only"
            );
            NoteUnproven(Required, Answer.Closed, "refused in TLS without a client certificate");
        }
        else
        {
            var response =
                answer.Kind == AnswerKind.TlsFailed ? _endpoint.TlsFailure ?? answer.Response : answer.Response;
            Note(Rung.Identify, Answer.Unknown, response, "no DICOM upper layer answers");
        }

        return Observation(speaksDicom: false);
    }

    private DicomObservation Observation(bool speaksDicom) =>
        new()
        {
            Target = _endpoint.Target,
            SpeaksDicom = speaksDicom,
            IsTls = _endpoint.IsTls,
            Tls = _endpoint.Tls,
            AeTitleCheck = _check,
            CalledAeTitle = _calledAeTitle,
            ImplementationClassUid = ClassUid(_accept?.UserInformation),
            ImplementationVersionName = VersionName(_accept?.UserInformation),
            AcceptedSopClasses = _acceptedClasses,
            Rungs = [.. _answers.Values.OrderBy(answer => answer.Rung)],
            RecordsVisible = _recordsVisible,
            Records = _records,
            IdentifyingFields = _identifyingFields,
            Oddities = [.. _oddities],
        };

    private static string? ClassUid(UserInformation? information) =>
        information is not null && UidSyntax.IsValid(information.ImplementationClassUid)
            ? information.ImplementationClassUid
            : null;

    /// <summary>Printable ASCII only: unprintable bytes came as U+FFFD, and a name that had some is no name.</summary>
    private static string? VersionName(UserInformation? information) =>
        information?.ImplementationVersionName is { Length: > 0 } name
        && !name.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? name
            : null;
}
