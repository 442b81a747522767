using System.Runtime.InteropServices;

namespace Leadglass.Sealing;

/// <summary>
/// A folder whose contents can be made to survive a power cut. Packs, keyring, sealed files and trail do all their
/// I/O through it, so that a twin in memory can lose, tear and reorder whatever was not flushed.
/// Names are plain file names without a separator.
/// </summary>
/// <remarks>
/// Creating, renaming and deleting a name is durable only after <see cref="Sync"/>; the bytes of a file only after
/// <see cref="IDurableFile.Sync"/>. Every failure throws a <see cref="DurableIOException"/> that carries the errno.
/// </remarks>
public interface IDurableFolder
{
    /// <summary>Room on the volume in bytes, as an ordinary process sees it.</summary>
    VolumeSpace Space { get; }

    /// <summary>The files and sub-folders, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>Whether a file of this name exists.</summary>
    bool Exists(string name);

    /// <summary>Makes a new empty file that only its owner reads (0600); fails where the name is taken.</summary>
    IDurableFile Create(string name);

    /// <summary>Opens a file that exists.</summary>
    IDurableFile Open(string name, FileAccess access);

    /// <summary>Gives a file another name in one step, replacing a file that has it.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file, or a folder that is empty.</summary>
    void Delete(string name);

    /// <summary>Makes names created, renamed and deleted so far durable (fsync of the folder).</summary>
    void Sync();

    /// <summary>The folder of this name below, made (0700) where it does not exist; its name is durable on return.</summary>
    IDurableFolder Folder(string name);
}

/// <summary>Room on a volume.</summary>
/// <param name="AvailableBytes">Bytes that can still be written.</param>
/// <param name="TotalBytes">Size of the volume in bytes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct VolumeSpace(long AvailableBytes, long TotalBytes);

/// <summary>A file of an <see cref="IDurableFolder"/>; offsets and lengths are in bytes.</summary>
/// <remarks>
/// After a failed <see cref="Sync"/> nobody knows what is on the disk, and trying again may claim success for pages
/// that were dropped. The file is poisoned from then on: writing and flushing throw <see cref="PoisonedFileException"/>;
/// reading goes on.
/// </remarks>
public interface IDurableFile : IDisposable
{
    /// <summary>Length in bytes.</summary>
    long Length { get; }

    /// <summary>Writes all bytes at the offset or throws; on failure any part of them may have been written.</summary>
    void Write(long offset, ReadOnlySpan<byte> data);

    /// <summary>
    /// Writes whole blocks past the page cache where the file system can, otherwise as <see cref="Write"/> does. What is
    /// written is durable only after <see cref="Sync"/> all the same.
    /// </summary>
    /// <param name="offset">A multiple of <see cref="BlockBuffer.BlockBytes"/>.</param>
    /// <param name="blocks">From a <see cref="BlockBuffer"/>, its length a multiple of <see cref="BlockBuffer.BlockBytes"/>.</param>
    void WriteBlocks(long offset, ReadOnlySpan<byte> blocks);

    /// <summary>Reads up to the buffer's length; fewer bytes only at the end of the file.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Cuts or extends the file.</summary>
    void Truncate(long length);

    /// <summary>Makes all bytes and the length durable (fdatasync).</summary>
    void Sync();
}
