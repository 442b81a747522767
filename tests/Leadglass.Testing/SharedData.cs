namespace Leadglass.Testing;

/// <summary>Finds the real DICOM files that lie beside the checkout; they are read in place and never copied.</summary>
public static class SharedData
{
    /// <summary>Says why a test that needs the files is skipped.</summary>
    public const string Absent = "no shared/data folder beside the checkout: the real files of many vendors are absent";

    /// <summary>The checkout that the running test was built from.</summary>
    public static string CheckoutRoot { get; } = FindCheckoutRoot();

    /// <summary>The folder of real files, or null where it is absent.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>Every real DICOM file, ordered; empty where the folder is absent.</summary>
    public static IReadOnlyList<string> Files { get; } = ReadManifest();

    private static string FindCheckoutRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Leadglass.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no Leadglass.slnx above {AppContext.BaseDirectory}");
    }

    private static string? FindRoot()
    {
        var root =
            Environment.GetEnvironmentVariable("LEADGLASS_SHARED_DATA")
            ?? Path.Combine(CheckoutRoot, "..", "shared", "data");
        return Directory.Exists(root) ? Path.GetFullPath(root) : null;
    }

    private static string[] ReadManifest() =>
        Root is null
            ? []
            :
            [
                .. File.ReadLines(Path.Combine(Root, "manifest.tsv"))
                    .Skip(1)
                    .Select(line => Path.Combine(Root, line.Split('\t')[0]))
                    .Order(StringComparer.Ordinal),
            ];
}
