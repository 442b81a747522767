using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>Mistakes of a scope as they are found, bounded.</summary>
internal sealed class MistakeList
{
    private const int MistakesMax = 100;

    private readonly List<ScopeMistake> _mistakes = [];

    public int Count => _mistakes.Count;

    public IReadOnlyList<ScopeMistake> All => _mistakes;

    public void Add(int line, string text, bool isOutOfTime = false)
    {
        if (_mistakes.Count < MistakesMax)
        {
            _mistakes.Add(new ScopeMistake(line, text) { IsOutOfTime = isOutOfTime });
        }
        else if (_mistakes.Count == MistakesMax)
        {
            _mistakes.Add(new ScopeMistake(int.MaxValue, "and more mistakes follow"));
        }
    }
}

/// <summary>
/// The keys of one mapping, asked for one by one. What is missing, of the wrong shape or unknown becomes a mistake with its line;
/// a field that was mistaken reads as absent, so that the rest is still looked at.
/// </summary>
internal sealed class ScopeFields
{
    private readonly MistakeList _mistakes;
    private readonly string _where;
    private readonly Dictionary<string, KeyValuePair<YamlText, YamlNode>> _entries;
    private readonly List<string> _known = [];

    private ScopeFields(YamlMap mapping, string where, MistakeList mistakes)
    {
        Line = mapping.Line;
        _where = where;
        _mistakes = mistakes;
        _entries = mapping.Entries.ToDictionary(entry => entry.Key.Value, StringComparer.Ordinal);
    }

    public int Line { get; }

    /// <summary>The fields of a node, or null and a mistake where it has none.</summary>
    /// <param name="where">What it is called in messages: <c>rate</c>; empty for the file.</param>
    public static ScopeFields? Of(YamlNode node, string where, MistakeList mistakes)
    {
        if (node is YamlMap mapping)
        {
            return new ScopeFields(mapping, where, mistakes);
        }

        mistakes.Add(node.Line, $"{(where.Length == 0 ? "the file" : where)} has keys with values ('key: value')");
        return null;
    }

    public YamlNode? Node(string key, bool isRequired = false)
    {
        _known.Add(key);
        if (_entries.TryGetValue(key, out var entry) && entry.Value is not YamlText { IsNothing: true })
        {
            return entry.Value;
        }

        if (entry.Key is not null)
        {
            _mistakes.Add(entry.Key.Line, $"{Path(key)} has no value; give one or take the line out");
        }
        else if (isRequired)
        {
            _mistakes.Add(Line, $"{Path(key)} is missing");
        }

        return null;
    }

    public YamlText? Scalar(string key, bool isRequired = false)
    {
        switch (Node(key, isRequired))
        {
            case null:
                return null;
            case YamlText scalar:
                return scalar;
            case { } other:
                _mistakes.Add(other.Line, $"{Path(key)} is one value, no list and no keys");
                return null;
        }
    }

    /// <summary>Text of 1 to 400 printable characters.</summary>
    public string? Text(string key, bool isRequired = false) =>
        Scalar(key, isRequired) is { } scalar ? TextOf(scalar, Path(key)) : null;

    public string? TextOf(YamlText scalar, string path)
    {
        if (scalar.IsPlain && ScopeText.IsNoText(scalar.Value))
        {
            _mistakes.Add(scalar.Line, $"{path} is text; write it in quotes: \"{ScopeText.Shown(scalar.Value)}\"");
            return null;
        }

        if (
            string.IsNullOrWhiteSpace(scalar.Value)
            || scalar.Value.Length > ScopeText.CharsMax
            || scalar.Value.Any(char.IsControl)
        )
        {
            _mistakes.Add(scalar.Line, $"{path} is one line of 1 to {ScopeText.CharsMax} characters");
            return null;
        }

        return scalar.Value;
    }

    public int? Number(string key, int min, int max, bool isRequired = false)
    {
        if (Scalar(key, isRequired) is not { } scalar)
        {
            return null;
        }

        if (
            scalar.IsPlain
            && int.TryParse(scalar.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min
            && number <= max
        )
        {
            return number;
        }

        _mistakes.Add(scalar.Line, $"{Path(key)} is a whole number from {min} to {max}");
        return null;
    }

    public bool Flag(string key)
    {
        var scalar = Scalar(key);
        if (scalar is { IsPlain: true, Value: "true" or "false" } or null)
        {
            return scalar?.Value == "true";
        }

        _mistakes.Add(scalar.Line, $"{Path(key)} is true or false");
        return false;
    }

    public Rung? Rung(string key, bool isRequired = false)
    {
        if (Scalar(key, isRequired) is not { } scalar)
        {
            return null;
        }

        // A quoted number is text to a schema.
        var isNumber = scalar.Value.Length == 1;
        if ((!isNumber || scalar.IsPlain) && RungLabel.TryParse(scalar.Value, out var rung))
        {
            return rung;
        }

        _mistakes.Add(scalar.Line, $"{Path(key)} is a rung: 0, 1, 2, 3, 4, 5a, 5b or 6");
        return null;
    }

    /// <summary>A list; absent reads as empty.</summary>
    public IReadOnlyList<YamlNode> List(string key, int max, bool isRequired = false)
    {
        switch (Node(key, isRequired))
        {
            case null:
                return [];
            case YamlList list when list.Items.Count > max:
                _mistakes.Add(list.Line, $"{Path(key)} has {list.Items.Count} entries; at most {max} are taken");
                return [];
            case YamlList { Items.Count: > 0 } list:
                return list.Items;
            case { } other:
                _mistakes.Add(other.Line, $"{Path(key)} is a list with an entry or more: a line '- value' for each");
                return [];
        }
    }

    public ScopeFields? Fields(string key, bool isRequired = false) =>
        Node(key, isRequired) is { } node ? Of(node, Path(key), _mistakes) : null;

    /// <summary>Adds a mistake about a field.</summary>
    public void Mistaken(string key, string text, bool isOutOfTime = false) =>
        _mistakes.Add(LineOf(key), $"{Path(key)}: {text}", isOutOfTime);

    public int LineOf(string key) => _entries.TryGetValue(key, out var entry) ? entry.Value.Line : Line;

    /// <summary>Turns every key that nobody asked for into a mistake.</summary>
    public void RefuseOthers()
    {
        foreach (
            var (key, _) in _entries.Values.Where(entry => !_known.Contains(entry.Key.Value, StringComparer.Ordinal))
        )
        {
            _mistakes.Add(
                key.Line,
                $"'{ScopeText.Shown(key.Value)}' is no key{(_where.Length == 0 ? "" : $" of {_where}")}; known are {string.Join(", ", _known)}"
            );
        }
    }

    private string Path(string key) => _where.Length == 0 ? key : $"{_where}.{key}";
}
