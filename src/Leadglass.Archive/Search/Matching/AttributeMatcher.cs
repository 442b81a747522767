using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Whether an attribute of an entity is what a key asks for (PS3.4 C.2.2.2).</summary>
internal abstract class AttributeMatcher
{
    private protected AttributeMatcher(DicomTag tag) => Tag = tag;

    public DicomTag Tag { get; }

    /// <summary>Whether the entity's attributes match.</summary>
    public abstract bool Matches(DataSet entity);

    /// <summary>
    /// Whether texts of the attribute match, for whoever has them without the entity; null: only the entity tells.
    /// </summary>
    public virtual bool? MatchesTexts(IReadOnlyList<string> texts) => null;

    /// <summary>The matcher of a key; null for universal matching (PS3.4 C.2.2.2.3).</summary>
    /// <param name="keys">The identifier, or an item of a sequence key.</param>
    /// <param name="element">The key.</param>
    /// <param name="fuzzyNames">Names match when they are near.</param>
    public static AttributeMatcher? Of(DataSet keys, DataElement element, bool fuzzyNames = false)
    {
        if (element is SequenceElement sequence)
        {
            return SequenceMatcher.Of(sequence);
        }

        if (element is not ValueElement { IsEmpty: false } value)
        {
            return null;
        }

        var vr = VrOf(value);
        if (!vr.IsText)
        {
            return new BinaryMatcher(value);
        }

        var values = keys.GetStrings(value.Tag).Where(text => text.Length > 0).ToArray();
        if (values.Length == 0)
        {
            return null;
        }

        return vr switch
        {
            ValueRepresentation.PN when fuzzyNames => FuzzyNameMatcher.Of(value.Tag, values),
            ValueRepresentation.PN => NameMatcher.Of(value.Tag, values),
            ValueRepresentation.DA or ValueRepresentation.TM or ValueRepresentation.DT => TemporalMatcher.Of(
                value.Tag,
                vr,
                values[0]
            ),
            ValueRepresentation.UI => new TextMatcher(value.Tag, values),
            ValueRepresentation.IS or ValueRepresentation.DS => new NumberTextMatcher(value.Tag, values),
            _ => WildcardMatcher.Of(value.Tag, values),
        };
    }

    /// <summary>The VR by the dictionary, where it knows the tag: identifiers come in implicit VR too.</summary>
    private static ValueRepresentation VrOf(ValueElement value) =>
        DicomDictionary.Find(value.Tag) is { } entry && entry.Vr.IsText ? entry.Vr : value.Vr;

    /// <summary>A sequence matches when one of its items matches all keys of the key's item (PS3.4 C.2.2.2.6).</summary>
    private sealed class SequenceMatcher(DicomTag tag, IReadOnlyList<AttributeMatcher> inner) : AttributeMatcher(tag)
    {
        public static SequenceMatcher? Of(SequenceElement sequence)
        {
            if (sequence.Items.Count == 0)
            {
                return null;
            }

            AttributeMatcher[] inner =
            [
                .. sequence
                    .Items[0]
                    .Where(element => element.Tag != DicomTag.SpecificCharacterSet)
                    .Select(element => AttributeMatcher.Of(sequence.Items[0], element))
                    .OfType<AttributeMatcher>(),
            ];
            return inner.Length == 0 ? null : new SequenceMatcher(sequence.Tag, inner);
        }

        public override bool Matches(DataSet entity) =>
            entity.GetItems(Tag).Any(item => inner.All(matcher => matcher.Matches(item)));
    }

    /// <summary>Single value matching of what is no text: the same bytes (PS3.4 C.2.2.2.1).</summary>
    private sealed class BinaryMatcher(ValueElement key) : AttributeMatcher(key.Tag)
    {
        private readonly byte[] _bytes = key.LittleEndianBytes.ToArray();

        public override bool Matches(DataSet entity) =>
            entity.Find(Tag) is ValueElement value && value.LittleEndianBytes.Span.SequenceEqual(_bytes);
    }

    /// <summary>Single value matching, or list of UID matching (PS3.4 C.2.2.2.1, C.2.2.2.2): one of these, exactly.</summary>
    private sealed class TextMatcher(DicomTag tag, IReadOnlyCollection<string> values) : AttributeMatcher(tag)
    {
        private readonly HashSet<string> _values = [.. values];

        public override bool Matches(DataSet entity) => entity.GetStrings(Tag).Any(_values.Contains);

        public override bool? MatchesTexts(IReadOnlyList<string> texts) => texts.Any(_values.Contains);
    }

    /// <summary>Numbers written as text: 7, 07 and 7.0 are the same.</summary>
    private sealed class NumberTextMatcher(DicomTag tag, IReadOnlyCollection<string> values) : AttributeMatcher(tag)
    {
        private readonly HashSet<string> _texts = [.. values];
        private readonly HashSet<decimal> _numbers = [.. values.Select(Number).OfType<decimal>()];

        public override bool Matches(DataSet entity) =>
            entity
                .GetStrings(Tag)
                .Any(text => _texts.Contains(text) || (Number(text) is { } number && _numbers.Contains(number)));

        private static decimal? Number(string text) =>
            decimal.TryParse(text, System.Globalization.NumberStyles.Float, null, out var number) ? number : null;
    }

    /// <summary>Text, with * and ? as wildcards (PS3.4 C.2.2.2.4), case-sensitive as the standard has it.</summary>
    private sealed class WildcardMatcher(DicomTag tag, IReadOnlyList<string> patterns) : AttributeMatcher(tag)
    {
        public static AttributeMatcher? Of(DicomTag tag, IReadOnlyList<string> values)
        {
            if (values.Any(value => value.All(character => character == '*')))
            {
                return null;
            }

            return values.Any(value => value.AsSpan().ContainsAny('*', '?'))
                ? new WildcardMatcher(tag, values)
                : new TextMatcher(tag, values);
        }

        public override bool Matches(DataSet entity) => MatchesTexts(entity.GetStrings(Tag)) is true;

        public override bool? MatchesTexts(IReadOnlyList<string> texts) =>
            texts.Any(text => patterns.Any(pattern => NamePattern.Like(pattern, text)));
    }

    /// <summary>Names that are near.</summary>
    private sealed class FuzzyNameMatcher(DicomTag tag, IReadOnlyList<FuzzyName> names) : AttributeMatcher(tag)
    {
        public static FuzzyNameMatcher? Of(DicomTag tag, IReadOnlyList<string> values)
        {
            FuzzyName[] names = [.. values.Select(FuzzyName.Parse)];
            return Array.Exists(names, name => name.IsUniversal) ? null : new FuzzyNameMatcher(tag, names);
        }

        public override bool Matches(DataSet entity) => MatchesTexts(entity.GetStrings(Tag)) is true;

        public override bool? MatchesTexts(IReadOnlyList<string> texts) =>
            texts.Any(text => text.Length > 0 && names.Any(name => name.Matches(NameFolding.Fold(text))));
    }

    /// <summary>Names: case- and accent-insensitive, in any of their spellings (PS3.4 C.2.2.2.1).</summary>
    private sealed class NameMatcher(DicomTag tag, IReadOnlyList<NamePattern> patterns) : AttributeMatcher(tag)
    {
        public static NameMatcher? Of(DicomTag tag, IReadOnlyList<string> values)
        {
            NamePattern[] patterns = [.. values.Select(NamePattern.Parse)];
            return Array.Exists(patterns, pattern => pattern.IsUniversal) ? null : new NameMatcher(tag, patterns);
        }

        public override bool Matches(DataSet entity) => MatchesTexts(entity.GetStrings(Tag)) is true;

        public override bool? MatchesTexts(IReadOnlyList<string> texts) =>
            texts.Any(text => text.Length > 0 && patterns.Any(pattern => pattern.Matches(text)));
    }
}
