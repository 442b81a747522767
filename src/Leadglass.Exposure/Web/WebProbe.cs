using System.Net.Http.Headers;
using System.Reflection;

namespace Leadglass.Exposure;

/// <summary>
/// Looks at one endpoint as a stranger's browser and a stranger's DICOMweb client would, rung by rung, never above the plan's
/// highest. What it asks for at which rung stands in <c>docs/auditing.md</c>.
/// </summary>
public sealed class WebProbe
{
    private readonly IProbeDialer _dialer;
    private readonly TimeProvider _time;
    private readonly WebProbeOptions _options;
    private readonly ProductInfoHeaderValue[] _userAgent;

    /// <param name="dialer">The one way to connections.</param>
    public WebProbe(IProbeDialer dialer, TimeProvider time, WebProbeOptions? options = null)
    {
        _dialer = dialer;
        _time = time;
        _options = options ?? new WebProbeOptions();
        _userAgent = UserAgent(_options.Contact);
    }

    /// <summary>What an endpoint shows. Whatever the server does is a result.</summary>
    /// <exception cref="OutOfScopeException">The scope does not allow the endpoint. Where it ends later, what was proved is the result.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<WebObservation> ObserveAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel)
    {
        using var endpoint = new ServerTime(WebLimits.EndpointTime, _time);
        var dialer = new PatientDialer(_dialer, endpoint);
        var findings = new WebFindings(target, _options.Fingerprints, _time);
        await using var clear = new WebConversation(dialer, target, isTls: false, _userAgent, _time);
        using var start = await StartAsync(clear, cancel);
        if (start.Outcome == WebOutcome.NotConnected)
        {
            findings.Note(Rung.Connect, Answer.Closed, start.Response, "No connection came about.");
            return findings.ToObservation();
        }

        findings.Note(Rung.Connect, Answer.Open, "connected", "The port takes connections.");
        var look = new Look(dialer, plan, findings, endpoint.Over);
        if (start.Outcome == WebOutcome.Answered && !AsksForTls(start, target))
        {
            await LookAsync(look, clear, start, cancel);
        }
        else if (start.Outcome == WebOutcome.Answered || MayGreet(clear, target, plan))
        {
            await clear.DisposeAsync();
            await LookInTlsAsync(look, clear, start, cancel);
        }
        else
        {
            NoteNoHttp(findings, start.Response);
        }

        return findings.ToObservation();
    }

    // Devices can hang on a hello of TLS: at rung 1 it is sent only where something speaks for TLS.
    private static bool MayGreet(WebConversation clear, ProbeTarget target, ProbePlan plan) =>
        plan.HighestRung > Rung.Identify || KnownPorts.IsWeb(target.Port) || clear.HasSeenTlsAlert;

    private async ValueTask LookInTlsAsync(Look look, WebConversation clear, WebAnswer start, CancellationToken cancel)
    {
        var (dialer, _, findings, _) = look;
        await using var tls = new WebConversation(dialer, findings.Target, isTls: true, _userAgent, _time);
        using var secure = await StartInTlsAsync(tls, start, cancel);
        findings.Tls = tls.Tls;
        if (secure.Outcome == WebOutcome.Answered)
        {
            await LookAsync(look, tls, secure, cancel);
        }
        else if (start.Outcome == WebOutcome.Answered)
        {
            await tls.DisposeAsync();
            await LookAsync(look, clear, start, cancel);
        }
        else if (findings.Tls?.RequiresClientCertificate == true)
        {
            findings.Note(
                Rung.Identify,
                Answer.Closed,
                secure.Response,
                "TLS ends without a certificate of the client, so a stranger gets no further."
            );
        }
        else
        {
            NoteNoHttp(findings, secure.Outcome == WebOutcome.NoTls ? start.Response : secure.Response);
        }
    }

    private static async ValueTask<WebAnswer> StartInTlsAsync(
        WebConversation tls,
        WebAnswer start,
        CancellationToken cancel
    )
    {
        try
        {
            return await StartAsync(tls, cancel);
        }
        catch (OutOfScopeException refusal) when (start.Outcome == WebOutcome.Answered)
        {
            // What was answered in clear stands.
            return WebAnswer.None(WebOutcome.NotConnected, refusal.Reason);
        }
    }

    private static ValueTask<WebAnswer> StartAsync(WebConversation conversation, CancellationToken cancel) =>
        conversation.AskAsync(
            HttpMethod.Get,
            "/",
            "text/html, */*;q=0.5",
            Rung.Identify,
            WebLimits.PageBytesMax,
            isEnough: null,
            cancel
        );

    private async ValueTask LookAsync(
        Look look,
        WebConversation conversation,
        WebAnswer start,
        CancellationToken cancel
    )
    {
        var (dialer, plan, findings, over) = look;
        findings.SpeaksHttp = true;
        findings.IsTls = conversation.IsTls;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, cancel);
        try
        {
            await new WebIdentify(conversation, findings, _options.Fingerprints, _options.RedirectRefused).LookAsync(
                start,
                either.Token
            );
            var ladder = new WebLadder(dialer, _time, conversation, findings, _options, plan);
            await ladder.ClimbAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            findings.Note(findings.Highest, Answer.Unknown, "time-out", "The endpoint took longer than it may.");
        }
        catch (OutOfScopeException refusal)
        {
            // The scope, or its hours, ended meanwhile; what was proved before stands.
            findings.Note(refusal.Rung, Answer.Unknown, "not asked", "The scope does not allow it any more.");
        }
        // An answer that breaks its reader ends the look, and takes nothing with it.
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            findings.Note(findings.Highest, Answer.Unknown, "not understood", "An answer could not be read.");
        }

        findings.Tls = conversation.Tls ?? findings.Tls;
    }

    // Servers answer a request in clear at a TLS port with 400, or send visitors to the same port over TLS.
    private static bool AsksForTls(WebAnswer start, ProbeTarget target) =>
        start.Status == 400
        || (start.Location is { IsAbsoluteUri: true, Scheme: "https" } location && location.Port == target.Port);

    private static void NoteNoHttp(WebFindings findings, string response) =>
        findings.Note(Rung.Identify, Answer.Unknown, response, "No response of HTTP came.");

    /// <summary>Who asks, in every request.</summary>
    internal static ProductInfoHeaderValue[] UserAgent(string? contact)
    {
        var version =
            Assembly
                .GetExecutingAssembly()
                .GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                ?.InformationalVersion
            ?? "0";
        var product = new ProductInfoHeaderValue("Leadglass-Audit", version);
        var plain = string.Concat(
            (contact ?? "").Where(static letter => letter is > ' ' and < (char)127 and not ('(' or ')' or '\\' or '"'))
        );
        return plain.Length is 0 or > 200 ? [product] : [product, new ProductInfoHeaderValue($"(+{plain})")];
    }

    private sealed record Look(IProbeDialer Dialer, ProbePlan Plan, WebFindings Findings, CancellationToken Over);
}
