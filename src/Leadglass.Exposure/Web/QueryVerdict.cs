using System.Buffers;
using System.Text;

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
    private const int TagLength = 8;

    private static readonly SearchValues<byte> HexadecimalDigits = SearchValues.Create("0123456789ABCDEFabcdef"u8);

    private static ReadOnlySpan<byte> Blank => " \t\r\n"u8;

    /// <summary>Whether an answer in a media type of DICOM came, which alone shows that a path is a root.</summary>
    public bool SpeaksDicom { get; private init; }

    /// <summary>Whether an answer needs no more bytes: an empty list, the first tag of a row, or what is no answer.</summary>
    public static bool IsEnough(ReadOnlyMemory<byte> body) =>
        body.Span.TrimStart(Blank) is [(byte)'<' or (byte)'-', ..] xml
            ? HasModel(xml)
            : Listed(body.Span) is not RowList.Unfinished;

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
            return Packed(answer);
        }

        return Listed(answer.Body) switch
        {
            RowList.Empty => OpenWithoutRows(answer),
            RowList.Rows => OpenWithRows(answer),
            RowList.Unfinished when answer.CutBy is not null => Cut(answer),
            _ => new(Answer.Unknown, answer.Response, "The answer says that it is DICOM JSON and is not."),
        };
    }

    // PS3.18 10.6.3.2: a part for each match, none where nothing matches.
    private static QueryVerdict OfXml(WebAnswer answer)
    {
        if (answer.IsEncoded)
        {
            return Packed(answer);
        }

        return HasModel(answer.Body) ? OpenWithRows(answer)
            : answer.CutBy is not null ? Cut(answer)
            : IsEmptyMultipart(answer) ? OpenWithoutRows(answer)
            : new(Answer.Unknown, answer.Response, "The answer says that it is DICOM XML and is not.");
    }

    private static QueryVerdict Packed(WebAnswer answer) =>
        new(Answer.Unknown, answer.Response, "The answer is packed, which was not asked for; it was not unpacked.");

    private static QueryVerdict Cut(WebAnswer answer) =>
        new(Answer.Unknown, $"{answer.Response}, {answer.CutBy}", "The answer ends before its end.");

    private static QueryVerdict OpenWithoutRows(WebAnswer answer) =>
        new(Answer.Open, answer.Response, "The query is answered: nothing matches.", IsDicomWeb: true)
        {
            SpeaksDicom = true,
        };

    private static QueryVerdict OpenWithRows(WebAnswer answer) =>
        new(
            Answer.Open,
            answer.Response,
            "Rows came for a study that does not exist; they were not read.",
            IsDicomWeb: true,
            HasRows: true
        )
        {
            SpeaksDicom = true,
        };

    private static bool IsDicomXml(WebAnswer answer) =>
        answer.MediaType!.Parameters.Any(one =>
            one.Name.Equals("type", StringComparison.OrdinalIgnoreCase)
            && one.Value?.Trim('"').Equals("application/dicom+xml", StringComparison.OrdinalIgnoreCase) == true
        );

    private static bool HasModel(ReadOnlySpan<byte> body) => body.IndexOf("<NativeDicomModel"u8) >= 0;

    // RFC 2046 5.1.1: nothing but the delimiter that closes it.
    private static bool IsEmptyMultipart(WebAnswer answer) =>
        answer.MediaType!.Parameters.FirstOrDefault(one =>
            one.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase)
        )
            is { Value: { Length: > 0 } boundary }
        && answer.Body.Trim(Blank).SequenceEqual(Encoding.Latin1.GetBytes($"--{boundary.Trim('"')}--"));

    // PS3.18 F.2: a list of objects whose names are tags of eight hexadecimal digits.
    private static RowList Listed(ReadOnlySpan<byte> body)
    {
        var text = body.TrimStart(Blank);
        if (text is [not (byte)'[', ..])
        {
            return RowList.None;
        }

        var inside = text.IsEmpty ? text : text[1..].TrimStart(Blank);
        return inside switch
        {
            [(byte)']', .. var rest] => rest.Trim(Blank).IsEmpty ? RowList.Empty : RowList.None,
            [(byte)'{', .. var row] => OfRow(row.TrimStart(Blank)),
            [] => RowList.Unfinished,
            _ => RowList.None,
        };
    }

    private static RowList OfRow(ReadOnlySpan<byte> row)
    {
        ReadOnlySpan<byte> tag = row.IsEmpty ? row : row[1..];
        tag = tag[..Math.Min(tag.Length, TagLength)];
        var isTag = row is [] or [(byte)'"', ..] && tag.IndexOfAnyExcept(HexadecimalDigits) < 0;
        return !isTag ? RowList.None
            : row.Length < TagLength + 2 ? RowList.Unfinished
            : row[TagLength + 1] == '"' ? RowList.Rows
            : RowList.None;
    }

    private enum RowList
    {
        /// <summary>No list, or none of DICOM.</summary>
        None,

        /// <summary>More is needed to say.</summary>
        Unfinished,

        /// <summary>A list without rows.</summary>
        Empty,

        /// <summary>A list in which a row begins.</summary>
        Rows,
    }
}
