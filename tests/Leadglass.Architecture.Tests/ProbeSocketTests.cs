namespace Leadglass.Architecture.Tests;

/// <summary>
/// Whatever the auditor sends has passed the scope and the rates: there is one place that makes sockets, and the rest of
/// the room has no other way to the network.
/// </summary>
public sealed class ProbeSocketTests
{
    private const string Room = "Leadglass.Exposure";

    // Types of the framework that connect by themselves.
    private static readonly string[] Dialling =
    [
        "System.Net.Sockets.Socket",
        "System.Net.Sockets.TcpClient",
        "System.Net.Sockets.UdpClient",
        "System.Net.Sockets.TcpListener",
        "System.Net.Sockets.SocketTaskExtensions",
        "System.Net.WebClient",
        "System.Net.WebRequest",
        "System.Net.WebSockets.ClientWebSocket",
        "System.Net.Http.HttpClientHandler",
        "System.Net.NetworkInformation.Ping",
        "System.Net.Quic.QuicConnection",
    ];

    [Fact]
    public void OnlyTheDialerMakesSockets()
    {
        var strays =
            from mention in Rooms.Mentions
            where
                mention.Room == Room
                && Dialling.Contains(mention.To.DeclaringType?.FullName, StringComparer.Ordinal)
                && mention.To.Name is ".ctor" or "ConnectAsync" or "Connect"
                && mention.From.FullName != "Leadglass.Exposure.ProbeDialer"
            select $"{mention.From.FullName} calls {mention.To.FullName}";
        Assert.Empty(strays.Distinct());
    }

    [Fact]
    public void TheDialerAsksTheScope() =>
        Assert.Contains(
            Rooms.Mentions,
            mention =>
                mention.From.FullName == "Leadglass.Exposure.ProbeDialer"
                && mention.To.DeclaringType?.Name == "ScopeRefusal"
        );

    /// <summary>The scan's connects go past the framework, and no other way: one type calls the system, one type uses it.</summary>
    [Fact]
    public void OnlyTheScanConnectsByTheSystem()
    {
        var calling =
            from room in Rooms.Types
            where room.Room == Room
            from method in room.Type.Methods
            where method.HasPInvokeInfo && method.PInvokeInfo.EntryPoint is "socket" or "connect"
            select Rooms.Written(room.Type).FullName;
        Assert.Equal(["Leadglass.Exposure.NativeConnects"], calling.Distinct());
        var using_ =
            from mention in Rooms.Mentions
            where
                mention.To.DeclaringType?.FullName == "Leadglass.Exposure.NativeConnects"
                && mention.From.FullName != "Leadglass.Exposure.NativeConnects"
            select mention.From.FullName;
        Assert.Equal(["Leadglass.Exposure.ConnectScan"], using_.Distinct());
        Assert.Contains(
            Rooms.Mentions,
            mention =>
                mention.From.FullName == "Leadglass.Exposure.ConnectScan"
                && mention.To.DeclaringType?.Name == "ScopeRefusal"
        );
    }
}
