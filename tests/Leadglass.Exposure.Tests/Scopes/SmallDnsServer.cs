using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Leadglass.Exposure.Tests;

/// <summary>A name server on loopback UDP with the records that a test gives it; what it has not, does not exist (RFC 1035 4).</summary>
internal sealed class SmallDnsServer : IAsyncDisposable
{
    private const int TypeA = 1;
    private const int TypePtr = 12;
    private const int TypeTxt = 16;
    private const int TypeAaaa = 28;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<(string Name, int Type), List<byte[]>> _records = new();
    private readonly Task _serving;

    public SmallDnsServer()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>What is answered instead of a proper answer; null for none.</summary>
    public byte[]? Nonsense { get; set; }

    public SmallDnsServer Text(string name, params string[] texts) =>
        Add(name, TypeTxt, texts.Select(text => (byte[])[(byte)text.Length, .. Encoding.ASCII.GetBytes(text)]));

    public SmallDnsServer Address(string name, params string[] addresses)
    {
        foreach (var address in addresses.Select(IPAddress.Parse))
        {
            var type = address.AddressFamily == AddressFamily.InterNetwork ? TypeA : TypeAaaa;
            Add(name, type, [address.GetAddressBytes()]);
        }

        return this;
    }

    public SmallDnsServer Pointer(string reverseName, string name) => Add(reverseName, TypePtr, [NameBytes(name)]);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _socket.Dispose();
        _stop.Dispose();
    }

    private SmallDnsServer Add(string name, int type, IEnumerable<byte[]> data)
    {
        _records.GetOrAdd((name, type), _ => []).AddRange(data);
        return this;
    }

    private static byte[] NameBytes(string name) =>
        [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];

    private async Task ServeAsync()
    {
        var buffer = new byte[2048];
        try
        {
            while (true)
            {
                var asked = await _socket.ReceiveFromAsync(
                    buffer,
                    SocketFlags.None,
                    new IPEndPoint(IPAddress.Any, 0),
                    _stop.Token
                );
                var reply = Nonsense is { } nonsense
                    ? [.. buffer[..2], .. nonsense]
                    : Answer(buffer.AsSpan(0, asked.ReceivedBytes));
                await _socket.SendToAsync(reply, SocketFlags.None, asked.RemoteEndPoint, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> query)
    {
        var labels = new List<string>();
        var at = 12;
        while (query[at] != 0)
        {
            labels.Add(Encoding.ASCII.GetString(query.Slice(at + 1, query[at])).ToLowerInvariant());
            at += query[at] + 1;
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(query[(at + 1)..]);
        var question = query[12..(at + 5)];
        var name = string.Join('.', labels);
        var records = _records.GetValueOrDefault((name, type), []);
        var isKnown = records.Count > 0 || _records.Keys.Any(key => key.Name == name);
        var reply = new List<byte>([
            query[0],
            query[1],
            0x81,
            (byte)(isKnown ? 0x80 : 0x83),
            0,
            1,
            0,
            (byte)records.Count,
            0,
            0,
            0,
            0,
        ]);
        reply.AddRange(question);
        foreach (var record in records)
        {
            reply.AddRange([
                0xc0,
                12,
                (byte)(type >> 8),
                (byte)type,
                0,
                1,
                0,
                0,
                0,
                60,
                (byte)(record.Length >> 8),
                (byte)record.Length,
            ]);
            reply.AddRange(record);
        }

        return [.. reply];
    }
}
