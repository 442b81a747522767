using Leadglass.Server;
using Leadglass.Server.Configuration;
using Leadglass.Server.Data;

namespace Leadglass.Cli.Doctor;

/// <summary>Configuration, folders and keys, as they lie on the disk.</summary>
internal static class StorageChecks
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    private const int NamedMax = 5;

    /// <summary>Every mistake in file and environment at once.</summary>
    public static IEnumerable<Finding> Configuration(DataFolder folder, HostEnvironment environment)
    {
        const string Check = "configuration";
        ServeOptions options;
        try
        {
            options = ConfigurationReader.Read(
                folder.ConfigurationFile,
                environment,
                new Dictionary<string, string>(StringComparer.Ordinal)
            );
        }
        catch (ConfigurationException mistaken)
        {
            return mistaken.Mistakes.Select(mistake => new Finding(Check, Health.Red, mistake));
        }

        var where = File.Exists(folder.ConfigurationFile) ? folder.ConfigurationFile : "defaults, no file";
        return [new Finding(Check, Health.Ok, $"{where}; binds {options.Bind}")];
    }

    /// <summary>Nobody but the owner reads the data or the keys.</summary>
    public static IEnumerable<Finding> Permissions(DataFolder folder, string keysFolder)
    {
        foreach (var (check, path) in new[] { ("data folder", folder.Path), ("keys folder", keysFolder) })
        {
            if (!Directory.Exists(path))
            {
                yield return new Finding(check, Health.Red, $"{path} does not exist");
                continue;
            }

            yield return Open(path) switch
            {
                [] => new Finding(check, Health.Ok, $"{path} is its owner's alone"),
                var open => new Finding(
                    check,
                    Health.Red,
                    $"others can reach {string.Join(", ", open)}: chmod -R go-rwx {path}"
                ),
            };
        }
    }

    /// <summary>Keys beside the data protect nothing when the volume or a copy of it is taken.</summary>
    public static Finding Volumes(DataFolder folder, string keysFolder)
    {
        const string Check = "keys apart from data";
        if (Volume.Of(folder.Path) is not { } data || Volume.Of(keysFolder) is not { } keys)
        {
            return new Finding(Check, Health.Warning, "it cannot be told on which volumes data and keys lie");
        }

        return data == keys
            ? new Finding(
                Check,
                Health.Red,
                $"data and keys share one volume ({data.MountPoint}): whoever takes it has both; "
                    + $"mount another volume at {keysFolder}, or move the keys and name their folder with --keys"
            )
            : new Finding(Check, Health.Ok, $"data on {data.MountPoint}, keys on {keys.MountPoint}");
    }

    private static List<string> Open(string path)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        return
        [
            .. Directory
                .EnumerateFileSystemEntries(path, "*", options)
                .Prepend(path)
                .Where(entry => (File.GetUnixFileMode(entry) & Others) != UnixFileMode.None)
                .Take(NamedMax),
        ];
    }
}
