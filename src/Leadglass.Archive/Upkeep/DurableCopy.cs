using System.Buffers;
using System.Security.Cryptography;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Copies files between folders so that they are whole, durable and of a known digest, or not there.</summary>
internal static class DurableCopy
{
    private const int PieceBytes = 1 << 20;
    private const string NewSuffix = ".copying";

    /// <summary>The files of a folder and of those below it, by path with slashes; sub-folders last.</summary>
    public static IEnumerable<string> FilesBelow(IDurableFolder folder, string prefix = "")
    {
        foreach (var name in folder.List())
        {
            if (folder.Exists(name))
            {
                yield return prefix + name;
            }
            else
            {
                foreach (var below in FilesBelow(folder.Folder(name), prefix + name + "/"))
                {
                    yield return below;
                }
            }
        }
    }

    /// <summary>The folder that a path with slashes names a file in, made where it is missing, and the file's name.</summary>
    public static (IDurableFolder Folder, string Name) Resolve(IDurableFolder root, string path)
    {
        var parts = path.Split('/');
        return (parts[..^1].Aggregate(root, (folder, name) => folder.Folder(name)), parts[^1]);
    }

    /// <summary>Copies a file, or its first bytes, durably and tells what was copied.</summary>
    public static BackupFile Copy(
        IDurableFolder from,
        IDurableFolder to,
        string path,
        IProgress<long>? progress,
        long bytesMax = long.MaxValue
    )
    {
        var (source, name) = Resolve(from, path);
        var (target, _) = Resolve(to, path);
        var fresh = name + NewSuffix;
        if (target.Exists(fresh))
        {
            target.Delete(fresh);
        }

        BackupFile copied;
        using (var input = source.Open(name, FileAccess.Read))
        using (var output = target.Create(fresh))
        {
            copied = Read(input, path, bytesMax, (offset, piece) => output.Write(offset, piece), progress);
            output.Sync();
        }

        target.Rename(fresh, name);
        target.Sync();
        return copied;
    }

    private static BackupFile Read(IDurableFile file, string path, long bytesMax, Sink sink, IProgress<long>? progress)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            long offset = 0;
            while (
                file.Read(offset, buffer.AsSpan(0, (int)Math.Min(PieceBytes, bytesMax - offset))) is > 0 and var count
            )
            {
                digest.AppendData(buffer, 0, count);
                sink(offset, buffer.AsSpan(0, count));
                offset += count;
                progress?.Report(count);
            }

            return new BackupFile(path, offset, Convert.ToHexStringLower(digest.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private delegate void Sink(long offset, ReadOnlySpan<byte> piece);
}
