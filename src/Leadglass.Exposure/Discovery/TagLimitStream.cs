namespace Leadglass.Exposure;

/// <summary>
/// Reads XML from another stream, and ends where a tag or a text is longer than any of a sane file: the reader of the framework
/// keeps the whole of it in memory.
/// </summary>
internal sealed class TagLimitStream(Stream inner) : Stream
{
    /// <summary>Longest tag with its attributes, and longest text between tags.</summary>
    public const int BytesMax = 1 << 20;

    private long _sinceBracket;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        Look(buffer.AsSpan(offset, inner.Read(buffer, offset, count)));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        return Look(buffer.Span[..count]);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Look(ReadOnlySpan<byte> read)
    {
        var rest = read;
        while (rest.IndexOfAny((byte)'<', (byte)'>') is >= 0 and var at)
        {
            _sinceBracket = 0;
            rest = rest[(at + 1)..];
        }
        _sinceBracket += rest.Length;
        return _sinceBracket <= BytesMax
            ? read.Length
            : throw new InvalidDataException($"a tag or a text is longer than {BytesMax} bytes");
    }
}
