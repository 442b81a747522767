using System.Security.Cryptography;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// Rung 1: pages and facts that hold no records. The start page and where it leads within the endpoint, the icon, what
/// Orthanc and dcm4chee tell of themselves, the configuration file of a viewer.
/// </summary>
internal sealed class WebIdentify(
    WebConversation conversation,
    WebFindings findings,
    FingerprintFile fingerprints,
    Action<ProbeTarget, string?>? redirectRefused
)
{
    private const string Page = "text/html, */*;q=0.5";
    private const string Json = "application/json";

    /// <summary>Looks, beginning with the answer of the start page.</summary>
    public async ValueTask LookAsync(WebAnswer start, CancellationToken cancel)
    {
        Note(start);
        NoteAnswer(start);
        var isViewer = NotePage(start);
        if (Within(start, "/") is { } next)
        {
            isViewer |= await FollowAsync(next, cancel);
        }

        await LookAtIconAsync(cancel);
        await LookAtOrthancAsync(cancel);
        if (!findings.IsAdministrationOpen && start.Status != 401)
        {
            await LookAtDcm4CheeAsync(cancel);
        }

        if (isViewer)
        {
            await LookAtViewerAsync(cancel);
        }

        var told = new Products(fingerprints).Identify(dicom: null, findings.ToObservation());
        findings.SpeaksDicomWeb |= fingerprints.Products.Any(one =>
            one.Id == told.ProductId && one.Kind == ProductKind.Archive
        );
    }

    private void NoteAnswer(WebAnswer start)
    {
        var (answer, reason) = start.Status switch
        {
            401 or 403 => (Answer.Closed, "The start page is refused to a stranger."),
            429 or >= 500 => (Answer.Unknown, "The server is busy or fails, which says nothing."),
            _ => (Answer.Open, "A web server answers."),
        };
        findings.Note(Rung.Identify, answer, start.Response, reason);
    }

    private void Note(WebAnswer answer)
    {
        findings.Sign(WebSigns.Server, answer.Server);
        findings.Sign(WebSigns.Realm, PageText.Realm(answer.Challenge));
        if (answer.Location is { } location)
        {
            // The query of a redirect may hold anything; only where it leads is kept.
            var shown = location.IsAbsoluteUri ? location.AbsolutePath : location.OriginalString.Split('?', '#')[0];
            findings.Sign(WebSigns.Redirect, shown);
        }
    }

    // Whether it looks like the page of a viewer whose configuration lies beside it.
    private bool NotePage(WebAnswer answer)
    {
        if (
            answer.Status is < 200 or > 299
            || answer.IsEncoded
            || answer.MediaType?.MediaType is not ("text/html" or "application/xhtml+xml")
        )
        {
            return false;
        }

        findings.Sign(WebSigns.Title, PageText.Title(answer.Body));
        return PageText.Contains(answer.Body, "app-config.js"u8);
    }

    private async ValueTask<bool> FollowAsync(string path, CancellationToken cancel)
    {
        var isViewer = false;
        for (var hops = 0; hops < WebLimits.RedirectsMax; hops++)
        {
            using var answer = await AskAsync(path, Page, cancel);
            Note(answer);
            isViewer |= NotePage(answer);
            if (Within(answer, path) is not { } next)
            {
                break;
            }

            path = next;
        }

        return isViewer;
    }

    private async ValueTask LookAtIconAsync(CancellationToken cancel)
    {
        var path = "/favicon.ico";
        for (var hops = 0; hops <= WebLimits.RedirectsMax; hops++)
        {
            using var answer = await AskAsync(path, "image/*", cancel);
            if (answer is { Status: 200, Body.Length: > 0, CutBy: null, IsEncoded: false } && IsPicture(answer))
            {
                findings.OwnSign(WebSigns.FaviconMd5, Md5(answer.Body));
                return;
            }

            if (Within(answer, path) is not { } next)
            {
                return;
            }

            path = next;
        }
    }

    private static bool IsPicture(WebAnswer answer) =>
        answer.MediaType?.MediaType is { } type
        && (type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) || type == "application/octet-stream");

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Security",
        "CA5351",
        Justification = "Icons are known by their MD5; nothing rests on its strength."
    )]
    private static string Md5(ReadOnlySpan<byte> icon) => Convert.ToHexStringLower(MD5.HashData(icon));

    private async ValueTask LookAtOrthancAsync(CancellationToken cancel)
    {
        using var answer = await AskAsync("/system", Json, cancel);
        Note(answer);
        if (answer.Status != 200 || answer.IsEncoded || answer.CutBy is not null)
        {
            return;
        }

        using var facts = JsonFacts.Parse(answer.BodyMemory);
        if (
            facts?.Text("Version") is { } version
            && facts.Text("DicomAet") is not null
            && facts.Number("ApiVersion") is not null
        )
        {
            findings.Sign(WebSigns.OrthancSystem, $"Orthanc {version}");
            findings.Sign(WebSigns.Name, facts.Text("Name"));
            findings.IsAdministrationOpen = true;
        }
    }

    private async ValueTask LookAtDcm4CheeAsync(CancellationToken cancel)
    {
        using var answer = await AskAsync("/dcm4chee-arc/aets", Json, cancel);
        if (answer.Status is >= 300 and < 400 && answer.Location is not null)
        {
            Note(answer);
        }

        if (answer.Status != 200 || answer.IsEncoded || answer.CutBy is not null)
        {
            return;
        }

        using var facts = JsonFacts.Parse(answer.BodyMemory);
        foreach (var title in facts?.TextsOfItems("dicomAETitle") ?? [])
        {
            var root = $"/dcm4chee-arc/aets/{title}/rs";
            if (WebPath.IsRoot(root))
            {
                findings.OwnSign(WebSigns.Root, "/dcm4chee-arc");
                findings.FoundRoots.Add(new WebRoot(root, "/dcm4chee-arc/aets/TITLE/rs"));
            }
        }
    }

    private async ValueTask LookAtViewerAsync(CancellationToken cancel)
    {
        using var answer = await AskAsync("/app-config.js", "*/*", cancel);
        if (answer.Status == 200 && !answer.IsEncoded)
        {
            findings.FoundRoots.AddRange(
                PageText.RootsOfViewer(answer.Body, findings.Target).Select(path => new WebRoot(path, ShownOf(path)))
            );
        }
    }

    private string ShownOf(string path) =>
        fingerprints
            .Roots.Concat(fingerprints.Products.SelectMany(one => one.Roots))
            .Contains(path, StringComparer.Ordinal)
            ? path
            : "as the viewer's configuration names it";

    private ValueTask<WebAnswer> AskAsync(string path, string accept, CancellationToken cancel) =>
        conversation.AskAsync(
            HttpMethod.Get,
            path,
            accept,
            Rung.Identify,
            WebLimits.PageBytesMax,
            isEnough: null,
            cancel
        );

    // The path of a redirect that stays at this endpoint and leads to no record; null for any other, which is never followed.
    private string? Within(WebAnswer answer, string from)
    {
        if (answer.Status is not (301 or 302 or 303 or 307 or 308) || answer.Location is not { } location)
        {
            return null;
        }

        if (
            !Uri.TryCreate(conversation.AddressOf(from), UriKind.Absolute, out var here)
            || !Uri.TryCreate(here, location, out var there)
            || there.Scheme != here.Scheme
            || there.Port != here.Port
            || !there.Host.Equals(here.Host, StringComparison.OrdinalIgnoreCase)
        )
        {
            redirectRefused?.Invoke(findings.Target, HostOf(location));
            return null;
        }

        return there.AbsolutePath != from && there.Query.Length == 0 && WebPath.IsPage(there.AbsolutePath)
            ? there.AbsolutePath
            : null;
    }

    private static string? HostOf(Uri location) => location.IsAbsoluteUri ? location.IdnHost : null;
}
