using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Leadglass.Exposure;

/// <summary>What became of a connect that was begun.</summary>
internal enum ConnectState
{
    Pending,
    Open,
    Refused,
    Silent,
    Unreachable,

    /// <summary>This machine has no more of something: descriptors, ports, memory.</summary>
    Starved,
}

/// <summary>
/// Many connects under way at once for one thread: descriptors in a table of fixed size and one epoll. Half the processor time
/// of the framework's sockets for a connect that is refused, and nothing for the collector.
/// </summary>
internal sealed partial class NativeConnects : IDisposable
{
    private const int Closed = -1;
    private const int EventsMax = 256;

    private readonly int[] _descriptors;
    private readonly int[] _ready = new int[EventsMax];
    private readonly EpollEvent[] _events = new EpollEvent[EventsMax];
    private readonly int _epoll;

    /// <param name="slots">How many at once.</param>
    /// <exception cref="IOException">The system has no descriptor left.</exception>
    public NativeConnects(int slots)
    {
        _descriptors = new int[slots];
        Array.Fill(_descriptors, Closed);
        _epoll = EpollCreate(CloseOnExec);
        if (_epoll < 0)
        {
            throw new IOException("the system gives no descriptor to wait with");
        }
    }

    /// <summary>Begins a connect in a free slot.</summary>
    /// <returns><see cref="ConnectState.Pending"/>, or how it ended at once; then the slot is free again.</returns>
    public ConnectState Begin(int slot, IPAddress address, int port)
    {
        var isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var descriptor = MakeSocket(isV6 ? InterNetwork6 : InterNetwork, Stream | NonBlocking | CloseOnExec, Tcp);
        if (descriptor < 0)
        {
            return ConnectState.Starved;
        }
        _descriptors[slot] = descriptor;
        Span<byte> endpoint = stackalloc byte[28];
        var length = Write(endpoint, address, port, isV6);
        if (Connect(descriptor, in MemoryMarshal.GetReference(endpoint), length) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != InProgress)
            {
                return Ended(slot, StateOf(error));
            }
            // Loopback and near hosts have refused before the call returns: one call less than waiting for it.
            error = ErrorOf(descriptor);
            if (error != 0)
            {
                return Ended(slot, StateOf(error));
            }
        }
        var wanted = new EpollEvent { Events = Writable, Slot = slot };
        return EpollControl(_epoll, Add, descriptor, ref wanted) == 0
            ? ConnectState.Pending
            : Ended(slot, ConnectState.Starved);
    }

    /// <summary>Waits until something happens to some slots, or the time is over.</summary>
    public ReadOnlySpan<int> Wait(TimeSpan time)
    {
        var milliseconds = (int)Math.Ceiling(Math.Clamp(time.TotalMilliseconds, 0, 1_000));
        var count = EpollWait(_epoll, ref _events[0], EventsMax, milliseconds);
        for (var i = 0; i < count; i++)
        {
            _ready[i] = (int)_events[i].Slot;
        }
        return _ready.AsSpan(0, Math.Max(0, count));
    }

    /// <summary>How a connect ended about which <see cref="Wait"/> told.</summary>
    public ConnectState Look(int slot)
    {
        var error = ErrorOf(_descriptors[slot]);
        return error == 0 ? ConnectState.Open : StateOf(error);
    }

    /// <summary>Says goodbye: nothing more is sent, and <see cref="Wait"/> tells when the other side has ended too.</summary>
    public void SayGoodbye(int slot)
    {
        _ = Shutdown(_descriptors[slot], SendingSide);
        // Once for the end of the other side; what it sends until then stays unread.
        var wanted = new EpollEvent { Events = PeerEnded | EdgeOnly, Slot = slot };
        _ = EpollControl(_epoll, Modify, _descriptors[slot], ref wanted);
    }

    /// <summary>Closes a slot and frees it.</summary>
    public void Close(int slot)
    {
        if (_descriptors[slot] != Closed)
        {
            _ = CloseDescriptor(_descriptors[slot]);
            _descriptors[slot] = Closed;
        }
    }

    public void Dispose()
    {
        for (var slot = 0; slot < _descriptors.Length; slot++)
        {
            Close(slot);
        }
        _ = CloseDescriptor(_epoll);
    }

    private ConnectState Ended(int slot, ConnectState state)
    {
        Close(slot);
        return state;
    }

    // struct sockaddr_in and sockaddr_in6.
    private static int Write(Span<byte> endpoint, IPAddress address, int port, bool isV6)
    {
        endpoint.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(endpoint, (ushort)(isV6 ? InterNetwork6 : InterNetwork));
        BinaryPrimitives.WriteUInt16BigEndian(endpoint[2..], (ushort)port);
        address.TryWriteBytes(endpoint[(isV6 ? 8 : 4)..], out _);
        if (isV6)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(endpoint[24..], (uint)address.ScopeId);
        }
        return isV6 ? 28 : 16;
    }

    private static int ErrorOf(int descriptor)
    {
        var error = 0;
        var length = sizeof(int);
        return GetSocketOption(descriptor, SocketLevel, ErrorOption, ref error, ref length) == 0 ? error : NoBuffers;
    }

    private static ConnectState StateOf(int error) =>
        error switch
        {
            ConnectionRefused or ConnectionReset => ConnectState.Refused,
            TimedOut => ConnectState.Silent,
            NoBuffers or NoMemory or NoAddress or Again => ConnectState.Starved,
            _ => ConnectState.Unreachable,
        };
}
