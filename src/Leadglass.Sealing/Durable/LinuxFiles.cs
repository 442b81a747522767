using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Leadglass.Sealing;

/// <summary>
/// The calls of Linux that the framework hides or softens: <c>FileStream.Flush(true)</c> swallows errors, and it
/// cannot flush a folder.
/// </summary>
internal static unsafe partial class LinuxFiles
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int CreateNew = 0x40 | 0x80; // O_CREAT | O_EXCL
    public const int CloseOnExec = 0x80000;

    /// <summary>O_DIRECT; the one flag here whose value depends on the processor.</summary>
    public static readonly int Direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenNative(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint PwriteNative(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint PreadNative(SafeFileHandle file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FtruncateNative(SafeFileHandle file, long length);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FdatasyncNative(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FsyncNative(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameNative(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UnlinkNative(string path);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RmdirNative(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MkdirNative(string path, uint mode);

    public static SafeFileHandle Open(string path, string name, int flags)
    {
        const uint OwnerOnly = 0b110_000_000;
        while (true)
        {
            var descriptor = OpenNative(path, flags | CloseOnExec, OwnerOnly);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            ThrowUnlessInterrupted("open", name);
        }
    }

    public static void Write(SafeFileHandle file, string name, long offset, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            var done = 0;
            while (done < data.Length)
            {
                var written = PwriteNative(file, start + done, (nuint)(data.Length - done), offset + done);
                if (written > 0)
                {
                    done += (int)written;
                }
                else if (written == 0)
                {
                    throw new DurableIOException("write", name, Errnos.InputOutput);
                }
                else
                {
                    ThrowUnlessInterrupted("write", name);
                }
            }
        }
    }

    public static int Read(SafeFileHandle file, string name, long offset, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var done = 0;
            while (done < buffer.Length)
            {
                var read = PreadNative(file, start + done, (nuint)(buffer.Length - done), offset + done);
                if (read > 0)
                {
                    done += (int)read;
                }
                else if (read == 0)
                {
                    break;
                }
                else
                {
                    ThrowUnlessInterrupted("read", name);
                }
            }

            return done;
        }
    }

    public static void Truncate(SafeFileHandle file, string name, long length)
    {
        while (FtruncateNative(file, length) != 0)
        {
            ThrowUnlessInterrupted("ftruncate", name);
        }
    }

    /// <summary>
    /// A flush that a signal interrupts is not tried again silently: it may have dropped pages, so it counts as failed.
    /// </summary>
    public static void SyncData(SafeFileHandle file, string name) =>
        ThrowIfFailed(FdatasyncNative(file), "fdatasync", name);

    public static void SyncFolder(SafeFileHandle folder, string name) =>
        ThrowIfFailed(FsyncNative(folder), "fsync", name);

    public static void Rename(string from, string to, string name) =>
        ThrowIfFailed(RenameNative(from, to), "rename", name);

    public static void Unlink(string path, string name) => ThrowIfFailed(UnlinkNative(path), "unlink", name);

    public static void RemoveFolder(string path, string name) => ThrowIfFailed(RmdirNative(path), "rmdir", name);

    /// <summary>Makes a folder that only its owner enters; false where it exists.</summary>
    public static bool MakeFolder(string path, string name)
    {
        const uint OwnerOnly = 0b111_000_000;
        if (MkdirNative(path, OwnerOnly) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errnos.Exists ? false : throw DurableIOException.From("mkdir", name, errno);
    }

    private static void ThrowIfFailed(int result, string operation, string name)
    {
        if (result != 0)
        {
            throw DurableIOException.From(operation, name, Marshal.GetLastPInvokeError());
        }
    }

    private static void ThrowUnlessInterrupted(string operation, string name)
    {
        var errno = Marshal.GetLastPInvokeError();
        if (errno != Errnos.Interrupted)
        {
            throw DurableIOException.From(operation, name, errno);
        }
    }
}
