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
    /// <exception cref="OutOfScopeException">The scope does not allow the endpoint, or one of the plan's rungs at it.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<WebObservation> ObserveAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel)
    {
        var findings = new WebFindings(target, _time);
        await using var clear = Converse(target, isTls: false);
        using var start = await StartAsync(clear, cancel);
        if (start.Outcome == WebOutcome.NotConnected)
        {
            findings.Note(Rung.Connect, Answer.Closed, start.Response, "No connection came about.");
            return findings.ToObservation();
        }

        findings.Note(Rung.Connect, Answer.Open, "connected", "The port takes connections.");
        if (start.Outcome == WebOutcome.Answered && !AsksForTls(start, target))
        {
            await LookAsync(clear, start, plan, findings, cancel);
            return findings.ToObservation();
        }

        await clear.DisposeAsync();
        await using var tls = Converse(target, isTls: true);
        using var secure = await StartAsync(tls, cancel);
        findings.Tls = tls.Tls;
        if (secure.Outcome == WebOutcome.Answered)
        {
            await LookAsync(tls, secure, plan, findings, cancel);
        }
        else if (start.Outcome == WebOutcome.Answered)
        {
            await tls.DisposeAsync();
            await LookAsync(clear, start, plan, findings, cancel);
        }
        else
        {
            NoteNoHttp(findings, start, secure);
        }

        return findings.ToObservation();
    }

    private WebConversation Converse(ProbeTarget target, bool isTls) => new(_dialer, target, isTls, _userAgent, _time);

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
        WebConversation conversation,
        WebAnswer start,
        ProbePlan plan,
        WebFindings findings,
        CancellationToken cancel
    )
    {
        findings.SpeaksHttp = true;
        findings.IsTls = conversation.IsTls;
        using var late = new CancellationTokenSource(WebLimits.EndpointTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            await new WebIdentify(conversation, findings, _options.Fingerprints, _options.RedirectRefused).LookAsync(
                start,
                either.Token
            );
            var ladder = new WebLadder(_dialer, _time, conversation, findings, _options, plan);
            await ladder.ClimbAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            findings.Note(findings.Highest, Answer.Unknown, "time-out", "The endpoint took longer than it may.");
        }

        findings.Tls = conversation.Tls ?? findings.Tls;
    }

    // Servers answer a request in clear at a TLS port with 400, or send visitors to the same port over TLS.
    private static bool AsksForTls(WebAnswer start, ProbeTarget target) =>
        start.Status == 400
        || (start.Location is { IsAbsoluteUri: true, Scheme: "https" } location && location.Port == target.Port);

    private static void NoteNoHttp(WebFindings findings, WebAnswer clear, WebAnswer tls)
    {
        if (findings.Tls?.RequiresClientCertificate == true)
        {
            findings.Note(
                Rung.Identify,
                Answer.Closed,
                tls.Response,
                "TLS ends without a certificate of the client, so a stranger gets no further."
            );
            return;
        }

        var response = tls.Outcome == WebOutcome.NoTls ? clear.Response : tls.Response;
        findings.Note(
            Rung.Identify,
            Answer.Unknown,
            response,
            "Neither in clear nor over TLS came a response of HTTP."
        );
    }

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
}
