using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Leadglass.Exposure;

/// <summary>
/// A process of this program that holds what must not stay in the auditor's memory, and ends: it writes no core, is not to be
/// traced, and has no socket, since the auditor carries its bytes.
/// </summary>
internal static partial class ConfinedProcess
{
    private const string HeapLimit = "0x8000000";
    private const int SetDumpable = 4;
    private const int LimitCore = 4;

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>The command that makes this program that process; empty where the program is not beside the running code.</summary>
    public static IReadOnlyList<string> CommandOfThisProgram(string verb)
    {
        const string name = "leadglass";
        var process = Environment.ProcessPath ?? "";
        if (Path.GetFileName(process) == name)
        {
            return [process, verb];
        }

        var assembly = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        var host = Path.GetFileName(process) == "dotnet" ? process : "dotnet";
        return File.Exists(assembly) ? [host, "exec", assembly, verb] : [];
    }

    /// <summary>How to start it: nothing of the auditor's environment, and a heap of 128 MiB.</summary>
    public static ProcessStartInfo StartInfo(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = false,
            WorkingDirectory = "/",
        };
        var root = Environment.GetEnvironmentVariable("DOTNET_ROOT");
        start.Environment.Clear();
        start.Environment["DOTNET_ROOT"] = root;
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit;
        start.Environment["DOTNET_gcConcurrent"] = "0";
        return start;
    }

    /// <summary>In that process: no core, no tracing. False where that cannot be had.</summary>
    public static bool TryConfine()
    {
        var limit = default(Limit);
        return ProcessControl(SetDumpable, 0, 0, 0, 0) == 0 && SetResourceLimit(LimitCore, in limit) == 0;
    }

    /// <summary>Ends it, whether or not it has ended by itself.</summary>
    public static void End(Process process)
    {
        try
        {
            process.Kill();
            process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ProcessControl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetResourceLimit(int resource, in Limit limit);
}
