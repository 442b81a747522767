using System.IO.Pipelines;

namespace Leadglass.Dicom.Web.Tests;

/// <summary>A body that arrives in pieces of chosen sizes.</summary>
internal sealed class Segmented : Stream
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly Func<int> _nextLength;
    private int _position;

    private Segmented(ReadOnlyMemory<byte> bytes, Func<int> nextLength) => (_bytes, _nextLength) = (bytes, nextLength);

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static PipeReader Reader(ReadOnlyMemory<byte> bytes, int seed = 1, int pieceMax = 7, int bufferSize = 16)
    {
        var random = new Random(seed);
        return PipeReader.Create(
            new Segmented(bytes, () => random.Next(1, pieceMax + 1)),
            new StreamPipeReaderOptions(bufferSize: bufferSize, minimumReadSize: 1)
        );
    }

    public override int Read(Span<byte> buffer)
    {
        var count = Math.Min(Math.Min(buffer.Length, _nextLength()), _bytes.Length - _position);
        _bytes.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Read(buffer.Span));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
