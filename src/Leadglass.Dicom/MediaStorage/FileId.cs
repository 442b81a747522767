namespace Leadglass.Dicom;

/// <summary>
/// The name of a file within a file-set (PS3.10 8.2, 8.5): folders and a file, below the folder of the DICOMDIR. Whatever
/// a directory says, a FileId never names anything outside that folder.
/// </summary>
public sealed class FileId : IEquatable<FileId>
{
    /// <summary>The standard allows 8; discs with a few more are found.</summary>
    public const int ComponentsMax = 16;

    /// <summary>The standard allows 8 characters; longer ones, as on other media, are found.</summary>
    public const int ComponentLengthMax = 128;

    private readonly string[] _components;

    private FileId(string[] components) => _components = components;

    /// <summary>The folders and the file, from the outside in.</summary>
    public IReadOnlyList<string> Components => _components;

    /// <summary>At most 8 components of at most 8 capital letters, digits and underscores: fit to be written.</summary>
    public bool IsConformant =>
        _components.Length <= 8
        && Array.TrueForAll(_components, component => component.Length <= 8 && component.All(IsOfTheStandard));

    /// <summary>
    /// Takes the values of Referenced File ID (0004,1500). Letters, digits, space and a few marks pass; a component that is
    /// empty, begins with a dot, holds a separator, a colon or a control character, or is too long does not.
    /// </summary>
    public static bool TryParse(IReadOnlyList<string> values, out FileId fileId)
    {
        fileId = null!;
        if (values.Count is 0 or > ComponentsMax)
        {
            return false;
        }

        var components = new string[values.Count];
        for (var i = 0; i < components.Length; i++)
        {
            components[i] = values[i].Trim();
            if (!IsHarmless(components[i]))
            {
                return false;
            }
        }

        fileId = new FileId(components);
        return true;
    }

    /// <summary>
    /// The file's path below a folder; null when there is none. Letters may differ in case, as they do when a disc is
    /// mounted, and a file may carry a version (";1"). Links are not followed.
    /// </summary>
    public string? FindBelow(string folder)
    {
        var path = Path.GetFullPath(folder);
        for (var i = 0; i < _components.Length; i++)
        {
            if (FindEntry(path, _components[i], isFile: i == _components.Length - 1) is not { } entry)
            {
                return null;
            }

            path = entry;
        }

        return path;
    }

    /// <summary>The path below a folder at which a file of this name is written.</summary>
    public string PathBelow(string folder) => Path.Combine([folder, .. _components]);

    public bool Equals(FileId? other) => other is not null && _components.AsSpan().SequenceEqual(other._components);

    public override bool Equals(object? obj) => Equals(obj as FileId);

    public override int GetHashCode() =>
        _components.Aggregate(
            0,
            (hash, component) => HashCode.Combine(hash, component.GetHashCode(StringComparison.Ordinal))
        );

    /// <summary>Reveals nothing: discs of some vendors name folders after patients.</summary>
    public override string ToString() => $"{nameof(FileId)} of {_components.Length} components";

    private static bool IsOfTheStandard(char character) =>
        char.IsAsciiLetterUpper(character) || char.IsAsciiDigit(character) || character == '_';

    private static bool IsHarmless(string component) =>
        component.Length is > 0 and <= ComponentLengthMax
        && component[0] != '.'
        && component[^1] != '.'
        && component.All(character =>
            char.IsLetterOrDigit(character)
            || character is '_' or '-' or '.' or ' ' or '$' or '~' or '#' or '+' or '@' or '(' or ')'
        );

    private static string? FindEntry(string folder, string name, bool isFile)
    {
        // Discs are mounted in capitals or in small letters; to look through a folder for every file of it would be slow.
        var usual =
            Usable(Path.Combine(folder, name), isFile) ?? Usable(Path.Combine(folder, name.ToLowerInvariant()), isFile);
        if (usual is not null)
        {
            return usual;
        }

        if (!Directory.Exists(folder))
        {
            return null;
        }

        var options = new EnumerationOptions
        {
            MatchType = MatchType.Simple,
            AttributesToSkip = FileAttributes.None,
            IgnoreInaccessible = true,
        };
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", options))
        {
            var entry = Path.GetFileName(path.AsSpan());
            var version = entry.LastIndexOf(';');
            var plain = isFile && version > 0 ? entry[..version] : entry;
            if (
                plain.TrimEnd('.').Equals(name, StringComparison.OrdinalIgnoreCase) && Usable(path, isFile) is { } found
            )
            {
                return found;
            }
        }

        return null;
    }

    private static string? Usable(string path, bool isFile)
    {
        FileSystemInfo info = isFile ? new FileInfo(path) : new DirectoryInfo(path);
        return info.Exists && info.LinkTarget is null ? path : null;
    }
}
