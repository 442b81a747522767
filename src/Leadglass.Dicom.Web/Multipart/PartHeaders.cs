using System.Buffers;
using System.Text;

namespace Leadglass.Dicom.Web;

/// <summary>
/// Reads the header fields of a part (RFC 2046 5.1, in the stricter form of RFC 9110 5.5): no folded lines, no bare CR or
/// LF, no control characters.
/// </summary>
internal static class PartHeaders
{
    /// <param name="bytes">All lines, each ended by CRLF, without the empty one.</param>
    public static List<KeyValuePair<string, string>> Parse(ReadOnlySpan<byte> bytes, int number, int countMax)
    {
        List<KeyValuePair<string, string>> headers = [];
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf("\r\n"u8);
            var line = bytes[..end];
            bytes = bytes[(end + 2)..];
            if (headers.Count == countMax)
            {
                throw DicomWebException.BadRequest($"Part {number} has more than {countMax} header fields.");
            }

            headers.Add(Field(line, number));
        }

        return headers;
    }

    private static KeyValuePair<string, string> Field(ReadOnlySpan<byte> line, int number)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            throw DicomWebException.BadRequest($"Part {number} has a header line that is none.");
        }

        var name = Encoding.Latin1.GetString(line[..colon]);
        var value = Encoding.Latin1.GetString(line[(colon + 1)..].Trim(" \t"u8));
        return
            name.AsSpan().IndexOfAnyExcept(HeaderCursor.TokenCharacters) >= 0
            || value.AsSpan().IndexOfAny(Forbidden) >= 0
            ? throw DicomWebException.BadRequest($"Part {number} has a forbidden character in a header field.")
            : new(name.ToLowerInvariant(), value);
    }

    private static SearchValues<char> Forbidden { get; } =
        SearchValues.Create([
            .. Enumerable.Range(0, 32).Where(code => code != '\t').Select(code => (char)code),
            '\x7F',
        ]);
}
