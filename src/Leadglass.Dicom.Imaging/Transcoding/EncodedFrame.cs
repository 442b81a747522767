using System.Buffers;
using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging;

/// <summary>The bytes of one stored frame in memory, taken in with a limit.</summary>
internal sealed class EncodedFrame : IDisposable
{
    private byte[] _bytes;

    private EncodedFrame(int length)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(length);
        Memory = _bytes.AsMemory(0, length);
    }

    public ReadOnlyMemory<byte> Memory { get; private set; }

    public static async ValueTask<EncodedFrame> ReadAsync(
        IFrameSource frames,
        int number,
        CancellationToken cancellationToken
    )
    {
        var length = await frames.FrameLengthAsync(number, cancellationToken);
        if (length > PixelLimits.EncodedFrameBytesMax)
        {
            throw PixelDataException.TooLarge(
                $"Encoded frame {number} has {length} bytes; {PixelLimits.EncodedFrameBytesMax} are allowed."
            );
        }

        var frame = new EncodedFrame((int)length);
        try
        {
            using var stream = new MemoryStream(frame._bytes, 0, (int)length);
            var writer = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
            await frames.CopyFrameAsync(number, writer, cancellationToken);
            await writer.CompleteAsync();
            frame.Memory = frame.Memory[..(int)stream.Position];
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, Memory) = ([], default);
        }
    }
}
