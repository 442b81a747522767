using System.Reflection;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>
/// Fingerprints of products: those that come with the program, and a user's file that adds to them or, by the same id,
/// stands in their place. The schema stands in <c>docs/auditing.md</c>.
/// </summary>
public sealed class FingerprintFile
{
    private const string Resource = "exposure/fingerprints.yaml";

    private FingerprintFile(IReadOnlyList<Fingerprint> products, IReadOnlyList<string> roots)
    {
        Products = products;
        Roots = roots;
    }

    /// <summary>Those that come with the program.</summary>
    public static FingerprintFile BuiltIn { get; } = ReadBuiltIn();

    /// <summary>The products.</summary>
    public IReadOnlyList<Fingerprint> Products { get; }

    /// <summary>Where DICOMweb is looked for whatever the product.</summary>
    public IReadOnlyList<string> Roots { get; }

    /// <summary>The built-in fingerprints with those of a user's file; without a path the built-in ones.</summary>
    /// <exception cref="ProductFileException">The file cannot be read or has mistakes; all of them are listed with their lines.</exception>
    public static FingerprintFile Read(string? path) =>
        path is null ? BuiltIn : Parse(YamlFile.Text(path), path, BuiltIn);

    /// <summary>Reads fingerprints from text, over those given.</summary>
    internal static FingerprintFile Parse(string text, string name, FingerprintFile? below)
    {
        List<YamlMistake> mistakes = [];
        var reading = new FingerprintReading(mistakes);
        var (products, roots) = reading.File(YamlTree.Read(text, mistakes));
        if (mistakes.Count > 0)
        {
            throw new ProductFileException(name, mistakes);
        }

        if (below is null)
        {
            return new FingerprintFile(products, roots);
        }

        var ids = products.Select(one => one.Id).ToHashSet(StringComparer.Ordinal);
        return new FingerprintFile(
            [.. below.Products.Where(one => !ids.Contains(one.Id)), .. products],
            [.. below.Roots.Union(roots, StringComparer.Ordinal)]
        );
    }

    private static FingerprintFile ReadBuiltIn() => Parse(YamlFile.Embedded(Resource), Resource, below: null);
}

/// <summary>A file of fingerprints or advice that has mistakes.</summary>
public sealed class ProductFileException : Exception
{
    internal ProductFileException(string file, IReadOnlyCollection<YamlMistake> mistakes)
        : base($"{file}: {string.Join("; ", mistakes)}.")
    {
        Mistakes = [.. mistakes.Select(one => one.ToString())];
    }

    internal ProductFileException(string file, string problem)
        : base($"{file}: {problem}.")
    {
        Mistakes = [problem];
    }

    /// <summary>All mistakes, each with its line.</summary>
    public IReadOnlyList<string> Mistakes { get; }
}

/// <summary>Files of this part: bounded, UTF-8.</summary>
internal static class YamlFile
{
    public static string Text(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > YamlTree.BytesMax)
            {
                throw new ProductFileException(path, $"the file is longer than {YamlTree.BytesMax} bytes");
            }

            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ProductFileException(path, "the file cannot be read");
        }
        catch (DecoderFallbackException)
        {
            throw new ProductFileException(path, "the file is not UTF-8");
        }
    }

    public static string Embedded(string name)
    {
        using var resource =
            Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in this program.");
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
