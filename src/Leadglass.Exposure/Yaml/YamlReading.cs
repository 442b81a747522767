using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>Takes values out of a tree and notes every mistake, so that one look shows all of them.</summary>
internal sealed class YamlReading(ICollection<YamlMistake> mistakes)
{
    /// <summary>The entries of a mapping; a mistake for anything else, and for each key that is not among the known.</summary>
    public IReadOnlyDictionary<string, YamlNode> Map(YamlNode? node, string what, params ReadOnlySpan<string> known)
    {
        Dictionary<string, YamlNode> entries = new(StringComparer.Ordinal);
        if (node is not YamlMap map)
        {
            if (node is not null)
            {
                Mistake(node, $"{what} must be a mapping");
            }

            return entries;
        }

        foreach (var (key, value) in map.Entries)
        {
            if (known.Contains(key.Value))
            {
                entries[key.Value] = value;
            }
            else
            {
                Mistake(key, $"{what} has no key \"{YamlTree.Shown(key.Value)}\"");
            }
        }

        return entries;
    }

    /// <summary>The items of a sequence; none where it is missing.</summary>
    public IReadOnlyList<YamlNode> List(YamlNode? node, string what)
    {
        switch (node)
        {
            case null:
                return [];
            case YamlList list:
                return list.Items;
            default:
                Mistake(node, $"{what} must be a list");
                return [];
        }
    }

    /// <summary>A text of 1 to <paramref name="lengthMax"/> characters; null, with a mistake, for anything else.</summary>
    public string? Text(YamlNode? node, YamlNode parent, string what, int lengthMax)
    {
        if (
            node is YamlText { Value: { Length: > 0 } value }
            && value.Length <= lengthMax
            && !value.Any(char.IsControl)
        )
        {
            return value;
        }

        Mistake(node ?? parent, $"{what} must be a text of 1 to {lengthMax} characters");
        return null;
    }

    /// <summary>The same where it may be missing.</summary>
    public string? OptionalText(YamlNode? node, string what, int lengthMax) =>
        node is null ? null : Text(node, node, what, lengthMax);

    /// <summary>A number above 0 and at most 0.95.</summary>
    public double Weight(YamlNode? node, YamlNode parent)
    {
        if (
            node is YamlText text
            && double.TryParse(text.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight)
            && weight is > 0 and <= 0.95
        )
        {
            return weight;
        }

        Mistake(node ?? parent, "weight must be a number above 0 and at most 0.95");
        return 0.01;
    }

    /// <summary>One of some words.</summary>
    public T Word<T>(YamlNode? node, YamlNode parent, string what, IReadOnlyDictionary<string, T> words)
        where T : struct
    {
        if (node is YamlText text && words.TryGetValue(text.Value, out var value))
        {
            return value;
        }

        Mistake(node ?? parent, $"{what} must be one of {string.Join(", ", words.Keys)}");
        return default;
    }

    /// <summary>Notes a mistake at a node's line.</summary>
    public void Mistake(YamlNode at, string problem) => mistakes.Add(new YamlMistake(at.Line, problem));
}
