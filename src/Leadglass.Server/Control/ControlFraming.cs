using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Leadglass.Server.Control;

/// <summary>Messages on the control socket: four bytes of length, big endian, then UTF-8 JSON of at most 4 MiB.</summary>
internal static class ControlFraming
{
    private const int LengthBytes = 4;
    private const int MessageBytesMax = 4 * 1024 * 1024;

    /// <summary>Sends one message.</summary>
    /// <exception cref="ArchiveUnavailableException">It is longer than a message may be.</exception>
    public static async Task SendAsync<T>(Socket socket, T message, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        if (json.Length > MessageBytesMax)
        {
            throw new ArchiveUnavailableException($"the answer is longer than {MessageBytesMax} bytes: ask for less");
        }

        var frame = new byte[LengthBytes + json.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, json.Length);
        json.CopyTo(frame, LengthBytes);
        for (var sent = 0; sent < frame.Length; )
        {
            sent += await socket.SendAsync(frame.AsMemory(sent), SocketFlags.None, cancel);
        }
    }

    /// <summary>Receives one message, or null when the peer has closed.</summary>
    /// <exception cref="JsonException">It is too long, or not what is expected.</exception>
    public static async Task<T?> ReceiveAsync<T>(Socket socket, JsonTypeInfo<T> type, CancellationToken cancel)
        where T : class
    {
        var head = new byte[LengthBytes];
        if (!await FillAsync(socket, head, cancel))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(head);
        if (length is <= 0 or > MessageBytesMax)
        {
            throw new JsonException($"a control message of {length} bytes; at most {MessageBytesMax} are taken");
        }

        var json = new byte[length];
        return await FillAsync(socket, json, cancel) ? JsonSerializer.Deserialize(json, type) : null;
    }

    private static async Task<bool> FillAsync(Socket socket, Memory<byte> buffer, CancellationToken cancel)
    {
        while (buffer.Length > 0)
        {
            var read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancel);
            if (read == 0)
            {
                return false;
            }

            buffer = buffer[read..];
        }

        return true;
    }
}
