using System.Buffers;

namespace Leadglass.Dicom;

/// <summary>A buffer writer as a stream to write; its length is what was written through it.</summary>
internal sealed class BufferWriterStream(IBufferWriter<byte> output) : Stream
{
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    /// <summary>Ends a DEFLATE stream that was written here, as PS3.5 A.5 wants it.</summary>
    public void EndDeflated()
    {
        if (_written == 0)
        {
            // The framework writes nothing for nothing: this is an empty last block (RFC 1951 3.2.6).
            Write([0x03, 0x00]);
        }
        else if ((_written & 1) == 1)
        {
            Write([0]);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        output.Write(buffer);
        _written += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
