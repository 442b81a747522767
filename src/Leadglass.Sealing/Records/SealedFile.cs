using System.Buffers;

namespace Leadglass.Sealing;

/// <summary>
/// Small secrets and state, sealed under the master key. A new content replaces the old one whole: written beside it,
/// flushed, renamed, the folder flushed; a power cut leaves the one or the other.
/// </summary>
public static class SealedFile
{
    /// <summary>The largest content in bytes.</summary>
    public const int ContentBytesMax = 64 * 1024 * 1024;

    private const string NewSuffix = ".new";

    /// <summary>Replaces the content of a file durably.</summary>
    /// <exception cref="DurableIOException">It could not be written; the former content is still there.</exception>
    public static void Write(IDurableFolder folder, string name, MasterKey master, ReadOnlySpan<byte> content)
    {
        if (content.Length > ContentBytesMax)
        {
            throw new ArgumentException($"a sealed file holds at most {ContentBytesMax} bytes", nameof(content));
        }

        var output = new ArrayBufferWriter<byte>((int)RecordSealer.SealedLength(content.Length));
        using (var key = master.DeriveDataKey(KeyPurpose.Secrets))
        using (var sealer = new RecordSealer(key, TokenOf(master, name), output))
        {
            sealer.Write(RecordRun.Descriptor, content);
            sealer.Complete();
        }

        Replace(folder, name, output.WrittenSpan);
    }

    /// <summary>The content of a file, or null where there is none of this name.</summary>
    /// <exception cref="SealingException">The file is damaged, another file under this name, or of another master key.</exception>
    public static async ValueTask<byte[]?> ReadAsync(
        IDurableFolder folder,
        string name,
        MasterKey master,
        CancellationToken cancellationToken
    )
    {
        if (!folder.Exists(name))
        {
            return null;
        }

        using var file = folder.Open(name, FileAccess.Read);
        var sealedBytes = new byte[LengthOf(file, name)];
        var count = file.Read(0, sealedBytes);
        var source = new MemorySealedSource(sealedBytes.AsMemory(0, count));
        using var key = master.DeriveDataKey(KeyPurpose.Secrets);
        using var record = await RecordOpener.OpenAsync(source, key, cancellationToken);
        return record.Instance == TokenOf(master, name)
            ? await record.ReadRunAsync(RecordRun.Descriptor, ContentBytesMax, cancellationToken)
            : throw new SealBrokenException($"{name} holds the content of another file");
    }

    /// <summary>Removes a file durably, if it is there.</summary>
    public static void Delete(IDurableFolder folder, string name)
    {
        if (folder.Exists(name))
        {
            folder.Delete(name);
            folder.Sync();
        }
    }

    /// <summary>Replaces a file by bytes as they are: new file, flush, rename, flush of the folder.</summary>
    internal static void Replace(IDurableFolder folder, string name, ReadOnlySpan<byte> bytes)
    {
        var fresh = name + NewSuffix;
        if (folder.Exists(fresh))
        {
            folder.Delete(fresh);
        }

        try
        {
            using var file = folder.Create(fresh);
            file.Write(0, bytes);
            file.Sync();
        }
        catch (DiskFullException)
        {
            if (folder.Exists(fresh))
            {
                folder.Delete(fresh);
            }

            throw;
        }

        folder.Rename(fresh, name);
        folder.Sync();
    }

    private static Token TokenOf(MasterKey master, string name)
    {
        using var names = new Tokenizer(master, "sealed file");
        return names.Compute(name);
    }

    private static long LengthOf(IDurableFile file, string name)
    {
        var length = file.Length;
        return length <= RecordSealer.SealedLength(ContentBytesMax)
            ? length
            : throw new SealedFormatException($"{name} has {length} bytes: too many for a sealed file");
    }
}
