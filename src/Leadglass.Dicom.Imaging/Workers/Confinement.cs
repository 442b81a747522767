using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>
/// What a worker process gives up before it sees a byte of anybody's: files, network, other processes, privileges, core
/// dumps. What it keeps: memory, threads, and the descriptors that are open.
/// </summary>
internal static unsafe partial class Confinement
{
    private const int NoNewPrivileges = 38;
    private const int SetDumpable = 4;
    private const int Seccomp = 317;
    private const nuint SetModeFilter = 1;
    private const nuint SynchronizeThreads = 1;
    private const int LimitCpu = 0;
    private const int LimitFileSize = 1;
    private const int LimitCore = 4;
    private const int LimitOpenFiles = 7;
    private const int LimitAddressSpace = 9;

    // Those of the runtime's own, and a pipe for each of its threads.
    private const ulong OpenFilesMax = 256;
    private const ulong NoLimit = ulong.MaxValue;

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterProgram
    {
        public ushort Length;
        public SystemCallFilter.Instruction* Instructions;
    }

    /// <summary>Confines this process for good; false where the kernel does not let it.</summary>
    public static bool TryConfine()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return false;
        }

        var program = SystemCallFilter.Build(Environment.ProcessId);
        fixed (SystemCallFilter.Instruction* instructions = program)
        {
            var filter = new FilterProgram { Length = (ushort)program.Length, Instructions = instructions };
            return SetLimit(LimitCore, 0)
                && SetLimit(LimitFileSize, 0)
                && SetLimit(LimitOpenFiles, OpenFilesMax)
                && ProcessControl(SetDumpable, 0, 0, 0, 0) == 0
                && ProcessControl(NoNewPrivileges, 1, 0, 0, 0) == 0
                && SystemCall(Seccomp, SetModeFilter, SynchronizeThreads, &filter) == 0;
        }
    }

    /// <summary>Lets the next frame take so much memory above what is taken now, and so many seconds of processor time.</summary>
    public static bool TryLimitFrame(long addressSpaceBytes, int cpuSeconds) =>
        SetSoftLimit(LimitAddressSpace, (ulong)addressSpaceBytes) && SetSoftLimit(LimitCpu, (ulong)cpuSeconds);

    /// <summary>Sends what libraries print to nowhere.</summary>
    public static bool TrySilence()
    {
        const int writeOnly = 1;
        const int standardError = 2;
        var nowhere = Open("/dev/null", writeOnly, 0);
        return nowhere >= 0 && Duplicate(nowhere, standardError) == standardError;
    }

    private static bool SetLimit(int resource, ulong value)
    {
        var limit = new Limit { Soft = value, Hard = value };
        return SetResourceLimit(resource, in limit) == 0;
    }

    private static bool SetSoftLimit(int resource, ulong value)
    {
        var limit = new Limit { Soft = value, Hard = NoLimit };
        return GetResourceLimit(resource, out var current) == 0
            && SetResourceLimit(resource, limit with { Soft = Math.Min(value, current.Hard), Hard = current.Hard })
                == 0;
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ProcessControl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nuint first, nuint second, void* third);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetResourceLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetResourceLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Duplicate(int from, int to);
}
