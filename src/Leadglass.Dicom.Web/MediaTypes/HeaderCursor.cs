using System.Buffers;
using System.Text;

namespace Leadglass.Dicom.Web;

/// <summary>Reads the grammar of header fields (RFC 9110 5.6) from left to right.</summary>
internal ref struct HeaderCursor(ReadOnlySpan<char> header)
{
    private ReadOnlySpan<char> _rest = header;

    /// <summary>RFC 9110 5.6.2.</summary>
    public static SearchValues<char> TokenCharacters { get; } =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // What clients leave unquoted though it must be quoted: type=application/dicom (PS3.18 8.6.1.2 quotes it).
    private static SearchValues<char> BareValueCharacters { get; } =
        SearchValues.Create("!#$%&'*+-./:=?@^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public void SkipSpace() => _rest = _rest.TrimStart(" \t");

    public bool TryTake(char character)
    {
        if (_rest.IsEmpty || _rest[0] != character)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    public bool TryReadMediaType(out MediaType mediaType)
    {
        mediaType = MediaType.OctetStream;
        if (!TryReadToken(out var type) || !TryTake('/') || !TryReadToken(out var subtype))
        {
            return false;
        }

        if (type == "*" && subtype != "*")
        {
            return false;
        }

        List<KeyValuePair<string, string>> parameters = [];
        while (true)
        {
            var before = _rest;
            SkipSpace();
            if (!TryTake(';'))
            {
                _rest = before;
                mediaType = MediaType.Of($"{type}/{subtype}", [.. parameters]);
                return true;
            }

            SkipSpace();
            // An empty parameter is allowed (RFC 9110 5.6.6).
            if (_rest.IsEmpty || _rest[0] is ';' or ',')
            {
                continue;
            }

            if (
                parameters.Count == MediaType.ParametersMax
                || !TryReadParameter(out var name, out var value)
                || parameters.Exists(parameter => parameter.Key == name)
            )
            {
                return false;
            }

            parameters.Add(new(name, value));
        }
    }

    private bool TryReadParameter(out string name, out string value)
    {
        value = "";
        if (!TryReadToken(out name) || !TryTake('='))
        {
            return false;
        }

        if (!_rest.IsEmpty && _rest[0] == '"')
        {
            return TryReadQuoted(out value);
        }

        var length = LengthOf(BareValueCharacters);
        value = _rest[..length].ToString();
        _rest = _rest[length..];
        return length > 0;
    }

    private bool TryReadToken(out string token)
    {
        var length = LengthOf(TokenCharacters);
        token = _rest[..length].ToString().ToLowerInvariant();
        _rest = _rest[length..];
        return length > 0;
    }

    private bool TryReadQuoted(out string value)
    {
        var text = new StringBuilder();
        for (var i = 1; i < _rest.Length; i++)
        {
            var character = _rest[i];
            if (character == '"')
            {
                value = text.ToString();
                _rest = _rest[(i + 1)..];
                return true;
            }

            if (character == '\\' && ++i < _rest.Length)
            {
                character = _rest[i];
            }

            if (character is (< ' ' and not '\t') or '\x7F')
            {
                break;
            }

            text.Append(character);
        }

        value = "";
        return false;
    }

    private readonly int LengthOf(SearchValues<char> allowed)
    {
        var length = _rest.IndexOfAnyExcept(allowed);
        return length < 0 ? _rest.Length : length;
    }
}
