using System.Text;

namespace Leadglass.Dicom.Web;

/// <summary>The parameters of a query string (RFC 3986 3.4, PS3.18 8.3), percent-decoded as UTF-8, with limits.</summary>
public sealed class QueryParameters
{
    /// <summary>The longest query string, in characters: room for some hundred UIDs.</summary>
    public const int LengthMax = 32 * 1024;

    /// <summary>The most parameters.</summary>
    public const int CountMax = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly List<QueryParameter> _parameters;

    private QueryParameters(List<QueryParameter> parameters) => _parameters = parameters;

    /// <summary>In the order in which they came.</summary>
    public IReadOnlyList<QueryParameter> All => _parameters;

    /// <summary>Reads a raw query string, with or without its question mark; null is one without parameters.</summary>
    /// <exception cref="DicomWebException">400: too long, too many, or percent-encoding that is none.</exception>
    public static QueryParameters Parse(string? rawQuery)
    {
        List<QueryParameter> parameters = [];
        var text = rawQuery.AsSpan();
        if (text.Length > LengthMax)
        {
            throw new DicomWebException(414, "URI too long", $"The query is longer than {LengthMax} characters.");
        }

        text = text.StartsWith("?") ? text[1..] : text;
        foreach (var range in text.Split('&'))
        {
            var parameter = text[range];
            if (parameter.IsEmpty)
            {
                continue;
            }

            if (parameters.Count == CountMax)
            {
                throw DicomWebException.BadRequest($"The query has more than {CountMax} parameters.");
            }

            var place = parameters.Count + 1;
            var equals = parameter.IndexOf('=');
            parameters.Add(
                new QueryParameter(
                    Decode(equals < 0 ? parameter : parameter[..equals], place, plusIsBlank: true),
                    equals < 0 ? "" : parameter[(equals + 1)..].ToString(),
                    place
                )
            );
        }

        return new QueryParameters(parameters);
    }

    /// <summary>The one value of a parameter; null when it is absent.</summary>
    /// <exception cref="DicomWebException">400: it is there twice.</exception>
    public string? Single(string name)
    {
        QueryParameter? found = null;
        foreach (var parameter in _parameters)
        {
            if (parameter.Name == name)
            {
                found = found is null
                    ? parameter
                    : throw DicomWebException.BadRequest($"The query parameter {name} is there twice.");
            }
        }

        return found?.Value;
    }

    /// <summary>How many there are, and nothing of their values.</summary>
    public override string ToString() => $"{_parameters.Count} query parameters";

    internal static string Decode(ReadOnlySpan<char> text, int place, bool plusIsBlank)
    {
        if (text.IndexOfAny('%', '+') < 0 && Ascii.IsValid(text))
        {
            return text.ToString();
        }

        var bytes = new byte[StrictUtf8.GetMaxByteCount(text.Length)];
        var length = 0;
        while (!text.IsEmpty)
        {
            if (text[0] == '%')
            {
                if (text.Length < 3 || !char.IsAsciiHexDigit(text[1]) || !char.IsAsciiHexDigit(text[2]))
                {
                    throw Malformed(place);
                }

                bytes[length++] = Convert.FromHexString(text.Slice(1, 2))[0];
                text = text[3..];
                continue;
            }

            var next = text[1..].IndexOf('%') is var index and >= 0 ? index + 1 : text.Length;
            length += Copy(text[..next], bytes.AsSpan(length), plusIsBlank, place);
            text = text[next..];
        }

        try
        {
            return StrictUtf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed(place);
        }
    }

    private static int Copy(ReadOnlySpan<char> text, Span<byte> bytes, bool plusIsBlank, int place)
    {
        try
        {
            var count = StrictUtf8.GetBytes(text, bytes);
            if (plusIsBlank)
            {
                bytes[..count].Replace((byte)'+', (byte)' ');
            }

            return count;
        }
        catch (EncoderFallbackException)
        {
            throw Malformed(place);
        }
    }

    private static DicomWebException Malformed(int place) =>
        DicomWebException.BadRequest($"Parameter {place} of the query is not percent-encoded UTF-8.");
}

/// <summary>One parameter of a query.</summary>
/// <param name="Name">Decoded.</param>
/// <param name="RawValue">As it stood in the URI; empty where there was none.</param>
/// <param name="Place">From 1.</param>
public sealed record QueryParameter(string Name, string RawValue, int Place)
{
    /// <summary>Decoded, + as a blank, as forms and most libraries encode it.</summary>
    public string Value => QueryParameters.Decode(RawValue, Place, plusIsBlank: true);

    /// <summary>Decoded, + as itself: for media types, dates with an offset and the like.</summary>
    public string LiteralValue => QueryParameters.Decode(RawValue, Place, plusIsBlank: false);

    /// <summary>Its place; neither name nor value, which are a stranger's.</summary>
    public override string ToString() => $"parameter {Place}";
}
