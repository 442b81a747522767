namespace Leadglass.Exposure;

/// <summary>Reads the tree of a file of fingerprints.</summary>
internal sealed class FingerprintReading(ICollection<YamlMistake> mistakes)
{
    private const int WordMax = 64;
    private const int TextMax = 300;
    private const int ItemsMax = 500;

    private static readonly Dictionary<string, ProductKind> Kinds = new(StringComparer.Ordinal)
    {
        ["archive"] = ProductKind.Archive,
        ["toolkit"] = ProductKind.Toolkit,
        ["vendor"] = ProductKind.Vendor,
        ["honeypot"] = ProductKind.Honeypot,
    };

    private static readonly string[] SignKinds = ["dicom-uid", "dicom-version", "called-ae", "port", .. WebSigns.Kinds];

    private readonly YamlReading _yaml = new(mistakes);

    public (IReadOnlyList<Fingerprint> Products, IReadOnlyList<string> Roots) File(YamlNode? root)
    {
        if (root is null)
        {
            return ([], []);
        }

        var file = _yaml.Map(root, "the file", "format", "roots", "products");
        if (file.GetValueOrDefault("format") is not YamlText { Value: "1" })
        {
            _yaml.Mistake(root, "format must be 1");
        }

        var items = _yaml.List(file.GetValueOrDefault("products"), "products");
        if (items.Count > ItemsMax)
        {
            _yaml.Mistake(root, $"more than {ItemsMax} products");
        }

        List<Fingerprint> products = [.. items.Take(ItemsMax).Select(Product).OfType<Fingerprint>()];
        foreach (var again in products.GroupBy(one => one.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            _yaml.Mistake(root, $"the product \"{again.Key}\" stands twice");
        }

        return (products, Roots(file.GetValueOrDefault("roots")));
    }

    private Fingerprint? Product(YamlNode node)
    {
        var map = _yaml.Map(
            node,
            "a product",
            "id",
            "name",
            "vendor",
            "kind",
            "built-on",
            "signs",
            "ae-titles",
            "roots",
            "source"
        );
        var id = _yaml.Text(map.GetValueOrDefault("id"), node, "id", WordMax);
        if (
            id is not null
            && !id.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-')
        )
        {
            _yaml.Mistake(map["id"], "id must be of lower-case letters, digits and hyphens");
        }

        var name = _yaml.Text(map.GetValueOrDefault("name"), node, "name", WordMax);
        var source = _yaml.Text(map.GetValueOrDefault("source"), node, "source", TextMax);
        var signs = _yaml.List(map.GetValueOrDefault("signs"), "signs").Take(ItemsMax).Select(Sign).ToList();
        var kind = _yaml.Word(map.GetValueOrDefault("kind"), node, "kind", Kinds);
        var titles = Titles(map.GetValueOrDefault("ae-titles"));
        var roots = Roots(map.GetValueOrDefault("roots"));
        return id is null || name is null || source is null
            ? null
            : new Fingerprint
            {
                Id = id,
                Name = name,
                Vendor = _yaml.OptionalText(map.GetValueOrDefault("vendor"), "vendor", WordMax),
                Kind = kind,
                BuiltOn = _yaml.OptionalText(map.GetValueOrDefault("built-on"), "built-on", WordMax),
                Signs = [.. signs.OfType<FingerprintSign>()],
                AeTitles = titles,
                Roots = roots,
                Source = source,
            };
    }

    private FingerprintSign? Sign(YamlNode node)
    {
        var map = _yaml.Map(node, "a sign", "kind", "equals", "prefix", "contains", "weight", "version");
        var kind = _yaml.Text(map.GetValueOrDefault("kind"), node, "kind", WordMax);
        if (kind is not null && !SignKinds.Contains(kind, StringComparer.Ordinal))
        {
            _yaml.Mistake(map["kind"], $"kind must be one of {string.Join(", ", SignKinds)}");
        }

        (string Key, SignMatch Match)[] ways =
        [
            ("equals", SignMatch.Equal),
            ("prefix", SignMatch.Prefix),
            ("contains", SignMatch.Contains),
        ];
        var given = ways.Where(way => map.ContainsKey(way.Key)).ToArray();
        if (given.Length != 1)
        {
            _yaml.Mistake(node, "a sign has one of equals, prefix and contains");
            return null;
        }

        var value = _yaml.Text(map[given[0].Key], node, given[0].Key, TextMax);
        var weight = _yaml.Weight(map.GetValueOrDefault("weight"), node);
        var version = map.GetValueOrDefault("version");
        if (version is not (null or YamlText { Value: "true" or "false" }))
        {
            _yaml.Mistake(version, "version must be true or false");
        }

        var tellsVersion = version is YamlText { Value: "true" };
        if (tellsVersion && given[0].Match != SignMatch.Prefix)
        {
            _yaml.Mistake(node, "only a sign with a prefix tells a version: it is what follows");
        }

        return kind is null || value is null
            ? null
            : new FingerprintSign(kind, given[0].Match, value, weight, tellsVersion);
    }

    private List<string> Titles(YamlNode? node)
    {
        List<string> titles = [];
        foreach (var item in _yaml.List(node, "ae-titles").Take(ItemsMax))
        {
            // PS3.5 6.2, AE: at most 16 characters, no backslash.
            if (_yaml.Text(item, item, "an AE title", lengthMax: 16) is { } title)
            {
                titles.Add(title);
            }
        }

        return titles;
    }

    private List<string> Roots(YamlNode? node)
    {
        List<string> roots = [];
        foreach (var item in _yaml.List(node, "roots").Take(ItemsMax))
        {
            var root = _yaml.Text(item, item, "a root", TextMax);
            if (root is not null && !WebPath.IsRoot(root))
            {
                _yaml.Mistake(item, "a root begins with a slash, ends without one and is a plain path");
            }
            else if (root is not null)
            {
                roots.Add(root);
            }
        }

        return roots;
    }
}
