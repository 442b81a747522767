using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Archive.Packs;
using Leadglass.Archive.Sqlite;
using Leadglass.Sealing;
using Leadglass.Server.Data;

namespace Leadglass.Server.Upkeep;

/// <summary>Upkeep of an archive's folder by the command: looking, rebuilding, copying. It releases nothing.</summary>
/// <param name="folder">The archive.</param>
/// <param name="keys">The folder of its keys when the user names one; else null.</param>
public sealed class ArchiveUpkeep(DataFolder folder, string? keys, HostEnvironment environment, TimeProvider clock)
{
    private const string FreshSuffix = ".new";

    // SQLite's write-ahead log and shared memory beside a database.
    private static readonly string[] Companions = ["", "-wal", "-shm", "-journal"];

    /// <summary>Opens every record and compares the index; beside a running server too.</summary>
    /// <exception cref="ArchiveUnavailableException">The archive cannot be opened.</exception>
    public Task<VerificationReport> VerifyAsync(IProgress<VerificationProgress> progress, CancellationToken cancel) =>
        GuardAsync(
            "verify",
            async () =>
            {
                using var master = OpenMaster();
                // In this order each knows at least what the one before it knows, while the server goes on.
                await using var index = File.Exists(folder.IndexFile)
                    ? await SqliteStudyIndex.OpenReadOnlyAsync(folder.IndexFile, cancel)
                    : null;
                await using var blobs = PackStore.OpenReadOnly(
                    DurableFolder.Open(folder.Packs),
                    indexed: index?.Mark ?? default
                );
                using var ring = KeyRing.OpenReadOnly(KeyRingFolder(), master);
                using var verification = new ArchiveVerification(
                    master,
                    ring,
                    blobs,
                    index,
                    AccessPolicy.Maintain(MaintenanceTask.Verify)
                );
                return await verification.RunAsync(progress, cancel);
            }
        );

    /// <summary>Makes the index anew from packs and keyring, and puts it in the former one's place.</summary>
    /// <exception cref="ArchiveUnavailableException">The archive is in use, or cannot be opened.</exception>
    public Task<CatchUpReport> RebuildIndexAsync(IProgress<long> progress, CancellationToken cancel) =>
        GuardAsync(
            "rebuild the index of",
            async () =>
            {
                _ = ArchiveIdentity.Read(folder);
                using var held = DataFolderLock.Take(folder);
                using var master = OpenMaster();
                using var ring = KeyRing.OpenReadOnly(KeyRingFolder(), master);
                // The former index is the only witness that a last batch with rot in it was once committed.
                await using var blobs = PackStore.OpenReadOnly(
                    DurableFolder.Open(folder.Packs),
                    flushesFirst: true,
                    await FormerMarkAsync(cancel)
                );
                var fresh = folder.IndexFile + FreshSuffix;
                DeleteIndex(fresh);
                CatchUpReport report;
                await using (var index = await SqliteStudyIndex.OpenAsync(fresh, cancel))
                {
                    report = await IndexRebuild.RunAsync(
                        master,
                        ring,
                        blobs,
                        index,
                        AccessPolicy.Maintain(MaintenanceTask.RebuildIndex),
                        progress,
                        cancel
                    );
                }

                DeleteIndex(folder.IndexFile);
                var data = DurableFolder.Open(folder.Path);
                data.Rename(Path.GetFileName(fresh), Path.GetFileName(folder.IndexFile));
                data.Sync();
                return report;
            }
        );

    /// <summary>Adds a generation to a backup of the archive, which is not served meanwhile.</summary>
    /// <exception cref="ArchiveUnavailableException">The archive is in use, or something cannot be read or written.</exception>
    public Task<BackupReport> BackupAsync(
        string backup,
        int keep,
        IProgress<long> progress,
        CancellationToken cancel
    ) =>
        GuardAsync(
            "back up",
            async () =>
            {
                _ = ArchiveIdentity.Read(folder);
                RequireApart(backup);
                using var held = DataFolderLock.Take(folder);
                DataFolder.CreatePrivateFolder(backup);
                return await ArchiveBackup.WriteAsync(
                    DurableFolder.Open(folder.Path),
                    DurableFolder.Open(backup),
                    keep,
                    AccessPolicy.Maintain(MaintenanceTask.Backup),
                    clock,
                    progress,
                    cancel
                );
            }
        );

    /// <summary>Brings a backup back into an empty or absent folder.</summary>
    /// <param name="recoveryKey">Restores the master key too, from what the backup has of it; null: it is there already.</param>
    /// <exception cref="ArchiveUnavailableException">The folder is in use, or something cannot be read or written.</exception>
    /// <exception cref="ArchiveRefusedException">The recovery key is not this archive's.</exception>
    public Task<BackupReport> RestoreAsync(
        string backup,
        string? recoveryKey,
        IProgress<long> progress,
        CancellationToken cancel
    ) =>
        GuardAsync(
            "restore",
            async () =>
            {
                if (!Directory.Exists(backup))
                {
                    throw new ArchiveUnavailableException($"no backup in {backup}: name its folder with --from DIR");
                }

                RequireApart(backup);
                DataFolder.CreatePrivateFolder(folder.Path);
                DataFolder.CreatePrivateFolder(folder.State);
                using var held = DataFolderLock.Take(folder);
                var report = await ArchiveBackup.RestoreAsync(
                    DurableFolder.Open(backup),
                    DurableFolder.Open(folder.Path),
                    AccessPolicy.Maintain(MaintenanceTask.Backup),
                    progress,
                    cancel
                );
                folder.Create();
                if (recoveryKey is not null)
                {
                    RestoreMaster(recoveryKey);
                }

                return report;
            }
        );

    private MasterKey OpenMaster() => ArchiveKeys.Open(KeysPath());

    private string KeysPath() => KeysFolder.Resolve(ArchiveIdentity.Read(folder), keys, environment);

    private IDurableFolder KeyRingFolder() => DurableFolder.Open(folder.State).Folder(ArchiveHost.KeyRingFolder);

    /// <summary>How far the index that is there has read the log; the beginning where there is none or it is damaged.</summary>
    private async Task<BlobMark> FormerMarkAsync(CancellationToken cancel)
    {
        if (!File.Exists(folder.IndexFile))
        {
            return default;
        }

        try
        {
            await using var former = await SqliteStudyIndex.OpenReadOnlyAsync(folder.IndexFile, cancel);
            return former.Mark;
        }
        catch (Exception failure) when (failure is IndexDamagedException or IndexFullException)
        {
            // Whatever is wrong with it, that is why it is made anew.
            return default;
        }
    }

    private void RestoreMaster(string text)
    {
        using var recovery =
            RecoveryKey.TryParse(text)
            ?? throw new ArchiveRefusedException(
                isUsage: true,
                "this is no recovery key: a letter is missing or wrong"
            );
        using var master = recovery.Unwrap(DurableFolder.Open(folder.State));
        ArchiveKeys.Write(KeysPath(), master);
    }

    private void RequireApart(string other)
    {
        var relative = Path.GetRelativePath(folder.Path, Path.GetFullPath(other));
        if (relative == "." || !(relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative)))
        {
            throw new ArchiveRefusedException(isUsage: true, $"{other} lies in the archive's own folder: name another");
        }
    }

    private static void DeleteIndex(string file)
    {
        foreach (var companion in Companions)
        {
            File.Delete(file + companion);
        }
    }

    private async Task<T> GuardAsync<T>(string what, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure)
            when (failure is SealingException or BackupException or IOException or UnauthorizedAccessException)
        {
            throw new ArchiveUnavailableException(
                $"cannot {what} {folder.Path}: {failure.Message.TrimEnd('.')}",
                failure
            );
        }
    }
}
