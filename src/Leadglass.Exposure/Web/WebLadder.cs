using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>Rungs 3 and up over HTTP: the null query, the null retrieve, the count endpoints, one row's fields.</summary>
internal sealed class WebLadder(
    IProbeDialer dialer,
    TimeProvider time,
    WebConversation conversation,
    WebFindings findings,
    WebProbeOptions options,
    ProbePlan plan
)
{
    private const string DicomJson = "application/dicom+json";
    private const string AnyDicomFile = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";

    // A page beyond the last one: Orthanc lists resources by their position.
    private const string OrthancNullQuery = "/studies?since=4294967295&limit=1";

    private WebRoot? _openRoot;
    private WebRoot? _likelyRoot;
    private bool _speaksDicom;
    private bool _isOrthancOpen;
    private int? _controlStatus;

    /// <summary>Climbs as far as the plan allows and the answers make sense.</summary>
    public async ValueTask ClimbAsync(CancellationToken cancel)
    {
        if (plan.HighestRung < Rung.NullQuery)
        {
            return;
        }

        await QueryAsync(cancel);
        if (plan.HighestRung >= Rung.NullRetrieve)
        {
            await RetrieveAsync(cancel);
        }

        if (plan.HighestRung >= Rung.CountEndpoints)
        {
            await new WebCount(conversation, findings).CountAsync(_openRoot, cancel);
        }

        if (plan.HighestRung >= Rung.IdentifyingFields && (_openRoot is not null || _isOrthancOpen))
        {
            await conversation.DisposeAsync();
            await ReadRowAsync(cancel);
        }
    }

    // Null query: QIDO-RS for a random study (PS3.18 10.6), on each root that may be one.
    private async ValueTask QueryAsync(CancellationToken cancel)
    {
        HashSet<string> noted = new(StringComparer.Ordinal);
        var known = KnownRoots().Select(static root => root.Path).ToHashSet(StringComparer.Ordinal);
        List<QueryVerdict> guessed = [];
        foreach (var root in Roots())
        {
            var verdict = await QueryAsync(root.Path, cancel);
            if (verdict.IsNothing)
            {
                continue;
            }

            if (verdict.IsDicomWeb)
            {
                findings.SpeaksDicomWeb = true;
                findings.Root ??= root.Shown;
                _likelyRoot ??= root;
                findings.OwnSign(WebSigns.Root, root.Shown);
            }

            if (verdict.Answer == Answer.Unknown && !known.Contains(root.Path))
            {
                // Perhaps no root at all: it says nothing beside one that is.
                guessed.Add(verdict);
            }
            else if (noted.Add(verdict.Response + verdict.Answer))
            {
                findings.Note(Rung.NullQuery, verdict.Answer, verdict.Response, verdict.Reason);
            }

            if (verdict.Answer == Answer.Open)
            {
                findings.Root = root.Shown;
                _openRoot = root;
                _speaksDicom = verdict.SpeaksDicom;
                return;
            }
        }

        if (findings.IsAdministrationOpen)
        {
            await QueryOrthancAsync(cancel);
        }
        else if (noted.Count == 0)
        {
            NoteGuesses(guessed);
        }
    }

    private void NoteGuesses(List<QueryVerdict> guessed)
    {
        foreach (var verdict in guessed.DistinctBy(verdict => verdict.Response))
        {
            findings.Note(Rung.NullQuery, verdict.Answer, verdict.Response, verdict.Reason);
        }

        if (guessed.Count == 0)
        {
            findings.Note(Rung.NullQuery, Answer.Unknown, "HTTP 404", "No root of DICOMweb is known here.");
        }
    }

    private IEnumerable<WebRoot> Roots() =>
        KnownRoots()
            .Concat(options.Fingerprints.Roots.Select(static path => new WebRoot(path)))
            .DistinctBy(static root => root.Path, StringComparer.Ordinal)
            .Take(WebLimits.RootsMax);

    // Those that pages named, and those of the product.
    private IEnumerable<WebRoot> KnownRoots()
    {
        var told = new Products(options.Fingerprints).Identify(dicom: null, findings.ToObservation());
        var own = options.Fingerprints.Products.FirstOrDefault(one => one.Id == told.ProductId)?.Roots ?? [];
        return findings.FoundRoots.Concat(own.Select(static path => new WebRoot(path)));
    }

    private async ValueTask<QueryVerdict> QueryAsync(string root, CancellationToken cancel)
    {
        using var answer = await conversation.AskAsync(
            HttpMethod.Get,
            $"{root}/studies?StudyInstanceUID={RandomUid()}&limit=1",
            DicomJson,
            Rung.NullQuery,
            WebLimits.NullAnswerBytesMax,
            QueryVerdict.IsEnough,
            cancel
        );
        var verdict = QueryVerdict.Of(answer);
        if (verdict.HasRows)
        {
            findings.Odd("ignores-keys");
            findings.RecordsVisible = true;
        }

        // A server that answers alike wherever it is asked says nothing about this root.
        if (verdict.NeedsControl && answer.Status == await ControlStatusAsync(cancel))
        {
            return verdict with
            {
                IsDicomWeb = false,
                Answer = answer.Status == 204 ? Answer.Unknown : verdict.Answer,
                Reason =
                    answer.Status == 204
                        ? "The server says 204 to any path, which says nothing about DICOMweb."
                        : "A stranger is refused, here as on any path.",
            };
        }

        return verdict;
    }

    private async ValueTask<int> ControlStatusAsync(CancellationToken cancel)
    {
        if (_controlStatus is null)
        {
            using var control = await conversation.AskAsync(
                HttpMethod.Get,
                $"/leadglass-audit-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}/studies",
                DicomJson,
                Rung.NullQuery,
                WebLimits.NullAnswerBytesMax,
                static _ => true,
                cancel
            );
            _controlStatus = control.Status;
        }

        return _controlStatus.Value;
    }

    private async ValueTask QueryOrthancAsync(CancellationToken cancel)
    {
        using var answer = await AskAsync(OrthancNullQuery, "application/json", Rung.NullQuery, cancel);
        var body = answer.Body.Trim(" \t\r\n"u8);
        if (answer.Status == 200 && !answer.IsEncoded && body.StartsWith("["u8))
        {
            _isOrthancOpen = true;
            if (!body.StartsWith("[]"u8))
            {
                findings.Odd("ignores-keys");
                findings.RecordsVisible = true;
            }

            const string reason = "Orthanc's own interface answers a stranger's query.";
            findings.Note(Rung.NullQuery, Answer.Open, answer.Response, reason);
            return;
        }

        var closed = answer.Status is 401 or 403;
        findings.Note(
            Rung.NullQuery,
            closed ? Answer.Closed : Answer.Unknown,
            answer.Response,
            closed
                ? "Orthanc's own interface refuses a stranger's query."
                : "Orthanc's own interface gave no clear answer."
        );
    }

    // Null retrieve: WADO-RS of a random study (PS3.18 10.4), where the query showed that the root is one.
    private async ValueTask RetrieveAsync(CancellationToken cancel)
    {
        var path =
            (_openRoot ?? _likelyRoot) is { } root ? $"{root.Path}/studies/{RandomUid()}"
            : _isOrthancOpen ? $"/instances/{RandomOrthancId()}/file"
            : findings.SpeaksDicomWeb
                ? Roots().Select(static one => $"{one.Path}/studies/{RandomUid()}").FirstOrDefault()
            : null;
        if (path is null)
        {
            findings.Note(Rung.NullRetrieve, Answer.Unknown, "not asked", "No root of DICOMweb is known here.");
            return;
        }

        using var answer = await conversation.AskAsync(
            HttpMethod.Get,
            path,
            _isOrthancOpen && _openRoot is null ? "*/*" : AnyDicomFile,
            Rung.NullRetrieve,
            WebLimits.NullAnswerBytesMax,
            static _ => true,
            cancel
        );
        var isAnswering = _speaksDicom || _isOrthancOpen;
        var (verdict, reason) = JudgeRetrieve(answer, isAnswering);
        findings.Note(Rung.NullRetrieve, verdict, answer.Response, reason);
    }

    private (Answer Answer, string Reason) JudgeRetrieve(WebAnswer answer, bool isAnswering)
    {
        switch (answer.Status)
        {
            case 401 or 403:
                return (Answer.Closed, "A stranger's retrieval is refused.");
            case 404 or 410 or 204 when isAnswering:
                return (Answer.Open, "The retrieval is answered: there is no such study.");
            case 404 or 410:
                return (Answer.Unknown, "What is not found says nothing where no query was answered.");
            case 200 or 206 when answer.MediaType?.MediaType is "multipart/related" or "application/dicom":
                findings.Odd("ignores-keys");
                return (Answer.Open, "Something was sent for a study that does not exist; it was not read.");
            case 0:
                return (Answer.Unknown, "No answer came.");
            default:
                return (Answer.Unknown, "This answer says neither that retrieval is open nor that it is closed.");
        }
    }

    private async ValueTask ReadRowAsync(CancellationToken cancel)
    {
        var path = _openRoot is { } root ? $"{root.Path}/studies?limit=1&offset=0" : "/studies?expand&since=0&limit=1";
        var accept = _openRoot is not null ? DicomJson : "application/json";
        await new RowReading(dialer, findings, options, time).ReadAsync(path, accept, cancel);
    }

    private ValueTask<WebAnswer> AskAsync(string path, string accept, Rung rung, CancellationToken cancel) =>
        conversation.AskAsync(
            HttpMethod.Get,
            path,
            accept,
            rung,
            WebLimits.NullAnswerBytesMax,
            static body => body.Length > 2,
            cancel
        );

    // PS3.5 B.2: a UID from 128 random bits, which nothing can match.
    private static string RandomUid()
    {
        Span<byte> bits = stackalloc byte[16];
        RandomNumberGenerator.Fill(bits);
        return "2.25." + new BigInteger(bits, isUnsigned: true).ToString(CultureInfo.InvariantCulture);
    }

    // Orthanc names its resources by a SHA-1 in five groups.
    private static string RandomOrthancId() =>
        string.Join(
            '-',
            Convert
                .ToHexStringLower(RandomNumberGenerator.GetBytes(20))
                .Chunk(8)
                .Select(static group => new string(group))
        );
}
