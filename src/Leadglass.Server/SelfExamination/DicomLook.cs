using System.Security.Cryptography.X509Certificates;
using Leadglass.Exposure;

namespace Leadglass.Server.SelfExamination;

/// <summary>What a stranger tries at the DICOM listener, with the auditor's probe. No byte of DICOM may come back.</summary>
internal sealed class DicomLook(LookContext context, BoundListener listener)
{
    public IEnumerable<LookAttempt> Attempts(Action close) =>
        [
            new(
                listener.Name,
                "DICOM in clear, and in TLS without a certificate",
                cancel => TryAsync(shown: null, cancel),
                close
            ),
            new(
                listener.Name,
                "DICOM in TLS with a certificate of one's own",
                cancel => TryAsync(context.OwnMade, cancel),
                close
            ),
        ];

    private async ValueTask<LookAnswer> TryAsync(X509Certificate2? shown, CancellationToken cancel)
    {
        var dialer = context.Dialer(shown);
        var seen = await new DicomProbe(dialer, context.Clock).ObserveAsync(
            listener.Target,
            LookContext.Plan,
            hint: null,
            cancel
        );
        var answer = Judge(seen);
        return answer.Verdict != LookVerdict.Refused ? answer
            : dialer.RanOutOfTime || !dialer.Connected ? new LookAnswer(LookVerdict.NotLooked, "no answer in time")
            : answer;
    }

    private static LookAnswer Judge(DicomObservation seen)
    {
        var open = seen.Rungs.LastOrDefault(rung => rung.Rung >= Rung.Echo && rung.Answer == Answer.Open);
        return open is not null ? new(LookVerdict.Answered, $"rung {RungLabel.Of(open.Rung)} is open ({open.Response})")
            : seen.CalledAeTitle is not null ? new(LookVerdict.Answered, "an association is accepted")
            : seen.SpeaksDicom ? new(LookVerdict.Weakened, "DICOM answers")
            : seen.Tls is { RequiresClientCertificate: false }
                ? new(LookVerdict.Weakened, "TLS asks for no certificate")
            : new(LookVerdict.Refused, "refused");
    }
}
