namespace Leadglass.Exposure;

/// <summary>What an answer to a QIDO-RS query for a random study means (PS3.18 10.6.3).</summary>
/// <param name="IsNothing">Nothing is here: not worth a note.</param>
/// <param name="IsDicomWeb">The root is one of DICOMweb, open or closed.</param>
/// <param name="HasRows">Something came for a study that does not exist.</param>
/// <param name="NeedsControl">It counts only where another path is answered otherwise.</param>
internal sealed record QueryVerdict(
    Answer Answer,
    string Response,
    string Reason,
    bool IsNothing = false,
    bool IsDicomWeb = false,
    bool HasRows = false,
    bool NeedsControl = false
)
{
    /// <summary>Whether an answer needs no more bytes: an empty list, the beginning of a row, or anything else.</summary>
    public static bool IsEnough(ReadOnlyMemory<byte> body) => Rows(body.Span) is not null;

    /// <summary>Judges an answer.</summary>
    public static QueryVerdict Of(WebAnswer answer) =>
        answer.Status switch
        {
            0 => new(Answer.Unknown, answer.Response, "No answer came."),
            200 => OfContent(answer),
            204 => new(
                Answer.Open,
                answer.Response,
                "The query is answered: nothing matches.",
                IsDicomWeb: true,
                NeedsControl: true
            ),
            401 or 403 => new(
                Answer.Closed,
                answer.Response,
                "A stranger's query is refused.",
                IsDicomWeb: true,
                NeedsControl: true
            ),
            404 or 405 or 410 => new(Answer.Unknown, answer.Response, "Nothing is here.", IsNothing: true),
            >= 300 and < 400 => new(
                Answer.Unknown,
                answer.Response,
                "The server sends strangers elsewhere, which was not followed."
            ),
            429 or >= 500 => new(Answer.Unknown, answer.Response, "The server is busy or fails, which says nothing."),
            _ => new(
                Answer.Unknown,
                answer.Response,
                "This answer says neither that the query is open nor that it is closed."
            ),
        };

    private static QueryVerdict OfContent(WebAnswer answer) =>
        answer.MediaType?.MediaType?.ToUpperInvariant() switch
        {
            "APPLICATION/DICOM+JSON" => OfJson(answer),
            "MULTIPART/RELATED" when IsDicomXml(answer) => OfXml(answer),
            "APPLICATION/DICOM+XML" => OfXml(answer),
            "TEXT/HTML" or "APPLICATION/XHTML+XML" => new(
                Answer.Unknown,
                answer.Response,
                "A page for people came, such as a sign-in: that is no answer to a query.",
                IsNothing: true
            ),
            _ => new(Answer.Unknown, answer.Response, "The answer does not say that it is DICOM."),
        };

    private static QueryVerdict OfJson(WebAnswer answer)
    {
        if (answer.IsEncoded)
        {
            return new(
                Answer.Unknown,
                answer.Response,
                "The answer is packed, which was not asked for; it was not unpacked."
            );
        }

        return Rows(answer.Body) switch
        {
            null when answer.CutBy is { } cut => new(
                Answer.Unknown,
                $"{answer.Response}, {cut}",
                "The answer ends before its end."
            ),
            false when answer.Body.IndexOf((byte)']') >= 0 => Open(
                answer,
                "The query is answered: nothing matches.",
                hasRows: false
            ),
            true => Open(answer, "Rows came for a study that does not exist; they were not read.", hasRows: true),
            _ => new(Answer.Unknown, answer.Response, "The answer says that it is DICOM JSON and is not."),
        };
    }

    private static QueryVerdict OfXml(WebAnswer answer)
    {
        var hasRows = answer.Body.IndexOf("<NativeDicomModel"u8) >= 0;
        return Open(
            answer,
            hasRows
                ? "Rows came for a study that does not exist; they were not read."
                : "The query is answered: nothing matches.",
            hasRows
        );
    }

    private static QueryVerdict Open(WebAnswer answer, string reason, bool hasRows) =>
        new(Answer.Open, answer.Response, reason, IsDicomWeb: true, HasRows: hasRows);

    private static bool IsDicomXml(WebAnswer answer) =>
        answer.MediaType!.Parameters.Any(one =>
            one.Name.Equals("type", StringComparison.OrdinalIgnoreCase)
            && one.Value?.Trim('"').Equals("application/dicom+xml", StringComparison.OrdinalIgnoreCase) == true
        );

    // True where a list of rows begins, false where it is over or something else stands there, null where more is needed.
    private static bool? Rows(ReadOnlySpan<byte> body)
    {
        var text = body.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            return null;
        }

        if (text[0] != '[')
        {
            return false;
        }

        var inside = text[1..].TrimStart(" \t\r\n"u8);
        return inside.IsEmpty ? null : inside[0] == '{';
    }
}
