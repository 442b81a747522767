using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SelfExamination;

/// <summary>What a stranger tries at the listener of programs: without a certificate and with one of their own.</summary>
internal sealed class ProgramsLook(LookContext context, BoundListener listener)
{
    public IEnumerable<LookAttempt> Attempts(Action close) =>
        [
            new(listener.Name, "HTTPS without a certificate", cancel => TryAsync(shown: null, cancel), close),
            new(
                listener.Name,
                "HTTPS with a certificate of one's own",
                cancel => TryAsync(context.OwnMade, cancel),
                close
            ),
        ];

    private async ValueTask<LookAnswer> TryAsync(X509Certificate2? shown, CancellationToken cancel)
    {
        await using var browser = new StrangersBrowser(context, listener, shown);
        try
        {
            var answer = await browser.AskAsync(HttpMethods.Get, "/dicom-web/studies", MadeUpProof.None, cancel);
            return new(
                answer.Status == StatusCodes.Status401Unauthorized ? LookVerdict.Weakened : LookVerdict.Answered,
                $"HTTP {answer.Status}"
            );
        }
        catch (HttpRequestException)
        {
            return new(LookVerdict.Refused, "refused in TLS");
        }
        catch (TimeoutException)
        {
            return new(LookVerdict.NotLooked, "no answer in time");
        }
    }
}
