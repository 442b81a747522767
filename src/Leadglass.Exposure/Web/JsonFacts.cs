using System.Globalization;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>A short JSON answer that holds facts about a server and no records; depth and length are bounded by its maker.</summary>
internal sealed class JsonFacts : IDisposable
{
    private const int DepthMax = 16;
    private const int ItemsMax = 8;
    private const int TextMax = 100;

    private readonly JsonDocument _document;

    private JsonFacts(JsonDocument document) => _document = document;

    /// <summary>Parses in place; null for what is no JSON.</summary>
    /// <param name="body">The answer's own memory, which is not copied: it must outlive this, and is cleared with the answer.</param>
    public static JsonFacts? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return new JsonFacts(JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DepthMax }));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A text of the object; null where there is none or it is too long.</summary>
    public string? Text(string name) => TextOf(_document.RootElement, name);

    /// <summary>A whole number of 0 or more, also where it is written as text.</summary>
    public long? Number(string name)
    {
        try
        {
            long number = -1;
            var isNumber =
                _document.RootElement.ValueKind == JsonValueKind.Object
                && _document.RootElement.TryGetProperty(name, out var value)
                && value.ValueKind switch
                {
                    JsonValueKind.Number => value.TryGetInt64(out number),
                    JsonValueKind.String => long.TryParse(
                        value.GetString(),
                        NumberStyles.None,
                        CultureInfo.InvariantCulture,
                        out number
                    ),
                    _ => false,
                };
            return isNumber && number >= 0 ? number : null;
        }
        catch (InvalidOperationException)
        {
            // Bytes that are no UTF-8, or half of a surrogate pair.
            return null;
        }
    }

    /// <summary>A text of each object of the list.</summary>
    public IReadOnlyList<string> TextsOfItems(string name) =>
        _document.RootElement.ValueKind != JsonValueKind.Array
            ? []
            :
            [
                .. _document
                    .RootElement.EnumerateArray()
                    .Select(item => TextOf(item, name))
                    .OfType<string>()
                    .Take(ItemsMax),
            ];

    /// <inheritdoc/>
    public void Dispose() => _document.Dispose();

    private static string? TextOf(JsonElement item, string name)
    {
        try
        {
            return
                item.ValueKind == JsonValueKind.Object
                && item.TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.String
                && value.GetString() is { Length: > 0 and <= TextMax } text
                ? text
                : null;
        }
        catch (InvalidOperationException)
        {
            // Bytes that are no UTF-8, or half of a surrogate pair.
            return null;
        }
    }
}
