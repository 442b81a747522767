using System.Globalization;
using Leadglass.Access;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Cold backup: copies the packs and, apart from them, a generation of keyring, state, trail and configuration. The
/// master key is never among them, nor is the index, which is made again. Everything that is copied is ciphertext.
/// </summary>
/// <remarks>
/// A backup folder holds <c>packs/</c>, shared by all generations, and <c>generations/TIME/</c>. Generations are kept for
/// a limited number, because an old keyring still has the keys of what was erased since.
/// </remarks>
public static class ArchiveBackup
{
    private const string Packs = "packs";
    private const string Generations = "generations";
    private const int EndBytes = 4096;
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    // What a process has while it runs, and what is made again from the rest.
    private static readonly string[] LeftOut =
    [
        "index.db",
        "index.db-wal",
        "index.db-shm",
        "index.db-journal",
        "control.sock",
        "state/lock",
    ];

    /// <summary>Adds a generation to a backup.</summary>
    /// <param name="data">The data folder; nobody writes to it meanwhile.</param>
    /// <param name="backup">The backup folder, on another volume if it is to be of use.</param>
    /// <param name="keep">Generations to keep, 1 or more, this one included.</param>
    /// <param name="progress">Told the bytes of each piece copied; may be null.</param>
    /// <exception cref="DurableIOException">Something could not be read or written; earlier generations are as they were.</exception>
    public static Task<BackupReport> WriteAsync(
        IDurableFolder data,
        IDurableFolder backup,
        int keep,
        MaintenanceGrant grant,
        TimeProvider time,
        IProgress<long>? progress,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        return Task.Run(() => Write(data, backup, keep, time, progress, cancellationToken), cancellationToken);
    }

    /// <summary>Brings the latest whole generation of a backup back into an empty data folder.</summary>
    /// <exception cref="BackupException">The backup is damaged, or the data folder is not empty.</exception>
    /// <exception cref="DurableIOException">Something could not be read or written.</exception>
    public static Task<BackupReport> RestoreAsync(
        IDurableFolder backup,
        IDurableFolder data,
        MaintenanceGrant grant,
        IProgress<long>? progress,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(grant);
        return Task.Run(() => Restore(backup, data, progress, cancellationToken), cancellationToken);
    }

    private static BackupReport Write(
        IDurableFolder data,
        IDurableFolder backup,
        int keep,
        TimeProvider time,
        IProgress<long>? progress,
        CancellationToken cancellationToken
    )
    {
        var generations = backup.Folder(Generations);
        var known = Latest(generations)?.Manifest.Packs.ToDictionary(file => file.Path) ?? [];
        long copied = 0;
        List<BackupFile> packs = [];
        List<BackupFile> own = [];
        var name = NameOf(generations, time.GetUtcNow());
        var generation = generations.Folder(name);

        // Keyring first: a pack that is copied later may need a key, a key needs no pack.
        foreach (var path in DurableCopy.FilesBelow(data).Where(IsOwn))
        {
            cancellationToken.ThrowIfCancellationRequested();
            own.Add(DurableCopy.Copy(data, generation, path, progress));
            copied += own[^1].Length;
        }

        foreach (var path in DurableCopy.FilesBelow(data.Folder(Packs), Packs + "/"))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var unchanged = known.GetValueOrDefault(path) is { } file && IsUnchanged(data, backup, file) ? file : null;
            packs.Add(unchanged ?? DurableCopy.Copy(data, backup, path, progress));
            copied += unchanged is null ? packs[^1].Length : 0;
        }

        new BackupManifest
        {
            At = time.GetUtcNow(),
            Packs = packs,
            Own = own,
        }.Write(generation);
        RemoveOldest(generations, keep);
        return new BackupReport(name, packs.Count + own.Count, copied);
    }

    /// <summary>
    /// Packs only grow, but a tail that was torn when it was copied may have been cut since and grown again to the same
    /// length; then its last bytes are others, for all in a pack is random to the eye.
    /// </summary>
    private static bool IsUnchanged(IDurableFolder data, IDurableFolder backup, BackupFile file) =>
        EndOf(data, file) is { } end && EndOf(backup, file) is { } former && end.AsSpan().SequenceEqual(former);

    /// <summary>The last bytes of a file of the length known; null where it has another or is missing.</summary>
    private static byte[]? EndOf(IDurableFolder root, BackupFile known)
    {
        if (LengthOf(root, known.Path) != known.Length)
        {
            return null;
        }

        var (folder, name) = DurableCopy.Resolve(root, known.Path);
        using var file = folder.Open(name, FileAccess.Read);
        var end = new byte[Math.Min(EndBytes, known.Length)];
        file.Read(known.Length - end.Length, end);
        return end;
    }

    private static long? LengthOf(IDurableFolder root, string path)
    {
        var (folder, name) = DurableCopy.Resolve(root, path);
        if (!folder.Exists(name))
        {
            return null;
        }

        using var file = folder.Open(name, FileAccess.Read);
        return file.Length;
    }

    private static BackupReport Restore(
        IDurableFolder backup,
        IDurableFolder data,
        IProgress<long>? progress,
        CancellationToken cancellationToken
    )
    {
        if (DurableCopy.FilesBelow(data).Any(path => path != "state/lock"))
        {
            throw new BackupException("the data folder is not empty: restore into a new one");
        }

        var (name, manifest) =
            Latest(backup.Folder(Generations))
            ?? throw new BackupException("there is no whole generation in this folder");
        var generation = backup.Folder(Generations).Folder(name);
        long copied = 0;
        foreach (
            var (from, file) in manifest
                .Packs.Select(f => (backup, f))
                .Concat(manifest.Own.Select(f => (generation, f)))
        )
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowUnlessSafe(file.Path);
            if (LengthOf(from, file.Path) is null)
            {
                throw new BackupException($"the backup lacks {file.Path}");
            }

            // A pack may have grown since, by a backup that broke off.
            if (DurableCopy.Copy(from, data, file.Path, progress, file.Length) != file)
            {
                throw new BackupException($"{file.Path} in the backup is not what was copied there");
            }

            copied += file.Length;
        }

        return new BackupReport(name, manifest.Packs.Count + manifest.Own.Count, copied);
    }

    /// <summary>A manifest is data from outside: a path in it stays below the data folder.</summary>
    private static void ThrowUnlessSafe(string path)
    {
        if (path.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw new BackupException("the manifest names a file outside of the archive");
        }
    }

    /// <summary>Where somebody keeps the master key below the data folder, it still is no part of a backup.</summary>
    private static bool IsOwn(string path) =>
        !path.StartsWith(Packs + "/", StringComparison.Ordinal)
        && !LeftOut.Contains(path, StringComparer.Ordinal)
        && path.Split('/')[^1] is not MasterKeyFile.Name;

    private static (string Name, BackupManifest Manifest)? Latest(IDurableFolder generations)
    {
        foreach (var name in generations.List().Reverse())
        {
            if (BackupManifest.TryRead(generations.Folder(name)) is { } manifest)
            {
                return (name, manifest);
            }
        }

        return null;
    }

    private static string NameOf(IDurableFolder generations, DateTimeOffset now)
    {
        var taken = generations.List();
        while (taken.Contains(now.ToString(TimeFormat, CultureInfo.InvariantCulture)))
        {
            now = now.AddSeconds(1);
        }

        return now.ToString(TimeFormat, CultureInfo.InvariantCulture);
    }

    /// <summary>Keeps the latest whole generations and removes the others, those that never became whole included.</summary>
    private static void RemoveOldest(IDurableFolder generations, int keep)
    {
        var kept = generations
            .List()
            .Reverse()
            .Where(name => generations.Folder(name).Exists(BackupManifest.Name))
            .Take(keep)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var name in generations.List().Where(name => !kept.Contains(name)))
        {
            Remove(generations.Folder(name), BackupManifest.Name);
            RemoveBelow(generations.Folder(name));
            Remove(generations, name);
        }
    }

    private static void RemoveBelow(IDurableFolder folder)
    {
        foreach (var name in folder.List())
        {
            if (!folder.Exists(name))
            {
                RemoveBelow(folder.Folder(name));
            }

            folder.Delete(name);
        }

        folder.Sync();
    }

    /// <summary>Removes durably: the manifest goes first, so that a generation half removed is none.</summary>
    private static void Remove(IDurableFolder folder, string name)
    {
        if (folder.List().Contains(name, StringComparer.Ordinal))
        {
            folder.Delete(name);
            folder.Sync();
        }
    }
}

/// <summary>What was copied.</summary>
/// <param name="Generation">The generation's name, the time of its making.</param>
/// <param name="Files">Files that belong to it.</param>
/// <param name="CopiedBytes">Bytes copied this time.</param>
public sealed record BackupReport(string Generation, int Files, long CopiedBytes);

/// <summary>A backup cannot be written here or brought back from here.</summary>
public sealed class BackupException(string message) : Exception(message);
