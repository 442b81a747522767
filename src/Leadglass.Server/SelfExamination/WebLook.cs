using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Leadglass.Exposure;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.SelfExamination;

/// <summary>
/// What a stranger tries at the HTTPS listener: what the auditor's probe tries at any web server, and every endpoint that is
/// in the code, asked without an identity.
/// </summary>
internal sealed partial class WebLook(
    LookContext context,
    BoundListener listener,
    StrangersBrowser browser,
    IReadOnlyList<Endpoint> endpoints,
    ServiceClosures closures
)
{
    private const string Liveness = "/health/live";

    private string? _openSet;

    /// <summary>The positive control of the web application.</summary>
    /// <returns>Null where it lives.</returns>
    public async ValueTask<string?> FindAmissAsync(CancellationToken cancel)
    {
        try
        {
            var answer = await browser.AskAsync(HttpMethods.Get, Liveness, MadeUpProof.None, cancel);
            return answer.Status == StatusCodes.Status200OK ? null : $"liveness answers {answer.Status}";
        }
        catch (Exception failure) when (failure is HttpRequestException or TimeoutException)
        {
            return "liveness does not answer";
        }
    }

    public IEnumerable<LookAttempt> Attempts()
    {
        yield return new LookAttempt(
            listener.Name,
            "DICOMweb in clear and in TLS, at roots that archives have",
            ProbeAsync,
            CloseWhatIsOpen
        );
        foreach (var (route, method) in Known())
        {
            var path = PathOf(route);
            var set = ServiceClosures.SetOf(path);
            // What is closed answers 503, whoever asks; the others are asked all the same.
            foreach (var proof in ProofsFor(route, method).TakeWhile(_ => !closures.IsClosed(set)))
            {
                yield return new LookAttempt(
                    $"web {set}",
                    proof switch
                    {
                        MadeUpProof.Token => $"{method} {route} with a made-up token",
                        MadeUpProof.Cookies => $"{method} {route} with made-up cookies",
                        _ => $"{method} {route}",
                    },
                    cancel => AskAsync(route, method, path, proof, cancel),
                    () => closures.CloseSet(set)
                );
            }
        }
    }

    /// <summary>Proofs count where something is read that strangers may not have.</summary>
    private static MadeUpProof[] ProofsFor(string route, string method) =>
        HttpMethods.IsGet(method) && !WelcomeList.Holds(route)
            ? [MadeUpProof.None, MadeUpProof.Token, MadeUpProof.Cookies]
            : [MadeUpProof.None];

    /// <summary>Endpoints that are marked as welcome to strangers without standing on the list.</summary>
    public IEnumerable<string> WronglyMarked() =>
        endpoints
            .OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<StrangersWelcomeAttribute>() is not null)
            .Select(Route)
            .Where(route => !WelcomeList.Holds(route))
            .Distinct(StringComparer.Ordinal);

    private async ValueTask<LookAnswer> ProbeAsync(CancellationToken cancel)
    {
        var dialer = context.Dialer();
        var seen = await new WebProbe(dialer, context.Clock).ObserveAsync(listener.Target, LookContext.Plan, cancel);
        var open = seen.Rungs.LastOrDefault(rung => rung.Rung >= Rung.NullQuery && rung.Answer == Answer.Open);
        _openSet = seen is { IsTls: true, Root: { Length: > 1 } root } ? ServiceClosures.SetOf(root) : null;
        return open is not null ? new(LookVerdict.Answered, $"rung {RungLabel.Of(open.Rung)} is open ({open.Response})")
            : seen.IsAdministrationOpen ? new(LookVerdict.Answered, "an administration interface answers")
            : seen is { SpeaksHttp: true, IsTls: false } ? new(LookVerdict.Weakened, "HTTP answers in clear")
            : !dialer.Connected || dialer.RanOutOfTime ? new(LookVerdict.NotLooked, "no answer in time")
            : new(LookVerdict.Refused, "refused");
    }

    /// <summary>The endpoints of the root that answered; the whole listener where it cannot be told which.</summary>
    private void CloseWhatIsOpen()
    {
        if (_openSet is { } set)
        {
            closures.CloseSet(set);
        }
        else
        {
            closures.Of(listener.Kind).Close();
        }
    }

    private async ValueTask<LookAnswer> AskAsync(
        string route,
        string method,
        string path,
        MadeUpProof proof,
        CancellationToken cancel
    )
    {
        try
        {
            var answer = await browser.AskAsync(method, path, proof, cancel);
            return JudgeAny(route, answer);
        }
        catch (Exception failure) when (failure is HttpRequestException or TimeoutException)
        {
            return new LookAnswer(
                LookVerdict.NotLooked,
                failure is TimeoutException ? "no answer in time" : "no answer",
                IsSilent: true
            );
        }
    }

    /// <summary>Data is an answer whatever the status says.</summary>
    private static LookAnswer JudgeAny(string route, StrangersAnswer answer) =>
        DataBearing.Is(answer.MediaType, answer.Body.Span)
            ? new(LookVerdict.Answered, $"HTTP {answer.Status} with data of an archive")
        : answer.Status is StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests or >= 500
            ? new(LookVerdict.NotLooked, $"HTTP {answer.Status}")
        : WelcomeList.Holds(route) ? new(LookVerdict.Refused, $"HTTP {answer.Status}")
        : Judge(answer);

    /// <summary>Strangers get one answer, whatever is there: any other says that something behind the gate has answered.</summary>
    private static LookAnswer Judge(StrangersAnswer answer) =>
        answer.Status switch
        {
            StatusCodes.Status401Unauthorized => new(LookVerdict.Refused, "HTTP 401"),
            StatusCodes.Status302Found when IsSignIn(answer.Location) => new(LookVerdict.Refused, "sent to sign-in"),
            _ => new(LookVerdict.Answered, $"HTTP {answer.Status}"),
        };

    private static bool IsSignIn(Uri? location) =>
        location?.OriginalString.StartsWith("/signin?", StringComparison.Ordinal) == true;

    /// <summary>
    /// Each route with its methods. What strangers are welcome to is only read: a try with a password or a code would count
    /// as one.
    /// </summary>
    private IEnumerable<(string Route, string Method)> Known() =>
        endpoints
            .OfType<RouteEndpoint>()
            .SelectMany(endpoint => Methods(endpoint).Select(method => (Route: Route(endpoint), Method: method)))
            .Where(one => WelcomeList.IsAsked(one.Route))
            .Select(one => WelcomeList.Holds(one.Route) ? one with { Method = HttpMethods.Get } : one)
            .Distinct();

    private static IEnumerable<string> Methods(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is { HttpMethods.Count: > 0 } methods
            ? methods.HttpMethods
            : [HttpMethods.Get, HttpMethods.Post];

    private static string Route(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText ?? "/";

    /// <summary>A path of the route's shape, with random UIDs, which name nothing.</summary>
    private static string PathOf(string route) =>
        "/"
        + Parameter().Replace(route, static _ => $"2.25.{RandomNumberGenerator.GetInt32(int.MaxValue)}").TrimStart('/');

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, 1000)]
    private static partial Regex Parameter();
}
