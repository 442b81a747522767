using System.Buffers;
using System.IO.Compression;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>The pixel data where it lies in its run of a record.</summary>
internal sealed class RunPixelSource(RecordOpener record, long start, long length) : IPixelSource
{
    /// <summary>Where it begins in the run.</summary>
    public long Start => start;

    public long Length => length;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (
            offset + buffer.Length > length
            || await record.ReadAsync(RecordRun.PixelData, start + offset, buffer, cancellationToken) != buffer.Length
        )
        {
            throw new FrameUnavailableException("the pixel data is shorter than its attributes say");
        }
    }
}

/// <summary>
/// The pixel data of a deflated data set: whatever lies before what is wanted is inflated and thrown away, so reading on is
/// cheap and reading back begins anew.
/// </summary>
internal sealed class DeflatedPixelSource(RecordOpener record, long start, long length) : IPixelSource, IAsyncDisposable
{
    private DeflateStream? _inflated;
    private long _position;

    public long Length => length;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var wanted = start + offset;
        if (_inflated is null || _position > wanted)
        {
            await DisposeAsync();
            _inflated = new DeflateStream(new RecordStream(record), CompressionMode.Decompress);
            _position = 0;
        }

        try
        {
            await SkipAsync(wanted - _position, cancellationToken);
            await _inflated.ReadExactlyAsync(buffer, cancellationToken);
            _position += buffer.Length;
        }
        catch (Exception exception) when (exception is EndOfStreamException or InvalidDataException)
        {
            throw new FrameUnavailableException("the pixel data is shorter than its attributes say");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_inflated is not null)
        {
            await _inflated.DisposeAsync();
        }
    }

    private async ValueTask SkipAsync(long count, CancellationToken cancellationToken)
    {
        var skipped = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            while (count > 0)
            {
                var piece = (int)Math.Min(count, skipped.Length);
                await _inflated!.ReadExactlyAsync(skipped.AsMemory(0, piece), cancellationToken);
                count -= piece;
                _position += piece;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(skipped, clearArray: true);
        }
    }
}
