using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Leadglass.Exposure;

/// <summary>A mistake in a file that somebody wrote.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Problem">What is wrong and what to do, one sentence.</param>
internal readonly record struct YamlMistake(int Line, string Problem)
{
    public override string ToString() => $"line {Line}: {Problem}";
}

/// <summary>A node of a YAML file, with its line.</summary>
internal abstract record YamlNode(int Line);

/// <summary>A scalar, as text.</summary>
internal sealed record YamlText(int Line, string Value) : YamlNode(Line)
{
    /// <summary>Whether it stands without quotes.</summary>
    public bool IsPlain { get; init; }

    /// <summary>Whether nothing stands there.</summary>
    public bool IsNothing => IsPlain && Value is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>How much a file may hold.</summary>
/// <param name="Depth">Levels, scalars included.</param>
/// <param name="Nodes">Values, keys included.</param>
internal readonly record struct YamlLimits(int Depth, int Nodes);

/// <summary>A sequence.</summary>
internal sealed record YamlList(int Line, IReadOnlyList<YamlNode> Items) : YamlNode(Line);

/// <summary>A mapping, in the order of the file; keys differ.</summary>
internal sealed record YamlMap(int Line, IReadOnlyList<KeyValuePair<YamlText, YamlNode>> Entries) : YamlNode(Line);

/// <summary>
/// Reads one YAML document into a tree, with limits on length, depth and number of nodes. Anchors, aliases and tags are
/// refused: no file here needs them, and an alias can make a small file a large one.
/// </summary>
internal static class YamlTree
{
    /// <summary>The longest file, in bytes.</summary>
    public const int BytesMax = 1 << 20;

    private static readonly YamlLimits DefaultLimits = new(Depth: 12, Nodes: 50_000);

    /// <summary>The root, or null with at least one mistake added.</summary>
    public static YamlNode? Read(string text, ICollection<YamlMistake> mistakes) => Read(text, mistakes, DefaultLimits);

    /// <summary>The root, or null with at least one mistake added.</summary>
    public static YamlNode? Read(string text, ICollection<YamlMistake> mistakes, YamlLimits limits)
    {
        var reading = new Reading(new Parser(new StringReader(text)), mistakes, limits);
        try
        {
            return reading.Document();
        }
        catch (YamlException problem)
        {
            mistakes.Add(new YamlMistake((int)problem.Start.Line, $"this is not YAML: {problem.Message}"));
            return null;
        }
        // The parser's own words for some broken flow collections; it names no place then.
        catch (Exception problem) when (problem is InvalidOperationException or ArgumentException)
        {
            mistakes.Add(new YamlMistake(reading.Line, "this is not YAML, here or shortly after"));
            return null;
        }
    }

    private sealed class Reading(Parser parser, ICollection<YamlMistake> mistakes, YamlLimits limits)
    {
        private int _nodes;

        /// <summary>The line that was read last.</summary>
        public int Line { get; private set; } = 1;

        public YamlNode? Document()
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                mistakes.Add(new YamlMistake(1, "the file is empty"));
                return null;
            }

            var before = mistakes.Count;
            var root = Node(depth: 1);
            if (mistakes.Count == before)
            {
                parser.Consume<DocumentEnd>();
                if (parser.TryConsume<DocumentStart>(out var second))
                {
                    mistakes.Add(
                        new YamlMistake((int)second.Start.Line, "a second document begins; one file holds one")
                    );
                }
            }

            return root;
        }

        private YamlNode? Node(int depth)
        {
            var at = parser.Consume<ParsingEvent>();
            var line = (int)at.Start.Line;
            Line = line;
            if (++_nodes > limits.Nodes || depth > limits.Depth)
            {
                return Refuse(
                    line,
                    $"the file is deeper than {limits.Depth} levels or has more than {limits.Nodes} values"
                );
            }

            return at switch
            {
                NodeEvent { Anchor.IsEmpty: false } or AnchorAlias => Refuse(line, "anchors and aliases are not taken"),
                NodeEvent { Tag.IsEmpty: false } => Refuse(line, "tags are not taken"),
                Scalar scalar => new YamlText(line, scalar.Value) { IsPlain = scalar.Style == ScalarStyle.Plain },
                SequenceStart => Sequence(line, depth),
                MappingStart => Mapping(line, depth),
                _ => Refuse(line, "a value is missing"),
            };
        }

        private YamlList? Sequence(int line, int depth)
        {
            List<YamlNode> items = [];
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                if (Node(depth + 1) is not { } item)
                {
                    return null;
                }

                items.Add(item);
            }

            return new YamlList(line, items);
        }

        private YamlMap? Mapping(int line, int depth)
        {
            List<KeyValuePair<YamlText, YamlNode>> entries = [];
            HashSet<string> keys = new(StringComparer.Ordinal);
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (Node(depth + 1) is not { } key || Node(depth + 1) is not { } value)
                {
                    return null;
                }

                if (key is not YamlText name)
                {
                    mistakes.Add(new YamlMistake(key.Line, "a key must be a word"));
                }
                else if (!keys.Add(name.Value))
                {
                    mistakes.Add(new YamlMistake(name.Line, $"\"{Shown(name.Value)}\" stands twice"));
                }
                else
                {
                    entries.Add(new(name, value));
                }
            }

            return new YamlMap(line, entries);
        }

        private YamlNode? Refuse(int line, string problem)
        {
            mistakes.Add(new YamlMistake(line, problem));
            return null;
        }
    }

    /// <summary>A word of the file as a message may show it: short and printable.</summary>
    public static string Shown(string word)
    {
        var cut = word.Length > 40 ? word[..40] + "..." : word;
        return string.Concat(cut.Select(static letter => char.IsControl(letter) ? '?' : letter));
    }
}
