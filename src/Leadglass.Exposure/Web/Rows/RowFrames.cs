using System.Buffers.Binary;

namespace Leadglass.Exposure;

/// <summary>
/// Messages between the auditor and the process that reads a row: a kind, a length, and so many bytes. The process has no
/// socket; what it sends to the target and gets from it goes through these.
/// </summary>
internal static class RowFrames
{
    /// <summary>The longest message, in bytes.</summary>
    public const int LengthMax = 16 << 10;

    /// <summary>Kind and length.</summary>
    public const int HeaderLength = 5;

    /// <summary>Writes a message in one piece.</summary>
    public static async ValueTask WriteAsync(
        Stream to,
        RowFrameKind kind,
        ReadOnlyMemory<byte> payload,
        CancellationToken cancel
    )
    {
        var header = new byte[HeaderLength];
        header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(1), payload.Length);
        await to.WriteAsync(header, cancel);
        await to.WriteAsync(payload, cancel);
        await to.FlushAsync(cancel);
    }

    /// <summary>Reads a message into memory of <see cref="LengthMax"/> bytes.</summary>
    /// <exception cref="IOException">The other side ended or sent something else.</exception>
    public static async ValueTask<(RowFrameKind Kind, int Length)> ReadAsync(
        Stream from,
        Memory<byte> into,
        CancellationToken cancel
    )
    {
        var header = new byte[HeaderLength];
        await from.ReadExactlyAsync(header, cancel);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1));
        if (header[0] > (byte)RowFrameKind.Plain || length is < 0 or > LengthMax)
        {
            throw new IOException("the other process sent something else");
        }

        await from.ReadExactlyAsync(into[..length], cancel);
        return ((RowFrameKind)header[0], length);
    }
}

/// <summary>What a message is.</summary>
internal enum RowFrameKind : byte
{
    /// <summary>What to do.</summary>
    Task,

    /// <summary>Bytes to or from the target.</summary>
    Data,

    /// <summary>The target sends no more.</summary>
    End,

    /// <summary>What was found: three numbers, nothing else fits.</summary>
    Result,

    /// <summary>Bytes inside TLS, of a process that does nothing but carry them.</summary>
    Plain,
}
