using System.Globalization;

namespace Leadglass.Dicom.Web;

/// <summary>One acceptable media type or range.</summary>
/// <param name="MediaType">The type, without its quality.</param>
/// <param name="Quality">Thousandths, 0 to 1000; 0 means: not this one (RFC 9110 12.4.2).</param>
public readonly record struct AcceptedMediaType(MediaType MediaType, int Quality);

/// <summary>
/// What the user agent accepts (PS3.18 8.7.5): the Accept query parameter first, since pages and links cannot set headers
/// (PS3.18 8.3.3.1), then the Accept header.
/// </summary>
public sealed class AcceptHeader
{
    /// <summary>The most media types that are read of each; more is a mistake or an attack.</summary>
    public const int EntriesMax = 64;

    /// <summary>The longest header or parameter that is read, in characters.</summary>
    public const int LengthMax = 8 * 1024;

    private AcceptHeader(AcceptedMediaType[] entries) => Entries = entries;

    /// <summary>Anything will do: what an absent header says (RFC 9110 12.5.1).</summary>
    public static AcceptHeader Any { get; } = new([new(MediaType.Of("*/*"), 1000)]);

    /// <summary>The preferred first; of equal quality the more specific, then that which was named first.</summary>
    public IReadOnlyList<AcceptedMediaType> Entries { get; }

    /// <summary>Reads an Accept header; null, empty or blank accepts anything.</summary>
    /// <param name="header">All lines of the header, joined by commas.</param>
    /// <param name="query">The value of the Accept query parameter, percent-decoded, "+" kept.</param>
    /// <exception cref="DicomWebException">400: malformed, too long or too many.</exception>
    public static AcceptHeader Parse(string? header, string? query = null)
    {
        var ofHeader = Read(header, "The Accept header");
        var ofQuery = Read(query, "The query parameter accept");
        if (ofQuery.Count == 0)
        {
            return ofHeader.Count == 0 ? Any : new AcceptHeader(Ordered(ofHeader));
        }

        return new AcceptHeader([.. Ordered(ofQuery), .. Ordered(ofHeader)]);
    }

    /// <summary>The media types, none of the values that might be anything else.</summary>
    public override string ToString() => $"{Entries.Count} acceptable media types";

    private static AcceptedMediaType[] Ordered(List<AcceptedMediaType> entries) =>
        [.. entries.OrderByDescending(entry => entry.Quality).ThenBy(entry => Breadth(entry.MediaType))];

    private static int Breadth(MediaType mediaType) =>
        mediaType.Essence == "*/*" ? 2
        : mediaType.IsRange ? 1
        : 0;

    private static List<AcceptedMediaType> Read(string? text, string where)
    {
        List<AcceptedMediaType> entries = [];
        if (text is null)
        {
            return entries;
        }

        if (text.Length > LengthMax)
        {
            throw DicomWebException.BadRequest($"{where} is longer than {LengthMax} characters.");
        }

        var cursor = new HeaderCursor(text);
        while (true)
        {
            cursor.SkipSpace();
            if (cursor.IsAtEnd)
            {
                return entries;
            }

            // Empty elements of a list are read over (RFC 9110 5.6.1.2).
            if (cursor.TryTake(','))
            {
                continue;
            }

            if (!cursor.TryReadMediaType(out var mediaType) || !TryQuality(mediaType, out var quality))
            {
                throw DicomWebException.BadRequest($"{where} has no media type at place {entries.Count + 1}.");
            }

            if (entries.Count == EntriesMax)
            {
                throw DicomWebException.BadRequest($"{where} has more than {EntriesMax} media types.");
            }

            entries.Add(new(mediaType.Without("q"), quality));
            cursor.SkipSpace();
            if (!cursor.IsAtEnd && !cursor.TryTake(','))
            {
                throw DicomWebException.BadRequest($"{where} is malformed after place {entries.Count}.");
            }
        }
    }

    /// <summary>RFC 9110 12.4.2: 0 to 1 with up to three decimals.</summary>
    private static bool TryQuality(MediaType mediaType, out int quality)
    {
        quality = 1000;
        if (mediaType.Parameter("q") is not { } text)
        {
            return true;
        }

        var isNumber = decimal.TryParse(
            text,
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out var number
        );
        quality = isNumber && number is >= 0 and <= 1 ? (int)(number * 1000) : 0;
        return isNumber && number is >= 0 and <= 1;
    }
}
