using System.Buffers;

namespace Leadglass.Dicom.Imaging;

/// <summary>One native frame in little endian order and how it is to be understood. Dispose of it soon: it holds memory
/// that other frames wait for.</summary>
public sealed class DecodedFrame : IDisposable
{
    private readonly IDisposable? _lease;
    private byte[]? _bytes;

    internal DecodedFrame(PixelDescription description, byte[] rented, IDisposable? lease)
    {
        Description = description;
        _bytes = rented;
        _lease = lease;
    }

    /// <summary>The pixels as they are now: colour model and planar configuration may differ from the stored ones.</summary>
    public PixelDescription Description { get; }

    /// <summary>
    /// <see cref="PixelDescription.FrameBytes"/> bytes. Where one bit is allocated, eight pixels stand in a byte, the first
    /// in the lowest bit (PS3.5 8.1.1), and the last byte is filled with zeros.
    /// </summary>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_bytes is null, this);
            return _bytes.AsMemory(0, Description.FrameBytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes is { } bytes)
        {
            _bytes = null;
            ArrayPool<byte>.Shared.Return(bytes);
            _lease?.Dispose();
        }
    }
}
