namespace Leadglass.Server.Data;

/// <summary>
/// The folder that holds one archive. Names below it are fixed; folders are 0700 and files 0600, whatever the umask is.
/// </summary>
public sealed class DataFolder
{
    /// <summary>Owner only: 0700.</summary>
    public const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Owner only: 0600.</summary>
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public DataFolder(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Path = System.IO.Path.GetFullPath(path);
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    public string Packs => Below("packs");

    public string State => Below("state");

    public string Trail => Below("trail");

    public string IndexFile => Below("index.db");

    public string ConfigurationFile => Below("leadglass.json");

    public string ControlSocket => Below("control.sock");

    internal string IdentityFile => System.IO.Path.Combine(State, "archive.json");

    internal string LockFile => System.IO.Path.Combine(State, "lock");

    /// <summary>Whether an archive lives here.</summary>
    public bool IsInitialised => File.Exists(IdentityFile);

    /// <summary>
    /// Where an archive lives when nobody names a folder: /var/lib/leadglass for root, else below the user's data folder.
    /// </summary>
    public static string DefaultPath(HostEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return environment.IsRoot
            ? "/var/lib/leadglass"
            : System.IO.Path.Combine(environment.Folder("XDG_DATA_HOME", ".local/share"), "leadglass");
    }

    /// <summary>Makes the folder and those below it, or takes what is there, with mode 0700.</summary>
    /// <exception cref="ArchiveUnavailableException">It cannot be made, or something else is in the way.</exception>
    public void Create()
    {
        foreach (var folder in new[] { Path, Packs, State, Trail })
        {
            CreatePrivateFolder(folder);
        }
    }

    /// <summary>Makes one folder that only its owner can enter.</summary>
    /// <exception cref="ArchiveUnavailableException">It cannot be made.</exception>
    public static void CreatePrivateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder, FolderMode);
            File.SetUnixFileMode(folder, FolderMode);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ArchiveUnavailableException(
                $"cannot make the folder {folder}: {failure.Message.TrimEnd('.')}; name another or set its owner",
                failure
            );
        }
    }

    private string Below(string name) => System.IO.Path.Combine(Path, name);
}
