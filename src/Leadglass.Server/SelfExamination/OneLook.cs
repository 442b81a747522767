using Leadglass.Access.Trails;
using Leadglass.Exposure;
using Leadglass.Server.Data;
using Microsoft.AspNetCore.Http;
using AuditEvent = Leadglass.Access.Trails.AuditEvent;

namespace Leadglass.Server.SelfExamination;

/// <summary>One look over all listeners.</summary>
internal sealed class OneLook(
    ArchiveHost host,
    IReadOnlyList<BoundListener> listeners,
    IReadOnlyList<Endpoint> endpoints,
    TimeSpan patience,
    ServerLog log
)
{
    // A listener that does not answer this many attempts in a row is not asked all the others.
    private const int SilencesMax = 3;

    public int Attempts { get; private set; }

    public int NotLooked { get; private set; }

    public List<SelfExaminationNotice> Notices { get; } = [];

    public async ValueTask RunAsync(CancellationToken cancel)
    {
        var scope = ScanScope.OfOwnListeners(
            [.. listeners.Select(listener => listener.Reachable)],
            Rung.NullRetrieve,
            host.Clock
        );
        await using var gate = new ScopeGate(scope, DecisionLog.WithoutFile(host.Clock), host.Clock);
        using var ownMade = StrangersCertificate.Make(host.Clock.GetUtcNow());
        var context = new LookContext(gate, host.Looks, patience, host.Clock, ownMade);
        foreach (var listener in listeners.Where(one => !host.Closures.Of(one.Kind).IsClosed))
        {
            if (await context.FindAmissAsync(listener, cancel) is { } amiss)
            {
                NoteNotLooked(listener.Name, "positive control", amiss);
                continue;
            }
            await LookAtAsync(context, listener, cancel);
        }
        LookAtControlSocket();
    }

    private async ValueTask LookAtAsync(LookContext context, BoundListener listener, CancellationToken cancel)
    {
        var closures = host.Closures;
        switch (listener.Kind)
        {
            case ListenerKind.Dicom:
                await TryAllAsync(new DicomLook(context, listener).Attempts(closures.Of(listener.Kind).Close), cancel);
                break;
            case ListenerKind.Programs:
                await TryAllAsync(
                    new ProgramsLook(context, listener).Attempts(closures.Of(listener.Kind).Close),
                    cancel
                );
                break;
            default:
                await using (var browser = new StrangersBrowser(context, listener, shown: null))
                {
                    await LookAtWebAsync(
                        new WebLook(context, listener, browser, endpoints, closures),
                        listener,
                        cancel
                    );
                }
                break;
        }
    }

    private async ValueTask LookAtWebAsync(WebLook web, BoundListener listener, CancellationToken cancel)
    {
        if (await web.FindAmissAsync(cancel) is { } amiss)
        {
            NoteNotLooked(listener.Name, "positive control", amiss);
            return;
        }
        foreach (var route in web.WronglyMarked())
        {
            var attempt = new LookAttempt(listener.Name, $"the marks of {route}", _ => default, Close: null);
            await WeakenedAsync(attempt, "marked as welcome to strangers, and not on the list of what is");
        }
        await TryAllAsync(web.Attempts(), cancel);
    }

    private async ValueTask TryAllAsync(IEnumerable<LookAttempt> attempts, CancellationToken cancel)
    {
        var silences = 0;
        var left = 0;
        foreach (var attempt in attempts)
        {
            if (silences == SilencesMax)
            {
                left++;
                continue;
            }
            var answer = await attempt.TryAsync(cancel);
            Attempts++;
            silences = answer.IsSilent ? silences + 1 : 0;
            if (answer.Verdict == LookVerdict.Answered)
            {
                await AnsweredAsync(attempt, answer.Answer, cancel);
            }
            else if (answer.Verdict == LookVerdict.Weakened)
            {
                await WeakenedAsync(attempt, answer.Answer);
            }
            else if (answer.Verdict == LookVerdict.NotLooked)
            {
                NoteNotLooked(attempt.Service, attempt.Name, answer.Answer);
            }
        }
        if (left > 0)
        {
            NoteNotLooked("the same listener", $"{left} more attempts", "not made, since nothing answers any more");
            NotLooked += left - 1;
            Attempts += left;
        }
    }

    /// <summary>An alarm, a second try at once, and then the end of this service.</summary>
    private async ValueTask AnsweredAsync(LookAttempt attempt, string answer, CancellationToken cancel)
    {
        Notices.Add(new SelfExaminationNotice(attempt.Service, attempt.Name, answer, IsNotLooked: false));
        log.StrangerWasAnswered(attempt.Service, attempt.Name, answer);
        await AlarmAsync(attempt, answer);
        var second = await attempt.TryAsync(cancel);
        Attempts++;
        if (second.Verdict == LookVerdict.Answered && attempt.Close is { } close)
        {
            close();
            log.ServiceClosed(attempt.Service);
            await AlarmAsync(attempt, "closed");
        }
    }

    private async ValueTask WeakenedAsync(LookAttempt attempt, string answer)
    {
        Notices.Add(new SelfExaminationNotice(attempt.Service, attempt.Name, answer, IsNotLooked: false));
        log.GuardWeakened(attempt.Service, attempt.Name, answer);
        await AlarmAsync(attempt, answer);
    }

    private void NoteNotLooked(string service, string attempt, string answer)
    {
        NotLooked++;
        Notices.Add(new SelfExaminationNotice(service, attempt, answer, IsNotLooked: true));
        log.CouldNotLook(service, attempt, answer);
    }

    private void LookAtControlSocket()
    {
        Attempts++;
        var path = host.Folder.ControlSocket;
        if (!File.Exists(path))
        {
            NoteNotLooked("control socket", "its mode", "it is not there");
        }
        else if (File.GetUnixFileMode(path) is var mode && mode != DataFolder.FileMode)
        {
            Notices.Add(new SelfExaminationNotice("control socket", "its mode", $"{mode}", IsNotLooked: false));
            log.GuardWeakened("control socket", "its mode", "others than its owner may connect");
        }
    }

    private async ValueTask AlarmAsync(LookAttempt attempt, string what)
    {
        try
        {
            await host.Trail.RecordAsync(
                new TrailEvent
                {
                    Event = AuditEvent.SecurityAlert,
                    Type = AuditEventType.SecurityConfiguration,
                    Outcome = AuditOutcome.MajorFailure,
                    Who = "archive",
                    Detail = $"self-examination: {attempt.Service}: {attempt.Name}: {what}",
                },
                CancellationToken.None
            );
        }
        catch (TrailUnavailableException)
        {
            // The log has it, and a service is closed whether that can be recorded or not.
        }
    }
}
