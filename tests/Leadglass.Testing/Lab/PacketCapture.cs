using System.Buffers.Binary;
using System.Net;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>Everything that goes over the wire of a lab to and from its stranger's place, recorded by tcpdump.</summary>
public sealed class PacketCapture : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly BackgroundProcess recorder;
    private readonly string path;

    private PacketCapture(BackgroundProcess recorder, string path)
    {
        this.recorder = recorder;
        this.path = path;
    }

    public static bool IsInstalled => Tool.IsInstalled("tcpdump");

    public static async Task<PacketCapture> StartAsync(LabNetwork lab, string name)
    {
        var file = lab.Scratch.File(name + ".pcap");
        var tcpdump = lab.Stranger.Start(
            "tcpdump",
            ["-i", LabNetwork.Wire, "-n", "-U", "-B", "65536", "-s", "0", "-Z", Environment.UserName, "-w", file, "tcp"]
        );
        await tcpdump.WaitForLineAsync(line => line.Contains("listening on", StringComparison.Ordinal), Limit);
        return new PacketCapture(tcpdump, file);
    }

    /// <summary>Ends the recording and reads it.</summary>
    /// <exception cref="InvalidOperationException">the kernel dropped packets: nothing could be told from the rest</exception>
    public async Task<CapturedTraffic> StopAsync()
    {
        // What was sent last is still on its way to the recorder.
        await Task.Delay(200);
        await recorder.StopAsync(Limit);
        return recorder.Output.Contains("\n0 packets dropped by kernel", StringComparison.Ordinal)
            ? CapturedTraffic.Read(await File.ReadAllBytesAsync(path))
            : throw new InvalidOperationException(recorder.Output);
    }

    public ValueTask DisposeAsync() => recorder.DisposeAsync();
}

/// <summary>A recording as what the two ends of each connection sent.</summary>
public sealed class CapturedTraffic
{
    private readonly List<CapturedConnection> connections = [];

    /// <summary>In the order in which they were opened.</summary>
    public IReadOnlyList<CapturedConnection> Connections => connections;

    /// <summary>Takes a recording of Ethernet frames apart (the classic format of libpcap, little endian).</summary>
    public static CapturedTraffic Read(ReadOnlySpan<byte> file)
    {
        var traffic = new CapturedTraffic();
        var open = new Dictionary<(uint, int, uint, int), CapturedConnection>();
        var at = 24;
        for (var index = 0; at + 16 <= file.Length; index++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(file[(at + 8)..]);
            traffic.Take(open, file.Slice(at + 16, length), index);
            at += 16 + length;
        }

        return traffic;
    }

    /// <summary>The most connections that one server had at once from the client, between SYN and the client's FIN or a RST.</summary>
    public int MostAtOnce(IPAddress server)
    {
        var changes = connections
            .Where(c => c.Server.Address.Equals(server))
            .SelectMany(c => ((int At, int Change)[])[(c.OpenedAt, 1), (c.ClosedAt, -1)])
            .Order();
        var (now, most) = (0, 0);
        foreach (var (_, change) in changes)
        {
            now += change;
            most = Math.Max(most, now);
        }

        return most;
    }

    private void Take(Dictionary<(uint, int, uint, int), CapturedConnection> open, ReadOnlySpan<byte> frame, int index)
    {
        const int Ethernet = 14;
        if (frame.Length < Ethernet + 40 || frame[12] != 8 || frame[13] != 0 || frame[Ethernet + 9] != 6)
        {
            return;
        }

        var ip = frame[Ethernet..];
        var tcp = ip[((ip[0] & 15) * 4)..BinaryPrimitives.ReadUInt16BigEndian(ip[2..])];
        var source = (
            Address: BinaryPrimitives.ReadUInt32BigEndian(ip[12..]),
            Port: BinaryPrimitives.ReadUInt16BigEndian(tcp)
        );
        var target = (
            Address: BinaryPrimitives.ReadUInt32BigEndian(ip[16..]),
            Port: BinaryPrimitives.ReadUInt16BigEndian(tcp[2..])
        );
        var sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
        var flags = tcp[13];
        var (isSyn, isFin, isReset, isAck) = ((flags & 2) != 0, (flags & 1) != 0, (flags & 4) != 0, (flags & 16) != 0);
        var payload = tcp[((tcp[12] >> 4) * 4)..];
        if (isSyn && !isAck && !open.ContainsKey((source.Address, source.Port, target.Address, target.Port)))
        {
            var opened = new CapturedConnection(new IPEndPoint(Address(target.Address), target.Port), index);
            opened.FromClient.Start(sequence);
            open[(source.Address, source.Port, target.Address, target.Port)] = opened;
            connections.Add(opened);
            return;
        }

        var isFromClient = open.TryGetValue(
            (source.Address, source.Port, target.Address, target.Port),
            out var connection
        );
        if (
            !isFromClient
            && !open.TryGetValue((target.Address, target.Port, source.Address, source.Port), out connection)
        )
        {
            return;
        }

        var side = isFromClient ? connection!.FromClient : connection!.FromServer;
        if (isSyn)
        {
            side.Start(sequence);
        }

        side.Add(sequence, payload);
        if (isReset || (isFin && isFromClient))
        {
            connection.ClosedAt = Math.Min(connection.ClosedAt, index);
        }

        if (isReset)
        {
            var (client, server) = isFromClient ? (source, target) : (target, source);
            open.Remove((client.Address, client.Port, server.Address, server.Port));
        }
    }

    private static IPAddress Address(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }
}

/// <summary>One recorded connection.</summary>
/// <param name="Server">Who was called.</param>
/// <param name="OpenedAt">The number of its first packet.</param>
public sealed record CapturedConnection(IPEndPoint Server, int OpenedAt)
{
    /// <summary>The number of the packet that closed it for the client.</summary>
    public int ClosedAt { get; set; } = int.MaxValue;

    public CapturedBytes FromClient { get; } = new();

    public CapturedBytes FromServer { get; } = new();
}

/// <summary>What one end of a connection sent, put in order.</summary>
public sealed class CapturedBytes
{
    private readonly SortedDictionary<uint, byte[]> segments = [];
    private uint start;

    public void Start(uint sequence) => start = sequence + 1;

    public void Add(uint sequence, ReadOnlySpan<byte> payload)
    {
        var at = unchecked(sequence - start);
        if (payload.Length > 0 && (!segments.TryGetValue(at, out var known) || known.Length < payload.Length))
        {
            segments[at] = payload.ToArray();
        }
    }

    public byte[] ToArray()
    {
        using var all = new MemoryStream();
        foreach (var (at, bytes) in segments)
        {
            var repeated = (int)Math.Min(all.Length - at, bytes.Length);
            all.Write(repeated > 0 ? bytes.AsSpan(repeated) : bytes);
        }

        return all.ToArray();
    }
}
