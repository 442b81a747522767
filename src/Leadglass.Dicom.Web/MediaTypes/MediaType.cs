using System.Text;

namespace Leadglass.Dicom.Web;

/// <summary>
/// A media type or media range with its parameters (RFC 9110 8.3.1, PS3.18 8.7). Type, subtype and parameter names are
/// kept in lower case; parameter values as they came, without quotes.
/// </summary>
public sealed class MediaType
{
    /// <summary>The longest that is read, in characters.</summary>
    public const int LengthMax = 1024;

    /// <summary>The most parameters that are read.</summary>
    public const int ParametersMax = 16;

    private readonly KeyValuePair<string, string>[] _parameters;

    private MediaType(string essence, KeyValuePair<string, string>[] parameters)
    {
        Essence = essence;
        _parameters = parameters;
    }

    /// <summary>application/dicom: instances in a PS3.10 file (PS3.18 8.7.3.1).</summary>
    public static MediaType Dicom { get; } = new("application/dicom", []);

    /// <summary>application/dicom+json (PS3.18 Annex F).</summary>
    public static MediaType DicomJson { get; } = new("application/dicom+json", []);

    /// <summary>application/dicom+xml: the native DICOM model (PS3.19 A.1).</summary>
    public static MediaType DicomXml { get; } = new("application/dicom+xml", []);

    /// <summary>application/json, which many clients ask for and mean DICOM JSON.</summary>
    public static MediaType Json { get; } = new("application/json", []);

    /// <summary>application/octet-stream: uncompressed bulk data (PS3.18 8.7.3.3.1).</summary>
    public static MediaType OctetStream { get; } = new("application/octet-stream", []);

    /// <summary>multipart/related (RFC 2387).</summary>
    public static MediaType MultipartRelated { get; } = new("multipart/related", []);

    /// <summary>Type and subtype, in lower case, such as application/dicom; */* for any.</summary>
    public string Essence { get; }

    /// <summary>The parameters in the order in which they came.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => _parameters;

    /// <summary>Stands for more than one type: */* or type/*.</summary>
    public bool IsRange => Essence.EndsWith("/*", StringComparison.Ordinal);

    /// <summary>multipart/related.</summary>
    public bool IsMultipartRelated => Essence == MultipartRelated.Essence;

    /// <summary>The value of a parameter, named in lower case; null when there is none.</summary>
    public string? Parameter(string name)
    {
        foreach (var (key, value) in _parameters)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>This type with a parameter more, or with another value of it.</summary>
    public MediaType With(string name, string value) =>
        new(Essence, [.. _parameters.Where(parameter => parameter.Key != name), new(name, value)]);

    /// <summary>Without a parameter.</summary>
    public MediaType Without(string name) => new(Essence, [.. _parameters.Where(parameter => parameter.Key != name)]);

    /// <summary>Whether this range includes a type: the same, its type/*, or */*; parameters do not count.</summary>
    public bool Includes(string essence) =>
        Essence == essence
        || Essence == "*/*"
        || (IsRange && essence.AsSpan().StartsWith(Essence.AsSpan(0, Essence.Length - 1), StringComparison.Ordinal));

    /// <summary>Reads a media type; false when it is none, is too long, or names a parameter twice (PS3.18 8.7.3.5.2).</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MediaType mediaType)
    {
        mediaType = OctetStream;
        if (text.Length > LengthMax)
        {
            return false;
        }

        var cursor = new HeaderCursor(text);
        cursor.SkipSpace();
        if (!cursor.TryReadMediaType(out var parsed))
        {
            return false;
        }

        cursor.SkipSpace();
        if (!cursor.IsAtEnd)
        {
            return false;
        }

        mediaType = parsed;
        return true;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">It is no media type.</exception>
    public static MediaType Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var mediaType) ? mediaType : throw new FormatException("Not a media type (RFC 9110 8.3.1).");

    /// <summary>As it stands in a header; values that are no token are quoted, and so is that of type (RFC 2387 3.4).</summary>
    public override string ToString()
    {
        if (_parameters.Length == 0)
        {
            return Essence;
        }

        var text = new StringBuilder(Essence);
        foreach (var (name, value) in _parameters)
        {
            text.Append("; ").Append(name).Append('=');
            if (value.Length > 0 && value.AsSpan().IndexOfAnyExcept(HeaderCursor.TokenCharacters) < 0)
            {
                text.Append(value);
            }
            else
            {
                text.Append('"').Append(value.Replace("\\", "\\\\").Replace("\"", "\\\"")).Append('"');
            }
        }

        return text.ToString();
    }

    internal static MediaType Of(string essence, params KeyValuePair<string, string>[] parameters) =>
        new(essence, parameters);
}
