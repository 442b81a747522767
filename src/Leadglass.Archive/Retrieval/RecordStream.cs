using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>The data set of a stored instance as a stream: its attributes, then its pixel data. For reading once.</summary>
internal sealed class RecordStream(RecordOpener record) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => record.RunLength(RecordRun.Attributes) + record.RunLength(RecordRun.PixelData);

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var attributes = record.RunLength(RecordRun.Attributes);
        var count =
            _position < attributes
                ? await record.ReadAsync(RecordRun.Attributes, _position, buffer, cancellationToken)
                : await record.ReadAsync(RecordRun.PixelData, _position - attributes, buffer, cancellationToken);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
