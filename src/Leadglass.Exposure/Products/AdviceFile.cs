namespace Leadglass.Exposure;

/// <summary>How to close each product, as data. The schema stands in <c>docs/auditing.md</c>.</summary>
public sealed class AdviceFile
{
    private const string Resource = "exposure/advice.yaml";
    private const string Generic = "generic";
    private const int TextMax = 1_000;
    private const int WordMax = 64;

    private static readonly Dictionary<string, AdviceSituation> Situations = new(StringComparer.Ordinal)
    {
        ["always"] = AdviceSituation.Always,
        ["dicom-query-open"] = AdviceSituation.DicomQueryOpen,
        ["dicom-retrieve-open"] = AdviceSituation.DicomRetrieveOpen,
        ["ae-titles-unchecked"] = AdviceSituation.AeTitlesUnchecked,
        ["dicom-in-clear"] = AdviceSituation.DicomInClear,
        ["web-open"] = AdviceSituation.WebOpen,
        ["administration-open"] = AdviceSituation.AdministrationOpen,
        ["web-in-clear"] = AdviceSituation.WebInClear,
    };

    private readonly IReadOnlyList<ProductAdvice> _products;

    private AdviceFile(IReadOnlyList<ProductAdvice> products) => _products = products;

    /// <summary>What comes with the program.</summary>
    public static AdviceFile BuiltIn { get; } = Parse(YamlFile.Embedded(Resource), Resource);

    /// <summary>The advice for a product; that for any archive where there is none of its own.</summary>
    public ProductAdvice For(ProductIdentification identification) =>
        _products.FirstOrDefault(one => one.ProductId == identification.ProductId)
        ?? _products.First(one => one.ProductId == Generic);

    /// <summary>All of it.</summary>
    internal IReadOnlyList<ProductAdvice> All => _products;

    internal static AdviceFile Parse(string text, string name)
    {
        List<YamlMistake> mistakes = [];
        var products = YamlTree.Read(text, mistakes) is { } root ? new Reading(mistakes).File(root) : [];
        return mistakes.Count > 0 ? throw new ProductFileException(name, mistakes) : new AdviceFile(products);
    }

    private sealed class Reading(ICollection<YamlMistake> mistakes)
    {
        private readonly YamlReading _yaml = new(mistakes);

        public List<ProductAdvice> File(YamlNode root)
        {
            var file = _yaml.Map(root, "the file", "format", "products");
            if (file.GetValueOrDefault("format") is not YamlText { Value: "1" })
            {
                _yaml.Mistake(root, "format must be 1");
            }

            List<ProductAdvice> products =
            [
                .. _yaml.List(file.GetValueOrDefault("products"), "products").Select(Product).OfType<ProductAdvice>(),
            ];
            if (!products.Exists(one => one.ProductId == Generic))
            {
                _yaml.Mistake(root, $"\"{Generic}\" is missing");
            }

            return products;
        }

        private ProductAdvice? Product(YamlNode node)
        {
            var map = _yaml.Map(node, "a product", "id", "steps", "logs");
            var id = _yaml.Text(map.GetValueOrDefault("id"), node, "id", WordMax);
            var steps = _yaml.List(map.GetValueOrDefault("steps"), "steps").Select(Step).OfType<AdviceStep>().ToList();
            var logs = _yaml.List(map.GetValueOrDefault("logs"), "logs").Select(Log).OfType<LogToSecure>().ToList();
            return id is null ? null : new ProductAdvice(id, steps, logs);
        }

        private AdviceStep? Step(YamlNode node)
        {
            var map = _yaml.Map(node, "a step", "when", "en", "de", "setting", "source");
            var when = _yaml
                .List(map.GetValueOrDefault("when"), "when")
                .Select(word => _yaml.Word(word, node, "when", Situations))
                .ToList();
            if (when.Count == 0)
            {
                _yaml.Mistake(node, "when is missing");
            }

            var setting = _yaml.OptionalText(map.GetValueOrDefault("setting"), "setting", TextMax);
            var source = _yaml.OptionalText(map.GetValueOrDefault("source"), "source", TextMax);
            return Text(map, node) is { } text ? new AdviceStep(when, text, setting, source) : null;
        }

        private LogToSecure? Log(YamlNode node)
        {
            var map = _yaml.Map(node, "a log", "path", "en", "de");
            var path = _yaml.OptionalText(map.GetValueOrDefault("path"), "path", TextMax);
            return Text(map, node) is { } text ? new LogToSecure(path, text) : null;
        }

        private LocalizedText? Text(IReadOnlyDictionary<string, YamlNode> map, YamlNode node)
        {
            var english = _yaml.Text(map.GetValueOrDefault("en"), node, "en", TextMax);
            var german = _yaml.Text(map.GetValueOrDefault("de"), node, "de", TextMax);
            return english is null || german is null ? null : new LocalizedText(english, german);
        }
    }
}
