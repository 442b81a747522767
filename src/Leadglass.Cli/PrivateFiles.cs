using System.Runtime.InteropServices;

namespace Leadglass.Cli;

/// <summary>What this process makes is its owner's alone, whatever the shell says.</summary>
internal static partial class PrivateFiles
{
    private const uint OwnerOnly = 0x3F; // 077

    public static void Begin() => _ = SetMask(OwnerOnly);

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint SetMask(uint mask);
}
