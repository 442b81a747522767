using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Leadglass.Server.Control;

/// <summary>Whom the kernel says is at the other end of a Unix socket.</summary>
internal static partial class PeerCredentials
{
    private const int LevelSocket = 1;
    private const int OptionPeerCred = 17;
    private const int UserIdOffset = 4;
    private const int LengthBytes = 12;

    /// <summary>The peer when it is root or the user that this process runs as; null: it is somebody else.</summary>
    public static ControlPeer? Find(Socket socket)
    {
        // struct ucred: process, user and group, four bytes each in the machine's order.
        Span<byte> credentials = stackalloc byte[LengthBytes];
        if (socket.GetRawSocketOption(LevelSocket, OptionPeerCred, credentials) < LengthBytes)
        {
            return null;
        }

        var user = MemoryMarshal.Read<uint>(credentials[UserIdOffset..]);
        return user == 0 || user == EffectiveUser() ? new ControlPeer(IsRoot: user == 0) : null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
