using System.Runtime.InteropServices;

namespace Leadglass.Sealing;

/// <summary>An operation on durable storage failed; names the operation, the file and the errno.</summary>
public class DurableIOException(string operation, string name, int errno)
    : IOException(
        $"{operation} of {name} failed with errno {errno} ({Marshal.GetPInvokeErrorMessage(errno)})",
        // HResult of an IOException on Unix is the errno.
        errno
    )
{
    /// <summary>The operation: open, write, fdatasync and so on.</summary>
    public string Operation { get; } = operation;

    /// <summary>The name inside its folder.</summary>
    public string FileName { get; } = name;

    /// <summary>The operating system's error number.</summary>
    public int Errno { get; } = errno;

    internal static DurableIOException From(string operation, string name, int errno) =>
        errno is Errnos.NoSpace or Errnos.QuotaExceeded
            ? new DiskFullException(operation, name, errno)
            : new DurableIOException(operation, name, errno);
}

/// <summary>There is no room left on the volume (ENOSPC) or in the quota (EDQUOT).</summary>
public sealed class DiskFullException(string operation, string name, int errno)
    : DurableIOException(operation, name, errno);

/// <summary>A flush of this file failed earlier; nothing more is written to it in this process.</summary>
public sealed class PoisonedFileException(string name)
    : IOException($"an earlier flush of {name} failed: nothing more is written to it until the process starts again")
{
    /// <summary>The name inside its folder.</summary>
    public string FileName { get; } = name;
}

/// <summary>Error numbers of Linux that decide what happens next.</summary>
public static class Errnos
{
    /// <summary>ENOENT: no such file.</summary>
    public const int NoEntry = 2;

    /// <summary>EINTR: interrupted by a signal, to be tried again.</summary>
    public const int Interrupted = 4;

    /// <summary>EIO: the device failed.</summary>
    public const int InputOutput = 5;

    /// <summary>EEXIST: the name is taken.</summary>
    public const int Exists = 17;

    /// <summary>EINVAL: not for this file or file system.</summary>
    public const int InvalidArgument = 22;

    /// <summary>ENOSPC: no space left on the device.</summary>
    public const int NoSpace = 28;

    /// <summary>ENOTEMPTY: the folder is not empty.</summary>
    public const int NotEmpty = 39;

    /// <summary>EDQUOT: quota exceeded.</summary>
    public const int QuotaExceeded = 122;
}
