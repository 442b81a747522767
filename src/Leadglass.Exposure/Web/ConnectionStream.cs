namespace Leadglass.Exposure;

/// <summary>A connection as a stream that ends the connection when it is disposed of, and tells when the host is free again.</summary>
internal sealed class ConnectionStream(ProbeConnection connection) : Stream
{
    private readonly Lock _lock = new();
    private Task? _ending;
    private bool _hasRead;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether the first that came is an alert of TLS (RFC 8446 5.1: content type 21, version 3.x).</summary>
    public bool BeganWithTlsAlert { get; private set; }

    /// <summary>Ends the connection, if that has not begun, and waits until the host is free.</summary>
    public Task EndAsync()
    {
        lock (_lock)
        {
            return _ending ??= connection.DisposeAsync().AsTask();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await connection.Stream.ReadAsync(buffer, cancellationToken);
        if (!_hasRead && count > 0)
        {
            _hasRead = true;
            BeganWithTlsAlert = count > 1 && buffer.Span is [21, 3, ..];
        }

        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.Stream.WriteAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        connection.Stream.FlushAsync(cancellationToken);

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Whoever dials next waits for the turn of the host, not for this.
            _ = EndAsync();
        }

        base.Dispose(disposing);
    }
}
