using Leadglass.Dicom;

namespace Leadglass.Server.Exchange;

/// <summary>A file to import, or why it cannot be.</summary>
internal sealed record ImportSource(string Path, string? Problem)
{
    /// <summary>Found in a folder, where other things may lie too.</summary>
    public bool IsFound { get; init; }
}

/// <summary>The files that an import names: files, folders with all below, and what a DICOMDIR lists.</summary>
internal static class ImportSources
{
    private const string DirectoryName = "DICOMDIR";
    private const long DirectoryBytesMax = 512L * 1024 * 1024;

    /// <summary>Every file, in order. A path that is not there is an outcome of its own.</summary>
    public static IEnumerable<ImportSource> Of(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            var sources =
                Directory.Exists(path) ? Below(path)
                : !File.Exists(path) ? [new ImportSource(path, "there is no such file or folder")]
                : IsDirectory(path) ? Listed(path)
                : [new ImportSource(path, null)];
            foreach (var source in sources)
            {
                yield return source;
            }
        }
    }

    private static IEnumerable<ImportSource> Below(string folder)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            // Links may lead in circles, and out of what was named.
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        return Directory
            .EnumerateFiles(folder, "*", options)
            .Where(file => !IsDirectory(file))
            .Select(file => new ImportSource(file, null) { IsFound = true });
    }

    private static bool IsDirectory(string file) =>
        string.Equals(Path.GetFileName(file), DirectoryName, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<ImportSource> Listed(string path)
    {
        try
        {
            if (new FileInfo(path).Length > DirectoryBytesMax)
            {
                return [new ImportSource(path, $"longer than {DirectoryBytesMax} bytes")];
            }

            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return DicomDirectory
                .Read(File.ReadAllBytes(path))
                .AllRecords()
                .SelectMany(record => Of(path, folder, record));
        }
        catch (DicomFormatException failure)
        {
            return [new ImportSource(path, failure.Message)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [new ImportSource(path, $"cannot be read: {failure.GetType().Name}")];
        }
    }

    private static IEnumerable<ImportSource> Of(string path, string folder, DirectoryRecord record)
    {
        if (record.HasUnusableFileId)
        {
            return [new ImportSource(path, "a directory record names a file outside of its folder")];
        }

        if (record.ReferencedFile is not { } file)
        {
            return [];
        }

        return file.FindBelow(folder) is { } found
            ? [new ImportSource(found, null)]
            : [new ImportSource(path, "a file that the directory lists is not there")];
    }
}
