using Leadglass.Access.Certificates;
using Leadglass.Sealing;

namespace Leadglass.Server.Data;

/// <summary>A new archive, and what is told about it only once.</summary>
/// <param name="Identity">Which it is.</param>
/// <param name="KeysFolder">Where its master key lies.</param>
/// <param name="RecoveryKey">What a person writes down; nothing on this machine keeps it.</param>
public sealed record CreatedArchive(ArchiveIdentity Identity, string KeysFolder, string RecoveryKey)
{
    /// <summary>Never the recovery key.</summary>
    public override string ToString() => Identity.Id;
}

/// <summary>Makes an archive: folders, keys, certificate authority, and last of all its identity.</summary>
public static class ArchiveCreation
{
    /// <summary>Makes an archive in an empty or absent folder.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="keys">The folder for the keys; null takes the default.</param>
    /// <param name="isDemo">Marks it as the demonstration's, which <c>serve</c> refuses.</param>
    /// <exception cref="ArchiveUnavailableException">The folder is in use, or cannot be written.</exception>
    public static async Task<CreatedArchive> CreateAsync(
        DataFolder folder,
        string? keys,
        bool isDemo,
        HostEnvironment environment,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        ArgumentNullException.ThrowIfNull(folder);
        RequireEmpty(folder);
        var identity = ArchiveIdentity.New(isDemo, keys);
        var keysFolder = KeysFolder.Resolve(identity, keys, environment);
        RequireOutside(folder, keysFolder);
        folder.Create();
        using var held = DataFolderLock.Take(folder);
        using var master = ArchiveKeys.Create(keysFolder);
        using var recovery = RecoveryKey.Create();
        try
        {
            var state = DurableFolder.Open(folder.State);
            recovery.Wrap(state, master);
            using var authority = await CertificateAuthority.OpenAsync(state, master, identity.Id, clock, cancel);
            identity.Write(folder);
        }
        catch (IOException failure)
        {
            throw new ArchiveUnavailableException(
                $"cannot write into {folder.Path}: {failure.Message.TrimEnd('.')}",
                failure
            );
        }

        return new CreatedArchive(identity, keysFolder, recovery.Reveal());
    }

    private static void RequireEmpty(DataFolder folder)
    {
        if (folder.IsInitialised)
        {
            throw new ArchiveUnavailableException(
                $"{folder.Path} holds an archive already: serve it with leadglass serve --data {folder.Path}"
            );
        }

        if (
            Directory.Exists(folder.Path)
            && Directory
                .EnumerateFileSystemEntries(folder.Path)
                .Any(entry => Path.GetFileName(entry) != Path.GetFileName(folder.ConfigurationFile))
        )
        {
            throw new ArchiveUnavailableException($"{folder.Path} is not empty: name an empty or absent folder");
        }
    }

    private static void RequireOutside(DataFolder folder, string keysFolder)
    {
        var relative = Path.GetRelativePath(folder.Path, keysFolder);
        if (relative == "." || !(relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative)))
        {
            throw new ArchiveUnavailableException(
                $"the keys must lie outside the data: {keysFolder} is inside {folder.Path}, and whoever takes a copy "
                    + "of the data would have both; name another folder with --keys DIR"
            );
        }
    }
}
