namespace Leadglass.Server.Data;

/// <summary>
/// One writer per archive. The kernel holds the lock for this process (flock) and drops it when the process ends, however
/// it ends, so that nothing stale is ever in the way.
/// </summary>
public sealed class DataFolderLock : IDisposable
{
    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="ArchiveUnavailableException">Another process holds it, or the file cannot be opened.</exception>
    public static DataFolderLock Take(DataFolder folder) =>
        TryTake(folder)
        ?? throw new ArchiveUnavailableException(
            $"another leadglass process is using {folder.Path}: stop it first, or use a command that works beside it"
        );

    /// <summary>Takes the lock, or answers null when another process holds it.</summary>
    /// <exception cref="ArchiveUnavailableException">The lock file cannot be opened at all.</exception>
    public static DataFolderLock? TryTake(DataFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        try
        {
            return new DataFolderLock(
                new FileStream(
                    folder.LockFile,
                    new FileStreamOptions
                    {
                        Mode = FileMode.OpenOrCreate,
                        Access = FileAccess.ReadWrite,
                        Share = FileShare.None,
                        UnixCreateMode = DataFolder.FileMode,
                    }
                )
            );
        }
        catch (IOException failure) when (failure is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ArchiveUnavailableException(
                $"cannot open {folder.LockFile}: {failure.Message.TrimEnd('.')}",
                failure
            );
        }
    }

    public void Dispose() => _file.Dispose();
}
