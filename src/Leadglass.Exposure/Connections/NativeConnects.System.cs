using System.Runtime.InteropServices;

namespace Leadglass.Exposure;

/// <content>The calls and numbers of Linux.</content>
internal sealed partial class NativeConnects
{
    private const int InterNetwork = 2;
    private const int InterNetwork6 = 10;
    private const int Stream = 1;
    private const int Tcp = 6;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int SocketLevel = 1;
    private const int ErrorOption = 4;
    private const int SendingSide = 1;
    private const int Add = 1;
    private const int Modify = 3;
    private const uint Writable = 0x4;
    private const uint PeerEnded = 0x2000;
    private const uint EdgeOnly = 0x80000000;

    // errno.
    private const int Again = 11;
    private const int NoMemory = 12;
    private const int NoAddress = 99;
    private const int ConnectionReset = 104;
    private const int NoBuffers = 105;
    private const int TimedOut = 110;
    private const int ConnectionRefused = 111;
    private const int InProgress = 115;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Connect(int descriptor, in byte endpoint, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetSocketOption(int descriptor, int level, int option, ref int value, ref int length);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Shutdown(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CloseDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollControl(int epoll, int operation, int descriptor, ref EpollEvent wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollWait(int epoll, ref EpollEvent events, int eventsMax, int milliseconds);

    // x86-64 packs it (epoll_ctl(2)).
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct EpollEvent
    {
        public uint Events;
        public long Slot;
    }
}
