using System.IO.Pipelines;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Frames of native pixel data (PS3.5 8.1): all of one length in bits, one right after the other, the first bit of a frame
/// not always the first of a byte.
/// </summary>
internal sealed class NativeFrames : IFramePlaces
{
    private const int PieceBytes = 256 << 10;
    private readonly IPixelSource _source;
    private readonly int _wordSize;
    private readonly long _bitsPerFrame;

    private NativeFrames(IPixelSource source, int count, int wordSize, long bitsPerFrame) =>
        (_source, Count, _wordSize, _bitsPerFrame) = (source, count, wordSize, bitsPerFrame);

    public int Count { get; }

    /// <param name="source">The value of the pixel data.</param>
    /// <param name="wordSize">Bytes of a word that lie in big endian order; 1 where they need no turning.</param>
    /// <exception cref="FrameUnavailableException">The attributes do not say how long a frame is.</exception>
    public static NativeFrames Of(DataSet header, IPixelSource source, int count, int wordSize)
    {
        var samples = Math.Max(1, header.GetInt64(DicomTag.SamplesPerPixel) ?? 1);
        var bits = header.GetInt64(DicomTag.BitsAllocated) ?? 0;
        var rows = header.GetInt64(DicomTag.Rows) ?? 0;
        var columns = header.GetInt64(DicomTag.Columns) ?? 0;
        if (
            rows is < 1 or > ushort.MaxValue
            || columns is < 1 or > ushort.MaxValue
            || bits is < 1 or > 64
            || samples > 4
        )
        {
            throw new FrameUnavailableException("rows, columns or bits allocated are missing or out of range");
        }

        var perFrame = rows * columns * samples * bits;
        // PS3.3 C.7.6.3.1.2: chrominance for every second pixel only. Some write it and do not mean it: the length decides.
        var halved = rows * columns * 2 * bits;
        if (
            samples == 3
            && header.GetString(DicomTag.PhotometricInterpretation) is "YBR_FULL_422" or "YBR_PARTIAL_422"
            && source.Length * 8 / count < perFrame
        )
        {
            perFrame = halved;
        }

        return new NativeFrames(source, count, wordSize, perFrame);
    }

    public ValueTask<long> LengthAsync(int frame, CancellationToken cancellationToken) =>
        ValueTask.FromResult((_bitsPerFrame + 7) / 8);

    public async ValueTask CopyAsync(int frame, PipeWriter sink, CancellationToken cancellationToken)
    {
        if (frame > _source.Length * 8 / _bitsPerFrame)
        {
            throw new FrameUnavailableException("the pixel data is shorter than its attributes say");
        }

        var firstBit = checked((frame - 1) * _bitsPerFrame);

        if (_wordSize > 1 && (firstBit % 8 != 0 || _bitsPerFrame % 8 != 0))
        {
            throw new FrameUnavailableException("single bits in big endian words are not told apart");
        }

        if (_wordSize > 1)
        {
            await CopyTurnedAsync(firstBit / 8, sink, cancellationToken);
        }
        else if (firstBit % 8 == 0 && _bitsPerFrame % 8 == 0)
        {
            await CopyBytesAsync(firstBit / 8, sink, cancellationToken);
        }
        else
        {
            await CopyShiftedAsync(firstBit, sink, cancellationToken);
        }
    }

    private async ValueTask CopyBytesAsync(long offset, PipeWriter sink, CancellationToken cancellationToken)
    {
        for (var rest = _bitsPerFrame / 8; rest > 0; )
        {
            var piece = sink.GetMemory((int)Math.Min(PieceBytes, rest));
            piece = piece[..(int)Math.Min(piece.Length, rest)];
            await _source.ReadAsync(offset, piece, cancellationToken);
            sink.Advance(piece.Length);
            offset += piece.Length;
            rest -= piece.Length;
            if ((await sink.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Big endian words become little endian ones; a frame may begin in the middle of one.</summary>
    private async ValueTask CopyTurnedAsync(long offset, PipeWriter sink, CancellationToken cancellationToken)
    {
        var end = offset + ((_bitsPerFrame + 7) / 8);
        var from = offset - (offset % _wordSize);
        var words = new byte[PieceBytes];
        while (from < end)
        {
            var length = (int)Math.Min(words.Length, end - from);
            length = (int)
                Math.Min(length + _wordSize - 1 - ((length + _wordSize - 1) % _wordSize), _source.Length - from);
            await _source.ReadAsync(from, words.AsMemory(0, length), cancellationToken);
            for (var i = 0; i + _wordSize <= length; i += _wordSize)
            {
                words.AsSpan(i, _wordSize).Reverse();
            }

            var first = (int)Math.Max(0, offset - from);
            var last = (int)Math.Min(length, end - from);
            await sink.WriteAsync(words.AsMemory(first..last), cancellationToken);
            from += length;
        }
    }

    /// <summary>Bits are filled from the lowest of a byte upwards (PS3.5 8.1.1): the frame's first becomes the lowest.</summary>
    private async ValueTask CopyShiftedAsync(long firstBit, PipeWriter sink, CancellationToken cancellationToken)
    {
        var shift = (int)(firstBit % 8);
        var offset = firstBit / 8;
        var read = new byte[PieceBytes + 1];
        for (var bits = _bitsPerFrame; bits > 0; )
        {
            var count = (int)Math.Min(PieceBytes, (bits + 7) / 8);
            var available = (int)Math.Min(count + 1, _source.Length - offset);
            read.AsSpan().Clear();
            await _source.ReadAsync(offset, read.AsMemory(0, available), cancellationToken);
            var written = sink.GetSpan(count);
            for (var i = 0; i < count; i++)
            {
                written[i] = (byte)((read[i] | (read[i + 1] << 8)) >> shift);
            }

            if (count * 8L > bits)
            {
                written[count - 1] &= (byte)(0xFF >> (int)((count * 8L) - bits));
            }

            sink.Advance(count);
            await sink.FlushAsync(cancellationToken);
            offset += count;
            bits -= count * 8L;
        }
    }
}
